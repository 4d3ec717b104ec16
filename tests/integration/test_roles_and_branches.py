"""Who may do what, and that people of one branch do not learn of another branch's tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.authorization import PERMITTED, Action
from app.readiness.restricted import SupplyPlan
from app.readiness.works import parse_milestones
from app.reading.history_export import ExportFilter
from app.tickets.documents import Upload
from engine.calendar import DayOverride
from engine.errors import HuodianError, NotFoundError, RefusedError
from engine.ticket import DocumentSource, ManagerPair, PauseCause, Role
from tests.applicants import OTHER_PAIR, PAIR, WHO, a_business, a_quarter
from tests.application import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ticket import Actor
    from tests.application import Office

    Attempt = Callable[[Office, str, Actor], object]

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
WORKED = DayOverride(on=date(2022, 5, 1), is_working=True, note="抢修")
TWO_STEPS = SupplyPlan(first_kw=Decimal(4), first_by=date(2021, 8, 2), full_by=date(2021, 9, 6))
ACTIONS: dict[Action, Attempt] = {
    Action.READ: lambda o, t, who: o.application.queries.ticket(t, actor=who),
    Action.SUPPLY_DOCUMENT: lambda o, t, who: o.application.documents.supply(
        t, "property_proof", DocumentSource.ON_SITE, actor=who
    ),
    Action.VERIFY_DOCUMENT: lambda o, t, who: o.application.documents.verify(t, 1, actor=who),
    Action.REJECT_DOCUMENT: lambda o, t, who: o.application.documents.reject(
        t, 1, "照片不清晰", actor=who
    ),
    Action.SUSPEND: lambda o, t, who: o.application.tickets.suspend(
        t, PauseCause.EXTERNAL_LINE, evidence="通知单", actor=who
    ),
    Action.RESUME: lambda o, t, who: o.application.tickets.resume(t, actor=who),
    Action.ASSIGN_MANAGERS: lambda o, t, who: o.application.tickets.assign_managers(
        t, OTHER_PAIR, reason="轮岗", actor=who
    ),
    Action.EXTEND_BOUNDARY: lambda o, t, who: o.application.tickets.extend_boundary(
        t, reason="重点项目", actor=who
    ),
    Action.AMEND: lambda o, t, who: o.application.amendments.amend(
        t, {"name": "新户名"}, reason="录错", actor=who
    ),
    Action.PLAN_RESTRICTED_SUPPLY: lambda o, t, who: o.application.readiness.restricted.plan(
        t, TWO_STEPS, reason="电网受限", actor=who
    ),
    Action.PLAN_MATCHING_WORKS: lambda o, t, who: o.application.readiness.works.plan(
        t, parse_milestones(["施工:1"]), actor=who
    ),
    Action.SURVEY_CONNECTION: lambda o, t, who: o.application.readiness.points.survey(
        t, [{"node": "F1", "distance_m": "1", "free_kva": "100"}], actor=who
    ),
    Action.RECORD_AGREEMENT: lambda o, t, who: o.application.migrations.agree(
        t, 1, evidence="同意书", actor=who
    ),
}
"""What is done to one ticket. Each may still be refused by a rule, but not for want of a role."""

ELSEWHERE: dict[Action, Attempt] = {
    Action.SUBMIT: lambda o, _, who: o.submit(a_business(), actor=who, branch="tengchong"),
    Action.IMPORT: lambda o, _, who: o.application.imports.topology(
        b"node_id,kind,parent_id,name\n", actor=who
    ),
    Action.MANAGE_CALENDAR: lambda o, _, who: o.application.calendars.override(WORKED, actor=who),
    Action.MANAGE_ACCOUNTS: lambda o, _, who: o.application.accounts.listing(actor=who),
    Action.MANAGE_ORGANISATION: lambda o, _, who: o.application.organisation.set_branch(
        "tengchong", code="TC", name="腾冲分公司", phone="0875-0000103", actor=who
    ),
    Action.SET_TARGETS: lambda o, _, who: o.application.targets.set(
        "tengchong", "hv_single_supply", "supply_plan_reply", 3, actor=who
    ),
    Action.MANAGE_DEFINITIONS: lambda o, _, who: o.application.drafts.rollback(
        "lv_resident", 1, actor=who
    ),
    Action.MANAGE_TEMPLATES: lambda o, _, who: o.application.templates.discard(
        1, actor=who, reason="不需要"
    ),
    Action.RECORD_LOADS: lambda o, _, who: o.application.loads.record([], actor=who, token_id=1),
    Action.KEEP_REGISTERS: lambda o, _, who: o.application.registers.undervoltage.open(
        {}, actor=who
    ),
    Action.EXPORT_LEDGER: lambda o, _, who: o.application.history_export.write_xes(
        ExportFilter(), str, actor=who
    ),
}


def is_without_role(office: Office, attempt: Attempt, ticket_no: str, who: Actor) -> bool:
    """Whether the attempt is refused for want of a role."""
    try:
        attempt(office, ticket_no, who)
    except RefusedError as refused:
        return "not_permitted" in {reason.code for reason in refused.reasons}
    except HuodianError:
        return False
    return False


def test_each_role_may_do_what_is_listed_and_nothing_else(office: Office) -> None:
    ticket = office.submit()
    people = {
        role: who
        for role in Role
        for who in WHO.values()
        if who.roles == {role} and who.branch in {"tengchong", ""}
    }
    attempts = {**ACTIONS, **ELSEWHERE}
    assert set(attempts) == set(Action) - {Action.MANAGE_MESSAGES}
    for action, attempt in attempts.items():
        allowed = {
            role
            for role, who in people.items()
            if not is_without_role(office, attempt, ticket.ticket_no, who)
        }
        assert (action, allowed) == (action, PERMITTED[action] & set(people))


def test_what_the_list_grants() -> None:
    """Spelled out where a slip would hurt: nobody decides, corrects or audits his own doing."""
    assert PERMITTED[Action.EXTEND_BOUNDARY] == {
        Role.SECTION_HEAD,
        Role.BRANCH_HEAD,
        Role.MARKETING,
    }
    looking = {Action.READ, Action.EXPORT_LEDGER}
    assert Role.AUDITOR not in set().union(
        *(roles for action, roles in PERMITTED.items() if action not in looking)
    )
    assert not any(roles & {Role.CUSTOMER, Role.SYSTEM} for roles in PERMITTED.values())


def test_a_foreign_branchs_ticket_does_not_exist(office: Office) -> None:
    ticket = office.submit(actor=WHO["ll-counter"])
    entries = office.verify()
    stranger = replace(WHO["tc-counter"], roles=frozenset(Role) - {Role.SYSTEM})
    told = set()
    for attempt in ACTIONS.values():
        with pytest.raises(NotFoundError) as foreign:
            attempt(office, ticket.ticket_no, stranger)
        with pytest.raises(NotFoundError) as unknown:
            attempt(office, "LL-20990101-0001", stranger)
        told.add(str(foreign.value).replace(ticket.ticket_no, "*"))
        told.add(str(unknown.value).replace("LL-20990101-0001", "*"))
    assert len(told) == 1
    assert office.verify() == entries


def test_a_foreign_branchs_ticket_cannot_be_moved_listed_or_fetched(office: Office) -> None:
    ticket = office.submit(actor=WHO["ll-counter"])
    number = ticket.ticket_no
    stranger = WHO["tc-counter"]
    tickets, queries = office.application.tickets, office.application.queries
    for attempt in (
        lambda: tickets.advance(number, "complete_intake", actor=stranger),
        lambda: tickets.advance(number, "no_such_trigger", actor=stranger),
        lambda: tickets.offers(number, actor=stranger),
        lambda: tickets.advance(number, "abort", actor=stranger, expected_revision=99),
        lambda: tickets.assign_managers(
            number, ManagerPair(project_manager="x", account_manager="x"), actor=stranger
        ),
        lambda: office.application.documents.read_file(number, 1, actor=stranger),
        lambda: queries.history(number, actor=stranger),
        lambda: queries.clocks(number, actor=stranger),
        lambda: queries.messages(actor=stranger, ticket_no=number),
        lambda: queries.reveal_contact(number, "联系客户", actor=stranger),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert queries.messages(actor=stranger) == ()


def test_a_stranger_leaves_no_file_behind(office: Office) -> None:
    ticket = office.submit(actor=WHO["ll-counter"])
    upload = Upload(name="id.pdf", content=PDF)
    supply = office.application.documents.supply
    with pytest.raises(NotFoundError):
        supply(
            ticket.ticket_no,
            "identity",
            DocumentSource.COUNTER,
            actor=WHO["tc-counter"],
            upload=upload,
        )
    with pytest.raises(RefusedError):
        supply(
            ticket.ticket_no,
            "identity",
            DocumentSource.COUNTER,
            actor=WHO["ll-head"],
            upload=upload,
        )
    files = office.application.settings.var_dir / "files"
    assert not list(files.rglob("*"))


def test_nobody_submits_or_opens_for_another_branch(office: Office) -> None:
    for attempt in (
        lambda: office.submit(actor=WHO["tc-counter"], branch="longling"),
        lambda: office.application.tickets.open(
            "asset_transfer", a_quarter(), branch="longling", actor=WHO["tc-counter"]
        ),
    ):
        with pytest.raises(RefusedError) as refused:
            attempt()
        assert codes(refused) == {"other_branch"}


def test_a_move_is_refused_to_a_role_that_its_definition_does_not_name(office: Office) -> None:
    ticket = office.submit()
    refused_to = set()
    for who in (each for each in WHO.values() if each.branch in {"tengchong", ""}):
        offers = office.application.tickets.offers(ticket.ticket_no, actor=who)
        intake = next(each for each in offers if each.transition.trigger == "complete_intake")
        if not intake.is_allowed:
            assert [reason.code for reason in intake.reasons] == ["role_not_allowed"]
            with pytest.raises(RefusedError):
                office.application.tickets.advance(ticket.ticket_no, "complete_intake", actor=who)
            refused_to |= who.roles
    assert refused_to == set(Role) - {
        Role.OPERATOR,
        Role.ACCOUNT_MANAGER,
        Role.CUSTOMER,
        Role.SYSTEM,
    }
    assert office.ticket(ticket).managers == PAIR
