"""The life of a definition: draft, second person, publication, rollback, upgrade of the program."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from app.doctor import examine
from app.first_start import PREPARED, prepare
from app.rules.installation import install_definitions
from engine.errors import (
    ConflictError,
    HuodianError,
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from engine.ticket import SYSTEM, Act, Actor, Role
from tests.applicants import CHIEF, COUNTER, a_resident
from tests.application import codes, instant
from tests.made_up import well_text
from tests.unit.workflows.drafts import edited, shipped_text
from workflows.loader import load_definition
from workflows.problems import DefinitionFaultsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.rules.draft_views import DraftView
    from engine.ledger import LedgerEntry
    from tests.application import Office

SECOND = Actor(user_id="second", name="方晓白", roles=frozenset({Role.ADMINISTRATOR}))
THIRD = replace(SECOND, user_id="third", name="苗云开")

ID = "lv_business"
SHORTER = (
    ("limit: {days: 4,", "limit: {days: 3,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 4,"),
)
STRICTER = edited(ID, *SHORTER)
"""One working day less than the plan allows: always permitted."""
LOOSER = edited(
    ID,
    ("limit: {days: 4,", "limit: {days: 9,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 10,"),
)
OTHER = edited(ID, *SHORTER, ("name: 现场服务", "name: 上门服务"))


def drafted(office: Office, text: str = STRICTER, by: Actor = CHIEF, **how: Any) -> DraftView:
    return office.application.drafts.save(text, actor=by, **how)


def published(office: Office, text: str = STRICTER, **how: Any) -> str:
    """A draft of the chief, published by the second administrator; the new version."""
    view = drafted(office, text)
    done = office.application.drafts.publish(view.number, actor=SECOND, **how)
    return done.definition.ref


def in_force(office: Office, definition_id: str = ID) -> str:
    return office.application.rulebook.in_force(definition_id).ref


def publications(office: Office) -> list[LedgerEntry]:
    """What administrators did to definitions, after the installation."""
    return [each for each in office.entries("definitions") if each.actor_id != SYSTEM.user_id]


# --- drafts ------------------------------------------------------------------------------------


def test_a_draft_stands_beside_the_version_in_force(office: Office) -> None:
    view = drafted(office)
    assert (view.definition_id, view.base_version, view.revision, view.author) == (
        ID,
        1,
        1,
        "chief",
    )
    assert (view.is_current, view.problems, view.outcome) == (True, (), "")
    assert in_force(office) == f"{ID}@1"
    assert [each.number for each in office.application.drafts.open_drafts()] == [view.number]
    assert office.application.drafts.get(view.number) == view


def test_saving_again_needs_the_revision_that_was_seen(office: Office) -> None:
    first = drafted(office)
    again = drafted(office, OTHER, revision=1)
    assert (again.number, again.revision) == (first.number, 2)
    for seen in (None, 1, 3):
        with pytest.raises(ConflictError) as conflict:
            drafted(office, STRICTER, revision=seen)
        assert codes(conflict) == {"stale_draft"}
        assert "现为第 2 次保存（chief）" in str(conflict.value)
        assert "R-10.2" in str(conflict.value)
        assert ("--revision 2" in str(conflict.value)) is (seen is None)
    assert office.application.drafts.get(first.number).source == OTHER


def test_another_administrator_is_told_whose_draft_is_open(office: Office) -> None:
    view = drafted(office)
    for revision in (None, 1):
        with pytest.raises(ConflictError, match="已有 chief 的草稿") as conflict:
            drafted(office, OTHER, by=SECOND, revision=revision)
        assert f"作废草稿 {view.number}" in str(conflict.value)
        assert "R-10.2" in str(conflict.value)
    office.application.drafts.discard(view.number, actor=SECOND, reason="与起草人商定")
    taken_over = drafted(office, OTHER, by=SECOND)
    assert taken_over.author == "second"
    assert office.application.drafts.get(view.number).outcome == "discarded"
    (entry,) = publications(office)
    assert (entry.action, entry.actor_id, entry.facts["author"]) == (
        "discard_draft",
        "second",
        "chief",
    )


def test_a_draft_that_ended_is_not_saved_published_or_discarded_again(office: Office) -> None:
    drafts = office.application.drafts
    number = drafted(office).number
    drafts.publish(number, actor=SECOND)
    attempts: list[Callable[[], object]] = [
        lambda: drafted(office, OTHER, revision=1),
        lambda: drafts.publish(number, actor=THIRD),
        lambda: drafts.discard(number, actor=THIRD, reason="不需要"),
    ]
    for attempt in attempts:
        with pytest.raises(ConflictError) as conflict:
            attempt()
        assert codes(conflict) == {"draft_closed"}


def test_two_administrators_at_once_get_one_draft_and_one_conflict(office: Office) -> None:
    outcomes = at_once(
        lambda who: drafted(office, OTHER if who is CHIEF else STRICTER, by=who), CHIEF, SECOND
    )
    won = [each for each in outcomes if not isinstance(each, HuodianError)]
    (lost,) = (each for each in outcomes if isinstance(each, HuodianError))
    assert isinstance(lost, ConflictError)
    assert [each.number for each in office.application.drafts.open_drafts()] == [won[0].number]
    assert won[0].author in str(lost)


def test_two_windows_of_one_author_save_once(office: Office) -> None:
    number = drafted(office).number
    texts = iter((STRICTER, OTHER))
    outcomes = at_once(lambda text: drafted(office, text, revision=1), *texts)
    assert sorted(type(each).__name__ for each in outcomes) == ["ConflictError", "DraftView"]
    assert office.application.drafts.get(number).revision == 2


def at_once(do: Callable[[Any], Any], *arguments: Any) -> list[Any]:
    """The results of calls that begin at the same moment; a refusal is a result."""
    barrier = Barrier(len(arguments))

    def attempt(argument: Any) -> Any:
        barrier.wait()
        try:
            return do(argument)
        except HuodianError as refusal:
            return refusal

    with ThreadPoolExecutor(len(arguments)) as threads:
        return list(threads.map(attempt, arguments))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &a [x]\nb: [*a, *a]\n", "anchor"),
        ("x" * 10_000_000, "file_too_large"),
        (shipped_text(ID).replace("version: 1", "version: 1\nversion: 2", 1), "duplicate_key"),
        (shipped_text(ID).replace("  - id: intake", "\t- id: intake", 1), "tab"),
        (shipped_text(ID) + "colour: red\n", "unknown_key"),
        (shipped_text(ID).replace("days: 4", "days: vier", 1), "wrong_type"),
        (shipped_text(ID).replace("name: ", "name： ", 1), "full_width_punctuation"),
    ],
    ids=["bomb", "10 MB", "twice", "tab", "unknown key", "wrong type", "full width"],
)
def test_a_text_whose_form_is_wrong_is_no_draft(office: Office, text: str, code: str) -> None:
    with pytest.raises(DefinitionFaultsError) as refusal:
        drafted(office, text)
    assert code in codes(refusal)
    assert all(problem.line >= 1 for problem in refusal.value.problems)
    assert all(problem.clause for problem in refusal.value.problems)
    assert office.application.drafts.open_drafts() == ()
    assert publications(office) == []


def test_a_draft_may_still_break_the_plan_but_is_not_published(office: Office) -> None:
    view = drafted(office, LOOSER)
    assert {problem.clause.split(",")[0] for problem in view.problems} <= {"R-1", "R-10.3"}
    with pytest.raises(DefinitionFaultsError) as refusal:
        office.application.drafts.publish(view.number, actor=SECOND)
    assert refusal.value.problems == view.problems
    with pytest.raises(DefinitionFaultsError):
        office.application.drafts.definition(view.number)
    assert in_force(office) == f"{ID}@1"
    assert publications(office) == []
    assert office.application.drafts.get(view.number).outcome == ""


# --- publication -------------------------------------------------------------------------------


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


# --- the effective moment ----------------------------------------------------------------------


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


# --- rollback ----------------------------------------------------------------------------------


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


# --- difference --------------------------------------------------------------------------------


def test_the_difference_of_a_draft_is_against_the_newest_version(office: Office) -> None:
    view = drafted(office)
    found = office.application.drafts.difference(view.number)
    assert (found.before, found.after) == (f"{ID}@1", f"草稿 {view.number}")
    assert [each.key for each in found.changes] == ["metering_and_energization", "handling_limit"]
    assert found.loosened == ()
    assert "-    limit: {days: 4," in found.text
    assert "【变更】" in found.diagram
    looser = office.application.drafts.save(LOOSER, actor=CHIEF, revision=1)
    assert len(office.application.drafts.difference(looser.number).loosened) == 2
    with pytest.raises(NotFoundError):
        office.application.drafts.difference(999)
    with pytest.raises(NotFoundError):
        office.application.drafts.between(ID, 1, 9)


def test_a_draft_with_a_name_that_leads_nowhere_has_no_picture(office: Office) -> None:
    text = edited(ID, ("    to: metering\n", "    to: nowhere\n"))
    view = drafted(office, text)
    assert view.problems
    found = office.application.drafts.difference(view.number)
    assert (found.diagram, len(found.changes)) == ("", 1)


# --- exceptions --------------------------------------------------------------------------------

EXCEPTED = (
    LOOSER
    + "exceptions:\n"
    + "".join(
        f"  - rule: limit_above_plan\n    subject: {subject}\n"
        "    law: 《电力供应与使用条例》第二十四条\n    reason: 施工须经第三方许可\n"
        "    approved_by: second\n"
        for subject in ("metering_and_energization", "handling_limit")
    )
)
"""Longer than the plan allows, by a law, approved by the second administrator."""


def test_a_new_exception_is_published_by_the_person_who_approved_it(office: Office) -> None:
    view = drafted(office, EXCEPTED)
    assert view.problems == ()
    with pytest.raises(RefusedError) as refusal:
        office.application.drafts.publish(view.number, actor=THIRD)
    assert codes(refusal) == {"exception_not_witnessed"}
    assert len(refusal.value.reasons) == 2
    assert office.application.drafts.publish(view.number, actor=SECOND).definition.version == 2
    later = drafted(office, EXCEPTED.replace("name: 现场服务", "name: 上门服务"))
    assert office.application.drafts.publish(later.number, actor=THIRD).definition.version == 3


def test_nobody_approves_an_exception_of_his_own(office: Office) -> None:
    number = drafted(office, EXCEPTED, by=SECOND).number
    for who, code in ((SECOND, "second_person"), (CHIEF, "exception_not_witnessed")):
        with pytest.raises(RefusedError) as refusal:
            office.application.drafts.publish(number, actor=who)
        assert codes(refusal) == {code}


# --- a new release of the program --------------------------------------------------------------


def release(office: Office, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The program ships that text now."""
    definition = load_definition(text, path="shipped.yaml")
    act = Act(actor=SYSTEM, at=office.clock())
    with office.application.database.writing() as work:
        done = install_definitions(work, [(definition, text)], act)
        work.commit()
    return done.published, done.offered


