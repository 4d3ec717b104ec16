"""What makes two template texts the same, and how a text gets its version number.

The number is given by the system at publication, so it is no part of the content.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from notifications.renderer import HEADER_ENDS

if TYPE_CHECKING:
    from notifications.renderer import MessageTemplate

_VERSION = re.compile(r"^(\s*version\s*:).*$", re.MULTILINE)


def fingerprint_of(template: MessageTemplate) -> str:
    """SHA-256 of everything but key and version."""
    parts = (template.title, template.audience, *template.params, "", template.body)
    return sha256("\n".join(parts).encode()).hexdigest()


def numbered(source: str, version: int) -> str:
    """The text with that version number in its header, and nothing else changed."""
    head, ends, body = source.partition(HEADER_ENDS)
    return _VERSION.sub(rf"\g<1> {version}", head, count=1) + ends + body
