"""Exceptions from a rule, and definitions that come with a new release of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.doctor import examine
from app.first_start import PREPARED, prepare
from app.rules.installation import install_definitions
from engine.errors import (
    IntegrityError,
    RefusedError,
)
from engine.ticket import SYSTEM, Act
from tests.applicants import CHIEF
from tests.application import codes
from tests.drafting import ID, LOOSER, OTHER, SECOND, STRICTER, THIRD, drafted, in_force, published
from tests.unit.workflows.drafts import shipped_text
from workflows.loader import load_definition

if TYPE_CHECKING:
    from tests.application import Office


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


# --- exceptions ----------------------------------------------------------------------------------


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


# --- a new release of the program ----------------------------------------------------------------


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
