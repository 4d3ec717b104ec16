"""One SQLite file, one process that runs jobs: a second one says so, and whatever else works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from notifications.message import MessageState
from tests.furnished import an_office
from tests.integration.faults.story import all_are, nothing_lost_nothing_doubled, waiting
from tests.nodes import a_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.application import Office
    from tests.command_line import Shell

pytestmark = pytest.mark.slow

S = MessageState


@pytest.fixture
def in_a_file(shell: Shell, tmp_path: Path) -> Iterator[Office]:
    """The office in the file that the shell works on."""
    with an_office(f"sqlite:///{shell.path}", tmp_path) as office:
        yield office


def test_a_second_daemon_is_refused_in_so_many_words(in_a_file: Office, shell: Shell) -> None:
    with a_node(in_a_file) as node:
        node.wait_until_started()
        ran = shell.run("daemon", "--json")
        assert ran.code == 3
        (reason,) = json.loads(ran.err)["reasons"]
        assert reason["code"] == "daemon_running"
        assert "SQLite" in reason["message"]
        assert "--no-daemon" in reason["remedy"]
        assert node.stop() == 0
    assert shell.json("daemon", "--once")["dispatch"]["failed"] == 0


def test_one_round_beside_a_daemon_leaves_the_jobs_to_it(in_a_file: Office, shell: Shell) -> None:
    with a_node(in_a_file, dispatch_seconds=3600) as node:
        node.wait_until_started()
        node.wait_until(lambda: "dispatch" in beats(in_a_file))
        messages = waiting(in_a_file)
        assert shell.json("daemon", "--once")["dispatch"]["done"] == len(messages)
        assert all_are(in_a_file, S.ACCEPTED)
        assert {m.claimed_by.split("/")[0] for m in in_a_file.messages()} == {"local"}
    nothing_lost_nothing_doubled(in_a_file, messages)


def beats(office: Office) -> set[str]:
    with office.application.database.reading() as work:
        return {each.name for each in work.sweeps.beats()}


def test_what_a_killed_daemon_had_begun_one_round_by_hand_ends(
    in_a_file: Office, shell: Shell
) -> None:
    messages = waiting(in_a_file)
    with a_node(in_a_file, fail_at="job_begun") as node:
        node.wait_until_dead()
    assert all_are(in_a_file, S.PENDING)
    shell.json("daemon", "--once")
    nothing_lost_nothing_doubled(in_a_file, messages)
