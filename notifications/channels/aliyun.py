"""SMS by Aliyun (阿里云短信, Dysmsapi 2017-05-25), through its own SDK.

Equal messages go out by SendSms, up to 1000 at once; different ones of a template by SendBatchSms,
up to 100. The service removes no duplicates, so nothing is repeated here: a time-out is a doubt,
and doubts are settled by asking (QuerySendDetails) or by the report. Reports (SmsReport) and
replies (SmsUp) carry no signature; the secret in our address is their proof.
"""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.calendar import SHANGHAI
from notifications.channels.aliyun_answers import NAME, failure, found, judged, receipt_of
from notifications.channels.base import (
    Answer,
    Capabilities,
    ErrorClass,
    InquiryRefusedError,
    MissingExtraError,
    ParsedReceipts,
    ReceiptMode,
    ReceiptRequest,
    Result,
    Uplink,
    bad_credentials,
    json_items,
    refused,
    unfit,
)
from notifications.channels.codes import code_table
from notifications.provider_requests import ProviderRequest, cut, national, reference_to_many
from notifications.registrations import UnfitMessageError
from notifications.wire.places import Places
from notifications.wire.sdk_failures import keep_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.errors import Reason
    from notifications.message import Message
    from notifications.registrations import RegistrationBook
    from notifications.wire.event_loop import EventLoop

logger = logging.getLogger(__name__)

MOST_SAME, MOST_MIXED = 1000, 100
TAKEN = Answer(body='{"code":0,"msg":"接收成功"}', content_type="application/json; charset=utf-8")
"""Anything else is reported again after 1, 5 and 10 minutes, and then never."""
TELLS_LATER = frozenset(
    {
        ErrorClass.FREQUENCY,
        ErrorClass.THROTTLE,
        ErrorClass.PROVIDER,
        ErrorClass.UNKNOWN_OUTCOME,
    }
)
"""What a question is refused for that may be asked again."""
DAY = "%Y%m%d"
LATE_ENTRY = timedelta(minutes=10)
"""A message of just before midnight may be listed under the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunSettings:
    """How the service is reached.

    Args:
        endpoint: host name, perhaps with a port.
        protocol: HTTPS, or HTTP for a rehearsal on this machine.
        timeout_s: seconds for connecting and for the answer; the service advises at least one.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    endpoint: str = "dysmsapi.aliyuncs.com"
    protocol: str = "HTTPS"
    timeout_s: float = 10.0
    concurrency: int = 8


