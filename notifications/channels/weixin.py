"""What the official account and the work account of WeChat share: a lent token, and errcodes.

A token that WeChat refuses is the token's fault, not the message's: one other is fetched, and the
call is made once more. Nothing else is ever repeated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notifications.channels.base import ErrorClass, Result, refused, unknown
from notifications.channels.codes import code_table
from notifications.wire.access_token import AccessToken, Lent
from notifications.wire.http import HttpClient, NeverLeftError, NoAnswerError, UnfitRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping


REFUSED_TOKENS = frozenset({40001, 40014, 42001})
USUAL_LIFE_S = 7200


class OutcomeError(Exception):
    """A call that came to nothing, with what is certain about it."""

    def __init__(self, outcome: Result) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How an account asks for its token: a JSON body, or parameters of the address."""

    path: str
    asked: Mapping[str, object] = field(repr=False)
    by_post: bool


class WeixinAccount:
    """Connections and token of one account.

    Args:
        table: the provider whose codes it answers with.
    """

    def __init__(
        self, client: HttpClient, base_url: str, credentials: Credentials, table: str
    ) -> None:
        self.client = client
        self._base_url = base_url
        self._credentials = credentials
        self._table = table
        self._token = AccessToken(self._lent)

    async def say(self, message_id: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the account says to one call, with whatever token it accepts.

        Raises:
            OutcomeError: nothing was said.
        """
        token = await self._token.get()
        said = await self._post(message_id, path, token, body)
        if said["errcode"] in REFUSED_TOKENS:
            token = await self._token.instead_of(token)
            said = await self._post(message_id, path, token, body)
        return said

    def judged(self, message_id: str, code: object) -> Result:
        """The result of a message that was refused with a code."""
        meaning = code_table(self._table).meaning(str(code))
        return refused(message_id, meaning.error_class, str(code), meaning.text)

    def check(self) -> Result | None:
        """What keeps us from getting a token; None if we get one."""
        try:
            self.client.loop.call(self._lent())
        except OutcomeError as refusal:
            return refusal.outcome
        return None

    async def _post(
        self, message_id: str, path: str, token: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        try:
            answer = await self.client.ask(
                "POST",
                f"{self._base_url}/{path}",
                params={"access_token": token},
                body=json.dumps(body, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json"},
            )
        except (NeverLeftError, UnfitRequestError) as fault:
            text = "无法连接服务商"
            raise OutcomeError(
                refused(message_id, ErrorClass.PROVIDER, str(fault), text)
            ) from fault
        except NoAnswerError as fault:
            raise OutcomeError(unknown(message_id, str(fault))) from fault
        said = read_answer(answer.body)
        if "errcode" not in said:
            raise OutcomeError(unknown(message_id, str(answer.status)))
        return said

    async def _lent(self) -> Lent:
        """Ask for a token. Without one nothing is sent, so every failure may be tried again.

        Raises:
            OutcomeError: there is none to be had.
        """
        url, asked = f"{self._base_url}/{self._credentials.path}", self._credentials.asked
        try:
            if self._credentials.by_post:
                answer = await self.client.ask(
                    "POST",
                    url,
                    body=json.dumps(asked).encode(),
                    headers={"Content-Type": "application/json"},
                )
            else:
                params = {name: str(value) for name, value in asked.items()}
                answer = await self.client.ask("GET", url, params=params)
        except (NeverLeftError, UnfitRequestError, NoAnswerError) as fault:
            text = "无法取得访问凭证"
            raise OutcomeError(refused("", ErrorClass.PROVIDER, str(fault), text)) from fault
        said = read_answer(answer.body)
        if not said.get("access_token"):
            raise OutcomeError(self._not_lent(str(said.get("errcode", answer.status))))
        return Lent(str(said["access_token"]), float(said.get("expires_in", USUAL_LIFE_S)))

    def _not_lent(self, code: str) -> Result:
        meaning = code_table(self._table).find(code)
        kind, text = ErrorClass.PROVIDER, "未取得访问凭证"
        if meaning is not None and meaning.error_class.speaks_against_provider:
            kind, text = meaning.error_class, meaning.text
        return refused("", kind, code, text)


def read_answer(body: str) -> dict[str, Any]:
    """The JSON object that came, or an empty one."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
