"""SMS by Tencent Cloud (腾讯云短信, 2021-01-11), through its own SDK.

One request carries up to 200 people and one set of values, and is answered person by person. The
service removes no duplicates, so nothing is repeated here; doubts are settled by asking for the
phone (PullSmsSendStatusByPhoneNumber) or by the report. Reports and replies carry no signature;
the secret in our address is their proof.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from notifications.channels.base import (
    Answer,
    Capabilities,
    ErrorClass,
    MissingExtraError,
    ParsedReceipts,
    Receipt,
    ReceiptMode,
    ReceiptRequest,
    Result,
    Uplink,
    Verdict,
    bad_credentials,
    json_items,
    refused,
    unfit,
    unknown,
)
from notifications.channels.codes import code_table
from notifications.message import MessageState
from notifications.provider_requests import ProviderRequest, cut, national, reference_to_many
from notifications.wire.places import Places
from notifications.wire.sdk_failures import keep_quiet, never_left

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from engine.errors import Reason
    from notifications.message import Message
    from notifications.registrations import RegistrationBook
    from notifications.wire.event_loop import EventLoop

NAME = "tencent"
MOST_SAME = 200
DONE = "Ok"
DELIVERED = "SUCCESS"
MAINLAND = "+86"
REPORTED_WITHIN = timedelta(days=3)
"""The carriers try for so long."""
SKEW = timedelta(minutes=5)
TAKEN = Answer(body='{"result":0,"errmsg":"OK"}', content_type="application/json; charset=utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class TencentSettings:
    """How the service is reached.

    Args:
        app_id: SmsSdkAppId of the application.
        endpoint: host name, perhaps with a port.
        protocol: https, or http for a rehearsal on this machine.
        timeout_s: seconds for connecting and for the answer.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    region: str = "ap-guangzhou"
    endpoint: str = "sms.tencentcloudapi.com"
    protocol: str = "https"
    timeout_s: float = 10.0
    concurrency: int = 16