class AliyunChannel:
    """One account with the service.

    Raises:
        MissingExtraError: the SDK is not installed.
    """

    def __init__(
        self, settings: AliyunSettings, registrations: RegistrationBook, loop: EventLoop
    ) -> None:
        try:
            from alibabacloud_dysmsapi20170525 import models  # noqa: PLC0415
            from alibabacloud_dysmsapi20170525.client import Client  # noqa: PLC0415
            from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415
            from darabonba.runtime import RuntimeOptions  # noqa: PLC0415
        except ModuleNotFoundError as fault:
            raise MissingExtraError.of(extra=NAME) from fault
        keep_quiet()
        self._models: Any = models
        self._settings = settings
        self._registrations = registrations
        self._places = Places(loop, settings.concurrency)
        self._threads = ThreadPoolExecutor(settings.concurrency, thread_name_prefix=NAME)
        milliseconds = int(settings.timeout_s * 1000)
        self._runtime: Any = RuntimeOptions(
            autoretry=False,
            connect_timeout=milliseconds,
            read_timeout=milliseconds,
            max_idle_conns=settings.concurrency,
        )
        self._client: Any = Client(
            Config(
                access_key_id=settings.access_key_id,
                access_key_secret=settings.access_key_secret,
                endpoint=settings.endpoint,
                protocol=settings.protocol,
            )
        )

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """The limits of the service."""
        return Capabilities(
            same_params=MOST_SAME,
            mixed_params=MOST_MIXED,
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
        """Equal ones by the thousand, different ones of a template by the hundred."""
        registered = self._registrations.current()
        parts = cut(messages, registered, NAME, same=MOST_SAME, mixed=MOST_MIXED)
        yield from (unfit(message.id, reasons) for message, reasons in parts.unfit)
        jobs = (partial(self._in_thread, each) for each in parts.requests)
        for results in self._places.each(jobs):
            yield from results

    def find(self, message: Message) -> Result | None:
        """What the service lists for the phone on the day of the message."""
        since = message.claimed_at or message.created_at
        days = {f"{at.astimezone(SHANGHAI):{DAY}}" for at in (since, since + LATE_ENTRY)}
        for day in sorted(days):
            request = self._models.QuerySendDetailsRequest(
                phone_number=national(message.address), send_date=day, page_size=50, current_page=1
            )
            if message.provider_id:
                request.biz_id = message.provider_id
            for each in self._listed(request):
                if self._is_about(message, each):
                    return found(message, each)
        return None

    def _listed(self, request: Any) -> Sequence[Any]:  # noqa: ANN401  (the SDK's)
        """What the service lists; nothing if it will not tell, whenever it is asked.

        Raises:
            InquiryRefusedError: it does not tell now, which is not to say that it knows nothing.
        """
        body: Any = None
        try:
            body = self._client.query_send_details_with_options(request, self._runtime).body
            outcome = judged(body)
        except Exception as fault:  # noqa: BLE001  (whatever the SDK raises)
            outcome = failure("", fault)
        if outcome.error_class in TELLS_LATER:
            raise InquiryRefusedError(NAME, outcome.code)
        if outcome.error_class is not None:
            logger.error("%s does not let us ask about messages: %s", NAME, outcome.code)
            return ()
        return getattr(body.sms_send_detail_dtos, "sms_send_detail_dto", None) or ()

    def _is_about(self, message: Message, listed: Any) -> bool:  # noqa: ANN401  (the SDK's)
        """Whether an entry of the phone's list is this message."""
        if message.provider_id:
            return True  # asked for by the service's own id
        if listed.out_id:
            return listed.out_id in {message.id, reference_to_many(message)}
        # Mixed requests carry no reference: what was read must be what we would have sent.
        key, version = message.template_key, message.template_version
        try:
            _, filled = self._registrations.current().fill(NAME, key, version, message.params)
        except UnfitMessageError:
            return False
        return bool(filled.text) and filled.text == listed.content

    def check(self) -> tuple[Reason, ...]:
        """Whether the credentials work, by a question that costs nothing."""
        request = self._models.QuerySendDetailsRequest(
            phone_number="13000000000", send_date="20260101", page_size=1, current_page=1
        )
        try:
            body = self._client.query_send_details_with_options(request, self._runtime).body
        except Exception as fault:  # noqa: BLE001  (whatever the SDK raises)
            return (bad_credentials(NAME, failure("", fault)),)
        meaning = code_table(NAME).find(body.code or "")
        if meaning is None or meaning.error_class not in {ErrorClass.AUTH, ErrorClass.ACCOUNT}:
            return ()
        return (bad_credentials(NAME, refused("", meaning.error_class, body.code, meaning.text)),)

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Read an array of reports (SmsReport) or of replies (SmsUp).

        Raises:
            ReceiptRefusedError: it is neither.
        """
        receipts, uplinks = [], []
        for each in json_items(request.body):
            if "success" in each:
                receipts.append(receipt_of(each))
            elif "content" in each:
                uplinks.append(
                    Uplink(
                        address=national(str(each.get("phone_number", ""))),
                        text=str(each["content"]),
                        sequence=str(each.get("sequence_id") or ""),
                    )
                )
        return ParsedReceipts(receipts=tuple(receipts), uplinks=tuple(uplinks), answer=TAKEN)

    async def _in_thread(self, request: ProviderRequest) -> list[Result]:
        running = asyncio.get_running_loop()
        return await running.run_in_executor(self._threads, self._send, request)

    def _send(self, request: ProviderRequest) -> list[Result]:
        """Send one request; a refusal for one recipient's sake is taken apart.

        A refused request has no BizId: nothing of it was taken, so its halves may be sent.
        """
        call = self._same if request.is_equal else self._mixed
        outcome = self._outcome(partial(call, request))
        blames_one = outcome.error_class in {ErrorClass.RECIPIENT, ErrorClass.FREQUENCY}
        if blames_one and len(request.items) > 1:
            return [result for half in request.halves() for result in self._send(half)]
        return [replace(outcome, message_id=each.message.id) for each in request.items]

    def _same(self, request: ProviderRequest) -> Any:  # noqa: ANN401  (the SDK's)
        registration, values = request.registration, request.items[0].filled.values
        return self._client.send_sms_with_options(
            self._models.SendSmsRequest(
                phone_numbers=",".join(request.phones),
                sign_name=registration.sign_name,
                template_code=registration.code,
                template_param=json.dumps(dict(values), ensure_ascii=False),
                out_id=request.reference,
            ),
            self._runtime,
        )

    def _mixed(self, request: ProviderRequest) -> Any:  # noqa: ANN401  (the SDK's)
        registration = request.registration
        values = [dict(each.filled.values) for each in request.items]
        return self._client.send_batch_sms_with_options(
            self._models.SendBatchSmsRequest(
                phone_number_json=json.dumps(request.phones),
                sign_name_json=json.dumps(
                    [registration.sign_name] * len(values), ensure_ascii=False
                ),
                template_code=registration.code,
                template_param_json=json.dumps(values, ensure_ascii=False),
                out_id=request.reference or None,
            ),
            self._runtime,
        )

    def _outcome(self, call: Callable[[], Any]) -> Result:
        """What one request came to, for all of its messages."""
        try:
            body = call().body
        except Exception as fault:  # noqa: BLE001  (whatever the SDK raises)
            return failure("", fault)
        return judged(body)
