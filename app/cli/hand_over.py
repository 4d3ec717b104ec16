"""What a manager leaves behind: how commands say it, and how they hand it over (R-6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from app.cli.session import acting, opened, show

if TYPE_CHECKING:
    from app.people.duties import Duties
    from engine.errors import MalformedError

MOST_NAMED = 20
"""So many tickets are printed by number; `--json` gives all of them."""


def duties(left: Duties) -> dict[str, object]:
    """What still names a person as manager, for programs."""
    return {"grids": left.grids, "tickets": left.tickets}


def hand_over_lines(user_id: str, left: Duties) -> list[str]:
    """The same for people: who is told meanwhile, and how to hand it over."""
    lines = []
    if left.grids:
        named = "、".join(f"{each.id}（{each.name}）" for each in left.grids)
        lines.append(f"仍由该账号任经理的网格 {len(left.grids)} 个：{named}")
        lines.append(f"  移交：{_command('grid', user_id)}")
    if left.tickets:
        more = len(left.tickets) - MOST_NAMED
        named = "、".join(left.tickets[:MOST_NAMED])
        rest = f"，另有 {more} 张" if more > 0 else ""
        lines.append(f"仍由该账号任经理的在办工单 {len(left.tickets)} 张：{named}{rest}")
        lines.append(f"  移交：{_command('ticket', user_id)}")
    return lines


def _command(what: str, user_id: str) -> str:
    return f"huodian {what} reassign --all-of {user_id} --to 接手人账号 --reason 原因"


def hand_over_tickets(user_id: str, to: str, reason: str, user: str, *, as_json: bool) -> None:
    """Hand over every ticket and print what became of each; exit 3 if one stayed behind."""
    application = opened()
    actor = acting(application, user)
    found = application.hand_over.all_of(user_id, to, reason=reason, actor=actor)
    done = [each for each in found if each.is_done]
    lines = [f"{each.ticket_no}  已移交" for each in done]
    for each in (each for each in found if not each.is_done):
        lines.append(f"{each.ticket_no}  未移交")
        lines += [f"      ✕ {against}" for against in each.reasons]
    lines.append(f"已移交 {len(done)} 张，未移交 {len(found) - len(done)} 张")
    result = {"from": user_id, "to": to, "tickets": found, "handed_over": len(done)}
    show(result, "\n".join(lines), as_json=as_json)
    if len(done) < len(found):
        raise typer.Exit(3)


def unclear_reassignment() -> MalformedError:
    """Neither one ticket with its two managers, nor one manager and a successor."""
    from engine.errors import MalformedError, Reason  # noqa: PLC0415

    return MalformedError(
        Reason(
            code="wrong_call",
            message="请给出一张工单及其两名经理，或只给出移交人和接手人",
            remedy="写作 工单号 --project-manager 账号 --account-manager 账号，"
            "或 --all-of 移交人账号 --to 接手人账号",
        )
    )
