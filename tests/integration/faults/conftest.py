"""The office on a PostgreSQL server, and on one that a test may stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.databases import binaries_or_skip, running_cluster
from tests.furnished import an_office, copies_of_office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.application import Office
    from tests.databases import Cluster
    from tests.held_gateway import HeldGateway


@pytest.fixture
def on_server(
    furnished_postgresql: Callable[[], str], cluster: Cluster, tmp_path: Path
) -> Iterator[Office]:
    """The office on PostgreSQL, where several daemons may work."""
    url = furnished_postgresql()
    with an_office(url, tmp_path) as office:
        yield office
    cluster.drop(url)


@pytest.fixture
def on_server_by_gateway(on_server: Office, gateway: HeldGateway) -> Iterator[Office]:
    """The same, sending by a gateway that a test holds."""
    other = on_server.another(**gateway.settings())
    yield other
    other.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Cluster]:
    """A server that a test may stop; what it has committed survives that."""
    with running_cluster(binaries_or_skip(), synchronous_commit="on") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def copies(own_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes databases with the office in them on that server."""
    return copies_of_office(own_server, tmp_path_factory.mktemp("office"))


@pytest.fixture
def on_own_server(copies: Callable[[], str], tmp_path: Path) -> Iterator[Office]:
    """The office on that server."""
    with an_office(copies(), tmp_path) as office:
        yield office
