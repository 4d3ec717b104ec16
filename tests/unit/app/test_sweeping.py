"""What every sweep has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sweeping import sweep_each

if TYPE_CHECKING:
    import pytest


def breaks_for_the_first(key: str) -> bool:
    if key == "one":
        msg = "张三 13000000001"
        raise ValueError(msg)
    return key == "two"


def test_a_row_that_fails_is_logged_by_kind_and_place_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report = sweep_each("trial", ["one", "two", "three"], breaks_for_the_first)
    assert (report.done, report.unchanged, report.failed) == (1, 1, 1)
    assert "sweep trial failed for one: ValueError" in caplog.text
    assert "breaks_for_the_first" in caplog.text
    assert "13000000001" not in caplog.text
