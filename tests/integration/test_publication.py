"""A draft is published by a second person, from a moment on; the way back (R-10.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import (
    ConflictError,
    HuodianError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from tests.applicants import CHIEF, COUNTER, a_resident
from tests.application import codes, instant
from tests.drafting import (
    ID,
    OTHER,
    SECOND,
    STRICTER,
    THIRD,
    at_once,
    drafted,
    in_force,
    publications,
    published,
)
from tests.made_up import well_text
from tests.unit.workflows.drafts import edited, shipped_text
from workflows.problems import DefinitionFaultsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.application import Office


# --- publication ---------------------------------------------------------------------------------


def test_a_second_person_publishes_and_the_ledger_tells_who_did_what(office: Office) -> None:
    view = drafted(office)
    done = office.application.drafts.publish(view.number, actor=SECOND, revision=1)
    assert (done.definition.ref, done.supersedes) == (f"{ID}@2", f"{ID}@1")
    assert in_force(office) == f"{ID}@2"
    assert "version: 2" in office.application.drafts.source(ID, 2)
    publish, supersede = publications(office)
    assert (publish.action, publish.source_state, publish.target_state) == (
        "publish",
        f"{ID}@1",
        f"{ID}@2",
    )
    assert (publish.actor_id, publish.facts["author"], publish.facts["draft"]) == (
        "second",
        "chief",
        view.number,
    )
    assert publish.facts["content_hash"] == done.definition.content_hash
    assert (supersede.action, supersede.source_state) == ("supersede", f"{ID}@1")


def test_the_author_does_not_publish(office: Office) -> None:
    number = drafted(office).number
    with pytest.raises(RefusedError, match="另一名管理员") as refusal:
        office.application.drafts.publish(number, actor=CHIEF)
    assert codes(refusal) == {"second_person"}
    assert in_force(office) == f"{ID}@1"


def test_only_administrators_of_the_company_touch_definitions(office: Office) -> None:
    drafts = office.application.drafts
    number = drafted(office).number
    local = replace(SECOND, branch="tengchong")
    for who, code in ((COUNTER, "not_permitted"), (local, "company_wide")):
        attempts: list[Callable[[], object]] = [
            lambda who=who: drafts.save(OTHER, actor=who),  # type: ignore[misc]
            lambda who=who: drafts.publish(number, actor=who),  # type: ignore[misc]
            lambda who=who: drafts.rollback(ID, 1, actor=who),  # type: ignore[misc]
            lambda who=who: drafts.discard(number, actor=who, reason="不需要"),  # type: ignore[misc]
        ]
        for attempt in attempts:
            with pytest.raises(RefusedError) as refusal:
                attempt()
            assert codes(refusal) == {code}
    with pytest.raises(MalformedError):
        drafts.discard(number, actor=CHIEF, reason=" ")


def test_what_changed_after_the_review_is_not_published(office: Office) -> None:
    view = drafted(office)
    drafted(office, OTHER, revision=1)
    with pytest.raises(ConflictError) as conflict:
        office.application.drafts.publish(view.number, actor=SECOND, revision=1)
    assert codes(conflict) == {"stale_draft"}
    assert in_force(office) == f"{ID}@1"


@pytest.mark.parametrize(
    "same",
    [
        shipped_text(ID),
        shipped_text(ID).replace("version: 1", "version: 77", 1),
        "# nothing but a remark\n" + shipped_text(ID),
        "\ufeff" + shipped_text(ID).replace("\n", "\r\n"),
    ],
    ids=["same text", "other number", "other remarks", "other line ends"],
)
def test_a_draft_that_changes_nothing_is_not_published(office: Office, same: str) -> None:
    number = drafted(office, same).number
    with pytest.raises(RefusedError) as refusal:
        office.application.drafts.publish(number, actor=SECOND)
    assert codes(refusal) == {"nothing_changed"}
    assert len(office.application.drafts.versions(ID)) == 1


def test_a_draft_whose_base_was_superseded_is_refused_until_it_is_merged(office: Office) -> None:
    drafts = office.application.drafts
    rollback_free = published(office, STRICTER)
    old = drafts.rollback(ID, 1, actor=CHIEF)
    change = drafted(office, OTHER)
    assert rollback_free == f"{ID}@2"
    drafts.publish(old.number, actor=SECOND)
    assert not drafts.get(change.number).is_current
    with pytest.raises(ConflictError, match="--rebase") as conflict:
        drafts.publish(change.number, actor=SECOND)
    assert codes(conflict) == {"base_superseded"}
    assert "R-10.2" in str(conflict.value)
    merged = drafted(office, OTHER, revision=1, rebase=True)
    assert (merged.number, merged.base_version, merged.is_current) == (change.number, 3, True)
    assert drafts.publish(change.number, actor=SECOND).definition.ref == f"{ID}@4"


def test_of_two_publications_at_once_one_wins(office: Office) -> None:
    number = drafted(office).number
    drafts = office.application.drafts
    outcomes = at_once(lambda who: drafts.publish(number, actor=who), SECOND, THIRD)
    (lost,) = (each for each in outcomes if isinstance(each, HuodianError))
    assert isinstance(lost, ConflictError)
    assert [each.version for each in drafts.versions(ID)] == [2, 1]
    assert [each.action for each in publications(office)] == ["publish", "supersede"]


def test_a_change_and_a_rollback_at_once_do_not_overwrite_each_other(office: Office) -> None:
    drafts = office.application.drafts
    published(office)
    rollback = drafts.rollback(ID, 1, actor=CHIEF).number
    change = drafted(office, OTHER).number
    outcomes = at_once(lambda n: drafts.publish(n, actor=SECOND), rollback, change)
    assert sum(isinstance(each, ConflictError) for each in outcomes) == 1
    assert [each.version for each in drafts.versions(ID)] == [3, 2, 1]


def test_a_definition_of_a_new_kind_begins_with_version_1(office: Office) -> None:
    view = drafted(office, well_text().replace("version: 1\n", "version: 9\n"))
    assert (view.base_version, view.problems) == (0, ())
    done = office.application.drafts.publish(view.number, actor=SECOND)
    assert (done.definition.ref, done.supersedes) == ("well@1", "")


def test_a_process_that_no_application_can_follow_is_not_published(office: Office) -> None:
    """Nobody who applies is classified into it, and nobody may open its tickets by hand."""
    view = drafted(office, edited(ID, (f"id: {ID}\n", "id: lv_trial\n")))
    assert "never_begun" in {each.code for each in view.problems}
    with pytest.raises(DefinitionFaultsError):
        office.application.drafts.publish(view.number, actor=SECOND)


def test_tickets_stay_on_the_version_they_started_with(office: Office) -> None:
    before = office.submit(a_resident())
    text = edited("lv_resident", ("name: 现场服务", "name: 上门服务"))
    assert published(office, text) == "lv_resident@2"
    after = office.submit(a_resident(address="示例县城和畅路19号"))
    assert (before.definition_version, after.definition_version) == (1, 2)
    moved = office.fire(before, "complete_intake")
    assert moved.definition_version == 1
    assert office.entries(before)[-1].definition_ref == "lv_resident@1"


# --- the effective moment ------------------------------------------------------------------------


def test_a_version_may_take_over_on_a_day_to_come(office: Office) -> None:
    tomorrow = date(2021, 7, 29)
    published(office, in_force_from=tomorrow)
    assert in_force(office) == f"{ID}@1"
    office.at("2021-07-28 23:59")
    assert in_force(office) == f"{ID}@1"
    office.at("2021-07-29 00:00")
    assert in_force(office) == f"{ID}@2"
    newest, oldest = office.application.drafts.versions(ID)
    assert oldest.superseded_at == newest.in_force_from == instant("2021-07-29 00:00")


@pytest.mark.parametrize("day", [date(2021, 7, 28), date(2021, 7, 27), date(1999, 1, 1)])
def test_no_version_takes_over_in_the_past(office: Office, day: date) -> None:
    number = drafted(office).number
    with pytest.raises(MalformedError) as malformed:
        office.application.drafts.publish(number, actor=SECOND, in_force_from=day)
    assert codes(malformed) == {"not_in_future"}
    assert office.application.drafts.get(number).outcome == ""


def test_a_change_does_not_overtake_the_version_it_builds_on(office: Office) -> None:
    published(office, in_force_from=date(2021, 8, 2))
    number = drafted(office, OTHER).number
    publish = office.application.drafts.publish
    for day in (None, date(2021, 8, 1)):
        with pytest.raises(RefusedError) as refusal:
            publish(number, actor=SECOND, in_force_from=day)
        assert codes(refusal) == {"before_base"}
    assert publish(number, actor=SECOND, in_force_from=date(2021, 8, 2)).supersedes == f"{ID}@2"
    office.at("2021-08-02 00:00")
    assert in_force(office) == f"{ID}@3"


def test_a_rollback_stops_a_version_that_is_not_in_force_yet(office: Office) -> None:
    published(office, in_force_from=date(2021, 8, 2))
    number = office.application.drafts.rollback(ID, 1, actor=CHIEF).number
    office.application.drafts.publish(number, actor=SECOND)
    for day in ("2021-07-28 09:00", "2021-08-02 00:00", "2022-01-01 00:00"):
        assert in_force(office.at(day)) == f"{ID}@3"


def test_versions_leave_no_gap_and_no_overlap(office: Office) -> None:
    drafts = office.application.drafts
    published(office, in_force_from=date(2021, 8, 2))
    drafts.publish(drafts.rollback(ID, 1, actor=CHIEF).number, actor=SECOND)
    published(office.at("2021-07-30 08:00"), OTHER, in_force_from=date(2021, 8, 9))
    spans = [(each.in_force_from, each.superseded_at) for each in drafts.versions(ID)]
    lasting = sorted((begins, ends) for begins, ends in spans if ends is None or begins < ends)
    assert [ends for _, ends in lasting] == [*(begins for begins, _ in lasting[1:]), None]
    moment = timedelta(microseconds=1)
    for begins, _ in lasting:
        governing = [
            each.version
            for each in drafts.versions(ID)
            if each.in_force_from <= begins
            and (each.superseded_at is None or begins < each.superseded_at)
        ]
        assert [f"{ID}@{number}" for number in governing] == [in_force(office.at(begins))]
        office.at(begins - moment)
        if begins != lasting[0][0]:
            assert in_force(office) != f"{ID}@{governing[0]}"


# --- rollback ------------------------------------------------------------------------------------


def test_a_rollback_publishes_the_old_content_as_a_new_version(office: Office) -> None:
    drafts = office.application.drafts
    published(office)
    view = drafts.rollback(ID, 1, actor=CHIEF)
    assert (view.kind, view.restores, view.base_version) == ("rollback", 1, 2)
    with pytest.raises(RefusedError) as refusal:
        drafts.publish(view.number, actor=CHIEF)
    assert codes(refusal) == {"second_person"}
    done = drafts.publish(view.number, actor=SECOND)
    assert (done.definition.ref, done.supersedes, done.restores) == (f"{ID}@3", f"{ID}@2", 1)
    assert drafts.between(ID, 1, 3).changes == ()
    rollback = publications(office)[-2]
    assert (rollback.action, rollback.target_state, rollback.facts["restores"]) == (
        "rollback",
        f"{ID}@3",
        f"{ID}@1",
    )


def test_a_rollback_does_not_wait_for_somebody_elses_draft(office: Office) -> None:
    published(office)
    change = drafted(office, OTHER, by=THIRD)
    rollback = office.application.drafts.rollback(ID, 1, actor=CHIEF)
    assert {each.number for each in office.application.drafts.open_drafts()} == {
        change.number,
        rollback.number,
    }


def test_only_an_older_version_can_be_restored(office: Office) -> None:
    with pytest.raises(NotFoundError):
        office.application.drafts.rollback(ID, 7, actor=CHIEF)
    with pytest.raises(ConflictError) as conflict:
        office.application.drafts.rollback(ID, 1, actor=CHIEF)
    assert codes(conflict) == {"nothing_changed"}
