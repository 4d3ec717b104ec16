"""Message texts are changed by two persons, tried out on a real ticket, and used from then on."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest

from app.rules.installation import install_templates
from engine.errors import (
    ConflictError,
    HuodianError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from engine.ticket import SYSTEM, Act, Actor, PauseCause, Role
from notifications.renderer import TemplateFaultsError, shipped_sources
from tests.applicants import ACCOUNT, CHIEF, COUNTER, a_resident
from tests.application import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.rules.template_views import TemplateDraft
    from tests.application import Office

SECOND = Actor(user_id="second", name="方晓白", roles=frozenset({Role.ADMINISTRATOR}))
KEY = "next_stage"
SOURCE = shipped_sources()[KEY]
OTHER = SOURCE.replace("进度：", "办理进度：")
THIRD_TEXT = SOURCE.replace("进度：", "查看进度：")
FAULTY = SOURCE + "{% for a in stage %}{{ a }}{% endfor %}"


def drafted(office: Office, text: str = OTHER, by: Actor = CHIEF, **how: Any) -> TemplateDraft:
    return office.application.templates.save(KEY, text, actor=by, **how)


def published(office: Office, text: str = OTHER) -> int:
    return office.application.templates.publish(drafted(office, text).number, actor=SECOND)


def test_every_shipped_text_is_version_1(office: Office) -> None:
    found = office.application.templates.listing()
    assert {each.key for each in found} == set(shipped_sources())
    assert {(each.version, each.published_by) for each in found} == {(1, "system")}
    assert office.application.templates.source(KEY) == SOURCE


def test_messages_use_the_published_text_and_keep_its_version(office: Office) -> None:
    key = "application_received"
    earlier = office.submit(a_resident())
    assert published_for(office, key, "已登记", "已收悉") == 2
    later = office.submit(a_resident(address="示例县城和畅路19号"))
    texts = [office.text(ticket, key) for ticket in (earlier, later)]
    assert ["已收悉" in text for text in texts] == [False, True]
    versions = [
        message.template_version
        for ticket in (earlier, later)
        for message in office.messages(ticket)
        if message.template_key == key
    ]
    assert versions == [1, 2]


def published_for(office: Office, key: str, old: str, new: str) -> int:
    templates = office.application.templates
    source = templates.source(key)
    assert old in source
    draft = templates.save(key, source.replace(old, new), actor=CHIEF)
    return templates.publish(draft.number, actor=SECOND)


def test_another_process_uses_the_new_text_at_once(office: Office) -> None:
    other = office.another()
    before = other.submit(a_resident())
    assert "已登记" in other.text(before, "application_received")
    published_for(office, "application_received", "已登记", "已收悉")
    after = other.submit(a_resident(address="示例县城和畅路19号"))
    assert "已收悉" in other.text(after, "application_received")
    other.close()


def test_the_author_does_not_publish_and_the_ledger_tells_who_did(office: Office) -> None:
    number = drafted(office).number
    with pytest.raises(RefusedError) as refusal:
        office.application.templates.publish(number, actor=CHIEF)
    assert codes(refusal) == {"second_person"}
    assert office.application.templates.publish(number, actor=SECOND, revision=1) == 2
    entry = office.entries("templates")[-1]
    assert (entry.action, entry.actor_id, entry.source_state, entry.target_state) == (
        "publish",
        "second",
        f"{KEY}@1",
        f"{KEY}@2",
    )
    assert (entry.facts["author"], entry.facts["draft"]) == ("chief", number)


def test_a_text_with_faults_is_kept_but_not_published(office: Office) -> None:
    view = drafted(office, FAULTY)
    assert {fault.code for fault in view.faults} == {"template_construct"}
    with pytest.raises(RefusedError) as refusal:
        office.application.templates.publish(view.number, actor=SECOND)
    assert refusal.value.reasons == view.faults
    assert office.application.templates.listing()[0].version == 1
    assert len(office.application.templates.drafts()) == 1


def test_what_changes_nothing_is_not_published(office: Office) -> None:
    number = drafted(office, SOURCE.replace("version: 1", "version: 9")).number
    with pytest.raises(RefusedError) as refusal:
        office.application.templates.publish(number, actor=SECOND)
    assert codes(refusal) == {"nothing_changed"}


def test_only_known_messages_with_a_header_have_drafts(office: Office) -> None:
    save = office.application.templates.save
    with pytest.raises(NotFoundError):
        save("no_such", OTHER, actor=CHIEF)
    with pytest.raises(TemplateFaultsError):
        save(KEY, "没有文件头", actor=CHIEF)
    with pytest.raises(NotFoundError):
        office.application.templates.source(KEY, 7)
    assert office.application.templates.drafts() == ()


def test_only_administrators_of_the_company_change_texts(office: Office) -> None:
    templates = office.application.templates
    number = drafted(office).number
    local = replace(SECOND, branch="tengchong")
    for who, code in ((COUNTER, "not_permitted"), (local, "company_wide")):
        attempts: list[Callable[[Actor], object]] = [
            lambda who: templates.save(KEY, OTHER, actor=who),
            lambda who: templates.publish(number, actor=who),
            lambda who: templates.discard(number, actor=who, reason="不需要"),
            lambda who: templates.preview(KEY, OTHER, "TC-1", actor=who),
        ]
        for attempt in attempts:
            with pytest.raises(RefusedError) as refusal:
                attempt(who)
            assert codes(refusal) == {code}


def test_two_administrators_do_not_overwrite_each_other(office: Office) -> None:
    templates = office.application.templates
    number = drafted(office).number
    with pytest.raises(ConflictError, match="已有 chief 的草稿"):
        drafted(office, THIRD_TEXT, by=SECOND)
    with pytest.raises(ConflictError) as conflict:
        drafted(office, THIRD_TEXT)
    assert codes(conflict) == {"stale_draft"}
    with pytest.raises(MalformedError):
        templates.discard(number, actor=SECOND, reason="")
    templates.discard(number, actor=SECOND, reason="与起草人商定")
    assert templates.draft(number).outcome == "discarded"
    assert drafted(office, THIRD_TEXT, by=SECOND).author == "second"


def test_of_two_publications_at_once_one_wins(office: Office) -> None:
    number = drafted(office).number
    barrier, outcomes = Barrier(2), list[object]()

    def publish(who: Actor) -> None:
        barrier.wait()
        try:
            outcomes.append(office.application.templates.publish(number, actor=who))
        except HuodianError as refusal:
            outcomes.append(refusal)

    threads = [
        Thread(target=publish, args=[who]) for who in (SECOND, replace(SECOND, user_id="third"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(2) == 1
    assert sum(isinstance(each, ConflictError) for each in outcomes) == 1


# --- preview -----------------------------------------------------------------------------------


def test_a_preview_shows_what_the_people_of_a_ticket_would_read(office: Office) -> None:
    ticket = office.submit(a_resident())
    office.clock.pass_by(minutes=5)
    office.fire(ticket, "complete_intake")
    draft = SOURCE.replace("下一环节", "接下来")
    found = office.application.templates.preview(KEY, draft, ticket.ticket_no, actor=CHIEF)
    assert f"工单{ticket.ticket_no}" in found.text
    assert "接下来：装表接电" in found.text
    assert found.made_up == ("done",)
    assert "〔done〕" in found.text
    assert (found.characters, found.parts) == (len(found.text), -(-len(found.text) // 67))
    assert not any("接下来" in message.text for message in office.messages())


def test_a_preview_hides_the_secret_link_and_long_numbers(office: Office) -> None:
    ticket = office.fire(
        office.submit(a_resident()), "complete_intake", "finish_site_visit", "release_works"
    )
    office.application.tickets.suspend(
        ticket.ticket_no,
        PauseCause.CUSTOMER_WORKS,
        actor=ACCOUNT,
        evidence="客户电话13900001234要求",
    )
    templates = office.application.templates
    stopped = templates.preview(
        "clock_stopped", templates.source("clock_stopped"), ticket.ticket_no, actor=CHIEF
    )
    assert "13900001234" not in stopped.text
    assert "客户电话****要求" in stopped.text
    shown = templates.preview(KEY, SOURCE, ticket.ticket_no, actor=CHIEF)
    with office.application.database.reading() as work:
        token = work.tickets.progress_token(ticket.ticket_no)
    assert token not in shown.text
    assert "/p/****" in shown.text


def test_a_faulty_text_is_not_tried_out(office: Office) -> None:
    ticket = office.submit(a_resident())
    with pytest.raises(RefusedError) as refusal:
        office.application.templates.preview(KEY, FAULTY, ticket.ticket_no, actor=CHIEF)
    assert codes(refusal) == {"template_construct"}
    with pytest.raises(NotFoundError):
        office.application.templates.preview(KEY, OTHER, "TC20210101-0001", actor=CHIEF)


# --- a new release of the program --------------------------------------------------------------


def release(office: Office, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The program ships that text now."""
    with office.application.database.writing() as work:
        done = install_templates(work, {KEY: text}, Act(actor=SYSTEM, at=office.clock()))
        work.commit()
    return done.published, done.offered


def test_a_release_replaces_only_what_the_program_itself_published(office: Office) -> None:
    assert release(office, SOURCE) == ((), ())
    assert release(office, OTHER) == ((f"{KEY}@2",), ())
    assert release(office, OTHER) == ((), ())
    assert published(office, THIRD_TEXT) == 3
    newer = SOURCE.replace("进度：", "进展：")
    assert release(office, newer) == ((), (f"{KEY}@4",))
    assert release(office, newer) == ((), ())
    (offer,) = office.application.templates.drafts()
    assert (offer.author, offer.kind) == ("system", "upgrade")
    assert office.application.templates.publish(offer.number, actor=CHIEF) == 4


def test_a_text_that_no_longer_fits_the_program_stops_no_ticket(office: Office) -> None:
    with office.application.database.writing() as work:
        odd = SOURCE.replace("params: ", "params: gone, ").replace("进度：", "{{ gone }}")
        work.message_templates.publish(
            KEY, 2, source=odd, fingerprint="x", by="chief", at=office.clock()
        )
        work.message_templates.publish(
            "of_old", 1, source=odd, fingerprint="y", by="chief", at=office.clock()
        )
        work.commit()
    ticket = office.submit(a_resident())
    assert office.text(ticket, "application_received")
