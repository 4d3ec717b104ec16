"""Managers who are no longer in office: intake, reminders, and handing over (R-6.1, T2a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.doctor import examine
from engine.errors import NotFoundError, RefusedError
from engine.ticket import SYSTEM, ManagerPair, Role
from tests.applicants import CHIEF, COUNTER, OTHER_PAIR, PAIR, SECTION, WHO, a_factory, a_resident
from tests.application import codes

if TYPE_CHECKING:
    from app.people.duties import Duties
    from engine.ticket import Actor, Ticket
    from tests.application import Office

LL_COUNTER = WHO["ll-counter"]


def disable(office: Office, *people: str) -> Duties:
    return [
        office.application.accounts.disable(each, reason="调离", actor=CHIEF) for each in people
    ][-1]


def plan_due_on_10_september(
    office: Office, papers: tuple[str, ...] = ("business_licence",)
) -> Ticket:
    ticket = office.at("2021-09-06 09:00").submit(a_factory(), papers=papers)
    ticket = office.fire(ticket, "complete_intake")
    office.told()
    return ticket


def sweep(office: Office, when: str) -> list[tuple[str, str]]:
    office.at(when).application.reminders.sweep()
    return office.told()


# --- intake ------------------------------------------------------------------------------------


def test_intake_does_not_end_with_a_manager_who_has_left(office: Office) -> None:
    ticket = office.submit(papers=())
    disable(office, "tc-project")
    with pytest.raises(RefusedError) as refused:
        office.application.tickets.advance(ticket.ticket_no, "complete_intake", actor=COUNTER)
    assert codes(refused) == {"document_missing", "unfit_manager"}
    (reason,) = (each for each in refused.value.reasons if each.code == "unfit_manager")
    assert reason.message == "顾长林（tc-project）已停用，不能担任项目经理"
    assert reason.clause == "R-6.1, 四(一)2"
    offers = office.application.tickets.offers(ticket.ticket_no, actor=COUNTER)
    intake = next(each for each in offers if each.transition.trigger == "complete_intake")
    assert set(intake.reasons) == set(refused.value.reasons)
    page = office.application.queries.ticket(ticket.ticket_no, actor=COUNTER)
    assert [(each.user_id, each.is_in_office) for each in page.managers] == [
        ("tc-project", False),
        ("tc-account", True),
    ]
    office.supply(ticket, "identity")
    office.application.tickets.assign_managers(
        ticket.ticket_no, OTHER_PAIR, actor=SECTION, reason="原经理调离"
    )
    assert office.fire(ticket, "complete_intake").state == "site_visit"


def test_intake_does_not_end_with_a_manager_without_the_role(office: Office) -> None:
    ticket = office.submit()
    office.application.accounts.set_roles("tc-account", [Role.OPERATOR], actor=CHIEF)
    with pytest.raises(RefusedError, match="白若溪（tc-account）没有相应的岗位") as refused:
        office.fire(ticket, "complete_intake")
    assert codes(refused) == {"unfit_manager"}


def test_whoever_leaves_after_intake_keeps_no_ticket_back(office: Office) -> None:
    ticket = office.fire(office.submit(), "complete_intake")
    disable(office, "tc-project")
    assert office.fire(ticket, "finish_site_visit", "release_works").state == "grid_works"


def test_one_who_has_left_is_not_assigned(office: Office) -> None:
    ticket = office.submit()
    disable(office, "tc-project-2")
    with pytest.raises(RefusedError) as refused:
        office.application.tickets.assign_managers(
            ticket.ticket_no, OTHER_PAIR, actor=SECTION, reason="轮岗"
        )
    assert codes(refused) == {"unfit_manager"}


# --- who hears it instead ----------------------------------------------------------------------


def test_a_reminder_to_one_who_has_left_goes_to_the_section_head(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    disable(office, "tc-project")
    assert sweep(office, "2021-09-10 08:30") == [
        ("tc-account", "limit_due"),
        ("tc-section", "limit_due"),
    ]
    assert "已停用" not in office.text(ticket, "limit_due", "tc-account")
    instead = office.text(ticket, "limit_due", "tc-section")
    assert instead.endswith("项目经理顾长林的账号已停用，请代为督办并改派。")
    told = sweep(office, "2021-09-11 00:00")
    assert told == [("tc-account", "limit_overdue"), ("tc-section", "limit_overdue_escalated")]
    escalated = office.text(ticket, "limit_overdue_escalated", "tc-section")
    assert "项目经理顾长林（已停用），客户经理白若溪" in escalated


def test_for_two_who_have_left_the_head_gets_one_message(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    office.application.tickets.extend_boundary(ticket.ticket_no, reason="重点项目", actor=SECTION)
    disable(office, "tc-project", "tc-account")
    office.told()
    assert sweep(office, "2021-09-10 08:30") == [
        ("customer", "deferred_documents_due"),
        ("tc-section", "deferred_documents_collect"),
        ("tc-section", "limit_due"),
    ]
    text = office.text(ticket, "limit_due", "tc-section")
    assert "项目经理顾长林、客户经理白若溪的账号已停用" in text
    collect = office.text(ticket, "deferred_documents_collect", "tc-section")
    assert collect.endswith("客户经理白若溪的账号已停用，请另派人收取并改派。")
    assert sweep(office, "2021-09-10 08:31") == []


@pytest.mark.parametrize(
    ("also_gone", "instead"),
    [
        (["tc-section"], {"tc-head"}),
        (["tc-section", "tc-head"], {"marketing"}),
        (["tc-section", "tc-head", "marketing"], {"tc-project"}),
    ],
    ids=["branch head", "marketing", "nobody"],
)
def test_without_a_section_head_the_next_one_up_hears_it(
    office: Office, also_gone: list[str], instead: set[str]
) -> None:
    ticket = plan_due_on_10_september(office)
    disable(office, "tc-project", *also_gone)
    office.told()
    told = sweep(office, "2021-09-10 08:30")
    assert {who for who, _ in told} == {"tc-account", *instead}
    if "tc-project" in instead:  # kept, and listed as one that needs a call
        (kept,) = (each for each in office.messages(ticket) if each.state == "unreachable")
        assert (kept.recipient, kept.template_key) == ("tc-project", "limit_due")
    late = sweep(office, "2021-09-11 00:00")
    assert {who for who, _ in late} >= instead


def test_a_new_ticket_of_a_grid_without_its_manager_is_told_to_the_head(office: Office) -> None:
    disable(office, "tc-project")
    office.told()
    ticket = office.submit()
    assert ticket.managers == PAIR
    assert {each for each in office.told() if each[1] == "manager_assigned"} == {
        ("tc-account", "manager_assigned"),
        ("tc-section", "manager_assigned"),
    }
    head = office.text(ticket, "manager_assigned", "tc-section")
    assert head.startswith(f"工单{ticket.ticket_no}的项目经理顾长林的账号已停用，请尽快改派。")
    partner = office.text(ticket, "manager_assigned", "tc-account")
    assert "由您任客户经理，项目经理顾长林（已停用）。" in partner


# --- handing over ------------------------------------------------------------------------------


def test_disabling_says_what_is_left_behind(office: Office) -> None:
    first, second = office.submit(), office.submit(a_resident(address="别处"))
    ended = office.fire(office.submit(a_resident(address="第三处")), "abort", reason="客户撤回")
    left = disable(office, "tc-project")
    assert [(each.id, each.branch, each.name) for each in left.grids] == [
        ("tc-01", "tengchong", "城区")
    ]
    assert left.tickets == (first.ticket_no, second.ticket_no)
    assert ended.ticket_no not in left.tickets
    assert not disable(office, "tc-head")


def test_losing_a_managers_role_says_so_too(office: Office) -> None:
    ticket = office.submit()
    set_roles = office.application.accounts.set_roles
    kept = set_roles("tc-account", [Role.ACCOUNT_MANAGER, Role.OPERATOR], actor=CHIEF)
    assert not kept
    lost = set_roles("tc-account", [Role.OPERATOR], actor=CHIEF)
    assert (lost.tickets, [each.id for each in lost.grids]) == ((ticket.ticket_no,), ["tc-01"])


def hand_over(office: Office, user_id: str, to: str, actor: Actor = SECTION) -> dict[str, set[str]]:
    """By ticket what stood against it."""
    found = office.application.hand_over.all_of(user_id, to, reason="调离", actor=actor)
    return {each.ticket_no: {reason.code for reason in each.reasons} for each in found}


def test_all_tickets_of_one_manager_are_handed_over_one_entry_each(office: Office) -> None:
    first = office.fire(office.submit(), "complete_intake")
    second = office.submit(a_resident(address="别处"))
    other = office.submit(a_resident(node_id="P1"))
    disable(office, "tc-project")
    office.told()
    revisions = [each.revision for each in (first, second)]
    assert hand_over(office, "tc-project", "tc-project-2") == {
        first.ticket_no: set(),
        second.ticket_no: set(),
    }
    moved = [office.ticket(each) for each in (first, second)]
    assert [each.revision for each in moved] == [revision + 1 for revision in revisions]
    assert {each.managers for each in moved} == {
        ManagerPair(project_manager="tc-project-2", account_manager="tc-account")
    }
    (event,) = office.entries(first)[-1].facts["events"]
    assert (event["event"], event["reason"]) == ("ManagersAssigned", "调离")
    assert office.entries(first)[-1].actor_id == "tc-section"
    assert office.ticket(other).revision == other.revision
    # The customer who was told the names at intake hears the new ones, the other one does not.
    told = office.told()
    assert told.count(("customer", "managers_changed")) == 1
    assert "项目经理陆星野，客户经理白若溪，电话0875-0000103" in office.text(
        first, "managers_changed"
    )
    assert hand_over(office, "tc-project", "tc-project-2") == {}


def test_a_ticket_that_cannot_be_handed_over_keeps_no_other_back(office: Office) -> None:
    mine = office.submit()
    odd = office.submit(a_resident(node_id="P1"))
    both = ManagerPair(project_manager="tc-project-2", account_manager="tc-account")
    office.application.accounts.set_roles(
        "tc-account-2", [Role.ACCOUNT_MANAGER, Role.PROJECT_MANAGER], actor=CHIEF
    )
    office.application.tickets.assign_managers(odd.ticket_no, both, actor=SECTION, reason="轮岗")
    # tc-account-2 may be either; on the second ticket he would be both.
    office.application.tickets.assign_managers(
        mine.ticket_no,
        ManagerPair(project_manager="tc-account-2", account_manager="tc-account"),
        actor=SECTION,
        reason="轮岗",
    )
    assert hand_over(office, "tc-account", "tc-account-2") == {
        mine.ticket_no: {"managers_identical"},
        odd.ticket_no: set(),
    }
    assert office.ticket(mine).managers.account_manager == "tc-account"  # type: ignore[union-attr]


def test_both_managers_can_be_handed_over_one_after_the_other(office: Office) -> None:
    ticket = office.submit()
    disable(office, "tc-project", "tc-account")
    assert hand_over(office, "tc-project", "tc-project-2") == {ticket.ticket_no: set()}
    assert hand_over(office, "tc-account", "tc-account-2") == {ticket.ticket_no: set()}
    assert office.ticket(ticket).managers == OTHER_PAIR


def test_the_successor_must_be_fit_and_the_branch_is_respected(office: Office) -> None:
    ticket = office.submit()
    far = office.submit(actor=LL_COUNTER)
    disable(office, "tc-project-2")
    assert hand_over(office, "tc-project", "tc-project-2") == {ticket.ticket_no: {"unfit_manager"}}
    assert hand_over(office, "tc-project", "ll-project") == {ticket.ticket_no: {"unfit_manager"}}
    assert hand_over(office, "ll-project", "ll-account") == {}
    found = hand_over(office, "ll-project", "tc-project", actor=WHO["marketing"])
    assert found == {far.ticket_no: {"unfit_manager"}}


def test_a_careless_hand_over_is_refused_before_anything_is_done(office: Office) -> None:
    office.submit()
    entries = office.verify()
    all_of = office.application.hand_over.all_of
    with pytest.raises(RefusedError) as refused:
        all_of("tc-project", "tc-project", reason=" ", actor=SECTION)
    assert codes(refused) == {"same_person", "reason_missing"}
    with pytest.raises(NotFoundError, match="nobody"):
        all_of("tc-project", "nobody", reason="调离", actor=SECTION)
    with pytest.raises(RefusedError) as refused:
        all_of("tc-project", "tc-project-2", reason="调离", actor=WHO["tc-account"])
    assert codes(refused) == {"not_permitted"}
    assert office.verify() == entries


def test_grids_are_handed_over_all_or_none(office: Office) -> None:
    organisation = office.application.organisation

    def pairs() -> dict[str, tuple[str, str]]:
        return {g.id: (g.project_manager, g.account_manager) for g in organisation.grids()}

    before = pairs()
    with pytest.raises(RefusedError) as refused:
        organisation.hand_over("tc-account", "tc-project", reason="调离", actor=SYSTEM)
    assert codes(refused) == {"managers_identical", "unfit_manager"}
    assert "网格 tc-01：" in refused.value.reasons[0].message
    assert pairs() == before
    now = organisation.hand_over("tc-account", "tc-account-2", reason="调离", actor=CHIEF)
    assert [each.id for each in now] == ["tc-01"]
    assert pairs() == {**before, "tc-01": ("tc-project", "tc-account-2")}
    entry = office.entries("administration")[-1]
    assert (entry.action, entry.target_state) == ("hand_over", "tc-01")
    assert office.submit().managers == ManagerPair(
        project_manager="tc-project", account_manager="tc-account-2"
    )


def test_the_doctor_sees_who_left_something_behind(office: Office) -> None:
    def managers() -> list[str]:
        found = examine(office.application)
        return [each.remark for each in found if each.subject == "双经理" and not each.ok]

    office.at("2026-11-23 09:00").submit()
    disable(office, "tc-head")
    assert managers() == []
    disable(office, "tc-project")
    (remark,) = managers()
    assert "tc-project（网格 1 个、在办工单 1 张）" in remark
    hand_over(office, "tc-project", "tc-project-2")
    office.application.organisation.hand_over(
        "tc-project", "tc-project-2", reason="调离", actor=CHIEF
    )
    assert managers() == []