def second_release(text: str = STRICTER) -> str:
    return text.replace("version: 1", "version: 2", 1)


def test_a_release_replaces_what_only_the_program_has_published(office: Office) -> None:
    assert release(office, shipped_text(ID)) == ((), ())
    assert release(office, second_release()) == ((f"{ID}@2",), ())
    assert release(office, second_release()) == ((), ())
    assert release(office, shipped_text(ID)) == ((), ())
    assert in_force(office) == f"{ID}@2"


def test_a_release_never_overwrites_what_an_administrator_has_published(office: Office) -> None:
    published(office, OTHER)
    office.clock.pass_by(days=1)
    assert release(office, second_release()) == ((), (f"{ID}@2",))
    assert in_force(office) == f"{ID}@2"
    (offer,) = office.application.drafts.open_drafts()
    assert (offer.kind, offer.author, offer.base_version) == ("upgrade", "system", 2)
    assert any(
        f"草稿 {offer.number} 待比较" in found.remark for found in examine(office.application)
    )
    assert release(office, second_release()) == ((), ())

    assert release(office, second_release().replace("version: 2", "version: 3")) == ((), ())
    newer = second_release().replace("name: 现场服务", "name: 入户服务")
    assert release(office, newer) == ((), (f"{ID}@2",))
    (current,) = office.application.drafts.open_drafts()
    assert office.application.drafts.get(offer.number).outcome == "replaced"
    done = office.application.drafts.publish(current.number, actor=CHIEF)
    assert done.definition.ref == f"{ID}@3"


def test_a_discarded_offer_does_not_come_back(office: Office) -> None:
    published(office, OTHER)
    release(office, second_release())
    (offer,) = office.application.drafts.open_drafts()
    office.application.drafts.discard(offer.number, actor=CHIEF, reason="沿用本公司版本")
    assert release(office, second_release()) == ((), ())
    assert office.application.drafts.open_drafts() == ()


def test_what_the_company_has_already_is_not_offered(office: Office) -> None:
    published(office, STRICTER)
    assert release(office, second_release()) == ((), ())


def test_a_shipped_file_that_changed_without_a_new_version_is_refused(office: Office) -> None:
    with pytest.raises(IntegrityError, match=f"{ID}@1"):
        release(office, STRICTER)


def test_starting_again_installs_nothing_twice(office: Office) -> None:
    published(office, OTHER)
    with office.application.database.writing() as work:
        work.marks.set(PREPARED, "an older release")
        work.commit()
    done = prepare(office.application)
    assert (done.published, done.offered) == ((), ())
    assert in_force(office) == f"{ID}@2"
