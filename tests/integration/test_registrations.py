"""Registrations are published by two persons and never change; what is lacking is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DatabaseError

from app.rules.registration_book import StoredRegistrations
from engine.errors import ConflictError, MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, COUNTER
from tests.application import codes
from tests.registrations import SECOND, publish, source, wechat_source

if TYPE_CHECKING:
    from tests.application import Office

KEY = "aliyun/application_received"


def test_a_second_person_publishes_and_the_ledger_says_so(office: Office) -> None:
    service = office.application.registrations
    draft = service.register(source(), actor=CHIEF)
    assert (draft.key, draft.base_version, draft.faults) == (KEY, 0, ())
    assert [each.number for each in service.drafts()] == [draft.number]
    assert service.listing() == ()
    with pytest.raises(RefusedError) as refused:
        service.confirm(draft.number, actor=CHIEF)
    assert codes(refused) == {"second_person"}
    assert service.confirm(draft.number, actor=SECOND) == (KEY, 1)
    (view,) = service.listing()
    assert (view.provider, view.code, view.published_by) == ("aliyun", "SMS_1001", "second")
    (entry,) = office.entries("registrations")
    assert (entry.action, entry.target_state, entry.actor_id) == ("publish", f"{KEY}@1", "second")
    assert service.source(KEY) == source()


def test_a_published_registration_never_changes(office: Office) -> None:
    publish(office, source())
    for statement in ("UPDATE registrations SET source = 'x'", "DELETE FROM registrations"):
        with (
            pytest.raises(DatabaseError, match="immutable"),
            office.application.database.writing() as work,
        ):
            work._connection.exec_driver_sql(statement)  # noqa: SLF001


def test_a_new_version_supersedes_the_old_one(office: Office) -> None:
    publish(office, source(), source(limit=30))
    service = office.application.registrations
    (view,) = service.listing()
    assert view.version == 2
    assert service.source(KEY, 1) == source()
    with pytest.raises(NotFoundError):
        service.source(KEY, 3)


def test_what_says_the_same_is_not_published_again(office: Office) -> None:
    publish(office, source())
    laid_out_otherwise = source().replace("provider: aliyun\n", "") + "provider: aliyun\n"
    draft = office.application.registrations.register(laid_out_otherwise, actor=CHIEF)
    with pytest.raises(RefusedError) as refused:
        office.application.registrations.confirm(draft.number, actor=SECOND)
    assert codes(refused) == {"nothing_changed"}


def test_one_at_a_time_and_only_who_may(office: Office) -> None:
    service = office.application.registrations
    with pytest.raises(RefusedError) as refused:
        service.register(source(), actor=COUNTER)
    assert codes(refused) == {"not_permitted"}
    draft = service.register(source(), actor=CHIEF)
    with pytest.raises(ConflictError) as taken:
        service.register(source(limit=30), actor=SECOND)
    assert codes(taken) == {"draft_taken"}
    with pytest.raises(MalformedError):
        service.withdraw(draft.number, actor=CHIEF, reason=" ")
    service.withdraw(draft.number, actor=CHIEF, reason="编号有误")
    assert service.drafts() == ()
    assert service.register(source(limit=30), actor=SECOND).author == "second"


def test_a_faulty_one_is_refused_with_everything_and_shown_before(office: Office) -> None:
    service = office.application.registrations
    faulty = source().replace("${due}", "${until}").replace("示例供电", "''")
    with pytest.raises(RefusedError) as refused:
        service.register(faulty, actor=CHIEF)
    assert codes(refused) == {"sign_name_missing", "field_missing", "field_unused"}
    assert {each.code for each in service.check(faulty).faults} == codes(refused)
    good = service.check(source())
    assert good.text == "【示例供电】您的用电申请〔ticket_no〕进入〔stage〕，最迟〔due〕。"
    assert good.parts == 1


def test_which_texts_a_provider_lacks(office: Office) -> None:
    publish(office, source(), wechat_source())
    lacking = office.application.registrations.unregistered(("aliyun", "wechat"))
    assert ("aliyun", "application_received") not in lacking
    assert ("aliyun", "next_stage") in lacking
    assert ("wechat", "next_stage") in lacking


def test_a_registration_that_is_behind_the_text_says_so(office: Office) -> None:
    publish(office, source())
    templates = office.application.templates
    changed = templates.source("application_received").replace("已登记", "已收悉")
    draft = templates.save("application_received", changed, actor=CHIEF)
    templates.publish(draft.number, actor=SECOND)
    (view,) = office.application.registrations.listing()
    assert view.is_behind


def test_channels_learn_of_a_new_one_within_a_second(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = StoredRegistrations(office.application.database)
    assert book.current().registrations == ()
    publish(office, source())
    assert book.current().registrations == ()
    monkeypatch.setattr("app.rules.registration_book.LOOKED_AT_EVERY_S", 0.0)
    assert [each.code for each in book.current().registrations] == ["SMS_1001"]
    assert book.current() is book.current()
