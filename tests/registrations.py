"""Registrations of the simulated providers, published by two persons like real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ticket import Actor, Role
from tests.applicants import CHIEF
from tests.simulators import aliyun, tencent

if TYPE_CHECKING:
    from tests.application import Office

SECOND = Actor(user_id="second", name="方晓白", roles=frozenset({Role.ADMINISTRATOR}))
TEXTS = {"aliyun": ("SMS_1001", aliyun.TEMPLATES), "tencent": ("2001", tencent.TEMPLATES)}
SUBMITTED = ("application_received", "manager_assigned")
"""The messages of an application that is complete."""


def source(
    provider: str = "aliyun", template: str = "application_received", limit: int = 35
) -> str:
    """A registration as an administrator writes it."""
    code, texts = TEXTS[provider]
    return f"""\
provider: {provider}
template: {template}
template_version: 1
code: "{code}"
sign_name: 示例供电
text: "{texts[code]}"
fields:
  - {{name: ticket_no, value: "{{{{ ticket_no }}}}", limit: {limit}}}
  - {{name: stage, value: "{{{{ stage }}}}", limit: 20}}
  - {{name: due, value: "{{{{ due }}}}", limit: 20}}
"""


def wechat_source(template: str = "application_received", provider: str = "wechat") -> str:
    """The same for the official account."""
    return f"""\
provider: {provider}
template: {template}
template_version: 1
code: tpl-next-stage
link: "{{{{ progress_url }}}}"
fields:
  - {{name: character_string1, value: "{{{{ ticket_no }}}}"}}
  - {{name: thing2, value: "{{{{ stage }}}}"}}
  - {{name: thing3, value: "{{{{ due }}}}"}}
"""


def publish(office: Office, *sources: str) -> None:
    """Two administrators publish registrations."""
    for each in sources:
        draft = office.application.registrations.register(each, actor=CHIEF)
        office.application.registrations.confirm(draft.number, actor=SECOND)
