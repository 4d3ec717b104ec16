"""What fault tests have in common: messages that wait, and the end that every story must have."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from notifications.message import (
    Audience,
    Channel,
    Message,
    MessageKind,
    MessageState,
    SharedNotice,
)
from tests.applicants import a_resident

if TYPE_CHECKING:
    from app.ports.work import Work
    from tests.application import Office
    from tests.held_gateway import HeldGateway

S = MessageState


def waiting(office: Office, tickets: int = 2) -> list[Message]:
    """Three messages a ticket wait; no clock runs, so that nothing else is going to be told."""
    known = {message.id for message in office.messages()}
    for number in range(tickets):
        address = f"{len(known)}-{number}号"
        office.at("2021-09-06 09:00").submit(a_resident(address=address), papers=())
    return [message for message in office.messages() if message.id not in known]


class TenAtATime:
    """Tells a notice to thirty numbers in three pages."""

    people = 30

    def page(self, work: Work, notice: SharedNotice, limit: int) -> str:
        start = int(notice.fan_out_after or 0)
        end = min(start + min(limit, 10), self.people)
        work.outbox.add([_of_notice(notice, number) for number in range(start, end)])
        return "" if end == self.people else str(end)


def _of_notice(notice: SharedNotice, number: int) -> Message:
    return Message(
        id=f"{notice.id}-{number}",
        dedupe_key=f"{notice.id}:{number}",
        kind=notice.kind,
        template_key=notice.template_key,
        template_version=1,
        text="",
        channel=Channel.SMS,
        audience=Audience.CUSTOMER,
        recipient="陈水",
        address=f"130{number:08}",
        created_at=notice.created_at,
        not_before=notice.created_at,
        notice_id=notice.id,
        topic=notice.topic,
    )


def a_notice(office: Office) -> SharedNotice:
    return SharedNotice(
        id="notice-1",
        kind=MessageKind.OUTAGE,
        template_key="next_stage",
        template_version=1,
        params={},
        text="和畅台区停电",
        created_at=office.at("2021-09-06 09:00").clock(),
        topic="outage:1",
    )


def states(office: Office) -> Counter[MessageState]:
    return Counter(message.state for message in office.messages())


def all_are(office: Office, *wanted: MessageState) -> bool:
    """Whether every message is in one of these states."""
    return set(states(office)) <= set(wanted)


def written(office: Office) -> Counter[str]:
    """How often each message stands in the outgoing file."""
    path = office.application.settings.var_dir / "messages.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return Counter(json.loads(line)["id"] for line in lines if line)


def nothing_lost_nothing_doubled(office: Office, messages: list[Message]) -> None:
    """Every message was written exactly once, and is known to be."""
    assert all_are(office, S.ACCEPTED), states(office)
    assert written(office) == Counter(message.id for message in messages)


def nothing_hidden_nothing_doubled(
    office: Office, gateway: HeldGateway, messages: list[Message]
) -> Counter[MessageState]:
    """By a gateway that cannot be asked: each arrived once, or is visibly in doubt."""
    found = {message.id: message.state for message in office.messages()}
    for message in messages:
        arrivals = gateway.arrived[message.id]
        if found[message.id] is S.ACCEPTED:
            assert arrivals == 1, message
        else:
            assert found[message.id] is S.IN_DOUBT, message
            assert arrivals <= 1, message
    return Counter(found[message.id] for message in messages)