class TencentChannel:
    """One account with the service.

    Raises:
        MissingExtraError: the SDK is not installed.
    """

    def __init__(
        self, settings: TencentSettings, registrations: RegistrationBook, loop: EventLoop
    ) -> None:
        try:
            from tencentcloud.common.credential import Credential  # noqa: PLC0415
            from tencentcloud.common.profile.client_profile import (  # noqa: PLC0415
                ClientProfile,
            )
            from tencentcloud.common.profile.http_profile import HttpProfile  # noqa: PLC0415
            from tencentcloud.sms.v20210111 import models, sms_client  # noqa: PLC0415
        except ModuleNotFoundError as fault:
            raise MissingExtraError.of(extra=NAME) from fault
        keep_quiet()
        self._models: Any = models
        self._settings = settings
        self._registrations = registrations
        self._places = Places(loop, settings.concurrency)
        self._threads = ThreadPoolExecutor(settings.concurrency, thread_name_prefix=NAME)
        http = HttpProfile(
            protocol=settings.protocol, endpoint=settings.endpoint, reqTimeout=settings.timeout_s
        )
        self._connected = partial(
            sms_client.SmsClient,
            Credential(settings.secret_id, settings.secret_key),
            settings.region,
            ClientProfile(httpProfile=http),
        )
        self._of_thread = threading.local()

    @property
    def _client(self) -> Any:  # noqa: ANN401  (the SDK's)
        """A client of each thread's own: theirs are not made to be shared."""
        if not hasattr(self._of_thread, "client"):
            self._of_thread.client = self._connected()
        return self._of_thread.client

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """The limits of the service."""
        return Capabilities(
            same_params=MOST_SAME,
            concurrency=self._settings.concurrency,
            receipts=ReceiptMode.PUSH,
            can_be_asked=True,
        )

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """Why the text could not be sent: not registered, or a field too long."""
        registered = self._registrations.current()
        key, version = message.template_key, message.template_version
        return registered.against(NAME, key, version, message.params)

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """Equal ones up to 200 at once."""
        registered = self._registrations.current()
        parts = cut(messages, registered, NAME, same=MOST_SAME, mixed=1)
        yield from (unfit(message.id, reasons) for message, reasons in parts.unfit)
        jobs = (partial(self._in_thread, each) for each in parts.requests)
        for results in self._places.each(jobs):
            yield from results

    def find(self, message: Message) -> Result | None:
        """What the carriers have reported for the phone since the message was handed over."""
        since = (message.claimed_at or message.created_at) - SKEW
        own = {message.id, reference_to_many(message)}
        for each in self._reported(national(message.address), since):
            about = (
                each.SerialNo == message.provider_id
                if message.provider_id
                else each.SessionContext in own
            )
            if about and each.ReportStatus == DELIVERED:
                return Result(message_id=message.id, verdict=Verdict.DELIVERED)
            if about:
                text = each.Description or "运营商回执：未送达"
                return refused(message.id, ErrorClass.RECIPIENT, each.ReportStatus, text)
        return None

    def check(self) -> tuple[Reason, ...]:
        """Whether the credentials work, by a question that costs nothing."""
        request = self._models.DescribeSmsTemplateListRequest()
        request.International, request.Limit, request.Offset = 0, 1, 0
        try:
            self._client.DescribeSmsTemplateList(request)
        except Exception as fault:  # noqa: BLE001  (whatever the SDK raises)
            return (bad_credentials(NAME, _failure("", fault)),)
        return ()

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Read an array of reports, or one reply.

        Raises:
            ReceiptRefusedError: it is neither.
        """
        receipts, uplinks = [], []
        for each in json_items(request.body):
            if "report_status" in each:
                receipts.append(_receipt(each))
            elif "text" in each:
                uplinks.append(
                    Uplink(
                        address=national(str(each.get("mobile", ""))),
                        text=str(each["text"]),
                        sequence=f"{each.get('time', '')}",
                    )
                )
        return ParsedReceipts(receipts=tuple(receipts), uplinks=tuple(uplinks), answer=TAKEN)

    async def _in_thread(self, request: ProviderRequest) -> list[Result]:
        running = asyncio.get_running_loop()
        return await running.run_in_executor(self._threads, self._send, request)

    def _send(self, request: ProviderRequest) -> list[Result]:
        registration = request.registration
        asked = self._models.SendSmsRequest()
        asked.SmsSdkAppId = self._settings.app_id
        asked.SignName = registration.sign_name
        asked.TemplateId = registration.code
        asked.TemplateParamSet = list(request.items[0].filled.values.values())
        asked.PhoneNumberSet = [MAINLAND + phone for phone in request.phones]
        asked.SessionContext = request.reference
        try:
            answer = self._client.SendSms(asked)
        except Exception as fault:  # noqa: BLE001  (whatever the SDK raises)
            return [_failure(each.message.id, fault) for each in request.items]
        by_phone = {national(each.PhoneNumber): each for each in answer.SendStatusSet or ()}
        return [_result(each.message.id, by_phone.get(each.phone)) for each in request.items]

    def _reported(self, phone: str, since: datetime) -> list[Any]:
        request = self._models.PullSmsSendStatusByPhoneNumberRequest()
        request.SmsSdkAppId = self._settings.app_id
        request.PhoneNumber = MAINLAND + phone
        request.BeginTime = int(since.timestamp())
        request.EndTime = int((since + REPORTED_WITHIN).timestamp())
        request.Offset, request.Limit = 0, 100
        answer = self._client.PullSmsSendStatusByPhoneNumber(request)
        return list(answer.PullSmsSendStatusSet or ())


def _result(message_id: str, status: Any) -> Result:  # noqa: ANN401  (the SDK's)
    """What the service says of one person; None if it passes that person over."""
    if status is None:
        return unknown(message_id, "not_in_answer")
    if status.Code == DONE:
        return Result(
            message_id=message_id, verdict=Verdict.ACCEPTED, provider_id=status.SerialNo or ""
        )
    meaning = code_table(NAME).meaning(status.Code or "")
    return refused(message_id, meaning.error_class, status.Code or "", meaning.text)


def _failure(message_id: str, fault: Exception) -> Result:
    """What is certain after the SDK has raised."""
    code = str(getattr(fault, "code", None) or type(fault).__name__)
    if never_left(fault):
        return refused(message_id, ErrorClass.PROVIDER, code, "无法连接服务商")
    meaning = code_table(NAME).find(code)
    if meaning is not None:
        return refused(message_id, meaning.error_class, code, meaning.text)
    if "." not in code:  # the SDK's own codes have no dot, those of the service have one
        return unknown(message_id, code)
    meaning = code_table(NAME).meaning(code)
    return refused(message_id, meaning.error_class, code, meaning.text)


def _receipt(report: Mapping[str, Any]) -> Receipt:
    is_delivered = report["report_status"] == DELIVERED
    return Receipt(
        state=MessageState.DELIVERED if is_delivered else MessageState.FAILED,
        provider_id=str(report.get("sid") or ""),
        address=national(str(report.get("mobile") or "")),
        code=str(report.get("errmsg") or ""),
        text="" if is_delivered else str(report.get("description") or ""),
    )
