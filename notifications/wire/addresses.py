"""Which addresses belong to the open internet, and which to our own network. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    try:
        return ipaddress.ip_address(address.split("%", maxsplit=1)[0]).is_global
    except ValueError:
        return False


def names_private_address(url: str) -> bool:
    """Whether the host of an address is itself an IP address that is not public."""
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return not is_public(host)
