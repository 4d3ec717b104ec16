"""The work account (企业微信), for staff: messages of an application, and robots of groups.

One member a call: WeCom drops what it has sent to the same people for half an hour, so a doubt may
be tried again so long, and a call to many would have to be repeated to exactly as many. A robot
speaks to its group and takes 20 messages a minute; it removes no duplicates. Neither reports
whether a message was read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.errors import Reason
from notifications.channels.base import (
    Capabilities,
    ErrorClass,
    ParsedReceipts,
    ReceiptRequest,
    Result,
    Verdict,
    bad_credentials,
    no_receipts,
    refused,
    unknown,
)
from notifications.channels.codes import code_table
from notifications.channels.one_by_one import one_by_one
from notifications.channels.weixin import (
    Credentials,
    OutcomeError,
    WeixinAccount,
    read_answer,
)
from notifications.wire.http import HttpClient, NeverLeftError, NoAnswerError, UnfitRequestError
from notifications.wire.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

NAME, ROBOT = "wecom", "wecom_robot"
LONGEST_BYTES = 2048
REMEMBERED = timedelta(minutes=30)
ROBOT_PER_MINUTE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomSettings:
    """One application of a company; `agent_id` is its number."""

    corp_id: str
    secret: str = field(repr=False)
    agent_id: int
    base_url: str = "https://qyapi.weixin.qq.com"
    timeout_s: float = 10.0
    concurrency: int = 10


class WecomChannel:
    """Messages of one application to members."""

    def __init__(self, settings: WecomSettings, loop: EventLoop) -> None:
        self._settings = settings
        credentials = Credentials(
            path="cgi-bin/gettoken",
            asked={"corpid": settings.corp_id, "corpsecret": settings.secret},
            by_post=False,
        )
        client = HttpClient(loop, concurrency=settings.concurrency, timeout_s=settings.timeout_s)
        self._places = Places(loop, settings.concurrency)
        self._account = WeixinAccount(client, settings.base_url, credentials, NAME)

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """The limits of the application."""
        return Capabilities(concurrency=self._settings.concurrency, idempotent_for=REMEMBERED)

    def close(self) -> None:
        """Close the connections."""
        self._account.client.close()

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """Whether the text is too long."""
        return unfit(message)

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """One call a message."""
        return one_by_one(messages, self._send, self._places)

    def find(self, message: Message) -> Result | None:
        """None: WeCom cannot be asked."""
        del message
        return None

    def check(self) -> tuple[Reason, ...]:
        """Whether WeCom lends us a token."""
        outcome = self._account.check()
        return () if outcome is None else (bad_credentials(NAME, outcome),)

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """WeCom gives no receipts.

        Raises:
            ReceiptRefusedError: always.
        """
        del request
        raise no_receipts(channel="企业微信")

    async def _send(self, message: Message) -> Result:
        problem = unfit_text(message.text)
        if problem or not message.address:
            return _unsendable(message, problem)
        body = {
            "touser": message.address,
            "msgtype": "text",
            "agentid": self._settings.agent_id,
            "text": {"content": message.text},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(REMEMBERED.total_seconds()),
        }
        try:
            said = await self._account.say(message.id, "cgi-bin/message/send", body)
        except OutcomeError as refusal:
            return replace(refusal.outcome, message_id=message.id)
        if said["errcode"] != 0:
            return self._account.judged(message.id, said["errcode"])
        if said.get("invaliduser"):
            return self._account.judged(message.id, "invaliduser")
        return Result(
            message_id=message.id,
            verdict=Verdict.ACCEPTED,
            provider_id=str(said.get("msgid", "")),
        )


class WecomRobotChannel:
    """Robots of groups of staff. The address of a message names the group.

    Args:
        keys: group -> key of its robot, which is all that it takes to speak there.
    """

    def __init__(
        self,
        keys: Mapping[str, str],
        loop: EventLoop,
        base_url: str = "https://qyapi.weixin.qq.com",
        timeout_s: float = 10.0,
    ) -> None:
        self._keys = keys
        self._base_url = base_url
        self._client = HttpClient(loop, concurrency=1, timeout_s=timeout_s)
        self._places = Places(loop, 1)

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return ROBOT

    @property
    def capabilities(self) -> Capabilities:
        """One at a time, twenty a minute."""
        return Capabilities(per_minute=ROBOT_PER_MINUTE)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """Whether the text is too long."""
        return unfit(message)

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """One call a message, in order."""
        return one_by_one(messages, self._send, self._places)

    def find(self, message: Message) -> Result | None:
        """None: a robot cannot be asked."""
        del message
        return None

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Robots give no receipts.

        Raises:
            ReceiptRefusedError: always.
        """
        del request
        raise no_receipts(channel="企业微信群")

    async def _send(self, message: Message) -> Result:
        key, problem = self._keys.get(message.address), unfit_text(message.text)
        if key is None or problem:
            return _unsendable(message, problem)
        try:
            answer = await self._client.ask(
                "POST",
                f"{self._base_url}/cgi-bin/webhook/send",
                params={"key": key},
                body=_robot_body(message.text),
                headers={"Content-Type": "application/json"},
            )
        except (NeverLeftError, UnfitRequestError) as fault:
            return refused(message.id, ErrorClass.PROVIDER, str(fault), "无法连接企业微信")
        except NoAnswerError as fault:
            return unknown(message.id, str(fault))
        said = read_answer(answer.body)
        if "errcode" not in said:
            return unknown(message.id, str(answer.status))
        if said["errcode"] == 0:
            return Result(message_id=message.id, verdict=Verdict.ACCEPTED)
        meaning = code_table(ROBOT).meaning(str(said["errcode"]))
        return refused(message.id, meaning.error_class, str(said["errcode"]), meaning.text)


def unfit(message: Message) -> tuple[Reason, ...]:
    """Why WeCom would cut the text."""
    problem = unfit_text(message.text)
    if not problem:
        return ()
    template = f"{message.template_key}@{message.template_version}"
    return (
        Reason(
            code="text_unfit",
            message=f"消息模板 {template} {problem}",
            clause="R-6.4",
            remedy="请缩短正文",
        ),
    )


def unfit_text(text: str) -> str:
    """What is wrong with a text for WeCom; empty if nothing is."""
    size = len(text.encode())
    if size > LONGEST_BYTES:
        return f"正文有 {size} 字节，上限 {LONGEST_BYTES} 字节"
    return "" if text.strip() else "没有内容"


def _robot_body(text: str) -> bytes:
    return json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()


def _unsendable(message: Message, problem: str) -> Result:
    if problem:
        return refused(message.id, ErrorClass.CONTENT, "text_unfit", problem)
    return refused(message.id, ErrorClass.RECIPIENT, "no_address", "没有企业微信账号或群机器人")
