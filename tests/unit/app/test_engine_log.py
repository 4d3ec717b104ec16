"""The library of the jobs logs in lines, without the words of a fault."""

from __future__ import annotations

import logging
import traceback

import pytest

from app.sending.engine_log import LIBRARY, tame_library_log


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    tame_library_log()
    tame_library_log()  # every process part does it
    logger = logging.getLogger(LIBRARY)
    caplog.set_level(logging.WARNING, logger=LIBRARY)
    return logger


def fail() -> None:
    try:
        raise KeyError("13800138000")  # noqa: EM101, TRY301
    except KeyError as error:
        msg = "(psycopg.OperationalError) no connection\n[SQL: SELECT '13800138000']\n(Background)"
        raise ConnectionError(msg) from error


def test_a_traceback_in_the_words_becomes_the_kind_of_the_fault(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        fail()
    except ConnectionError:
        log.warning("Exception polling schedules: %s", traceback.format_exc())
    assert caplog.messages == ["Exception polling schedules: ConnectionError"]


def test_a_fault_beside_the_words_becomes_its_kind(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        fail()
    except ConnectionError as error:
        log.error("Exception encountered in background workflow:", exc_info=error)  # noqa: TRY400
    assert caplog.messages == ["Exception encountered in background workflow: ConnectionError"]
    assert "13800138000" not in caplog.text


def test_other_words_stay_as_they_are(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    log.warning("queue %s: %d%% full", "send", 80)
    log.info("not worth a line")
    assert caplog.messages == ["queue send: 80% full"]
