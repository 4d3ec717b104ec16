"""The simulators against the clouds' own SDKs, without anything of ours in between.

Whoever trusts the simulators in the other tests trusts these.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from alibabacloud_dysmsapi20170525 import models as aliyun_models
from alibabacloud_dysmsapi20170525.client import Client as AliyunClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent_models
from tencentcloud.sms.v20210111.sms_client import SmsClient

from tests.simulators import aliyun as simulated_aliyun
from tests.simulators import tencent as simulated_tencent
from tests.simulators.aliyun import Aliyun, aliyun
from tests.simulators.serving import Fault
from tests.simulators.tencent import Tencent, tencent

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD = "和畅路8号 2单元~*+%&=#？"
"""Characters that a careless signature gets wrong."""


@pytest.fixture
def aliyun_cloud() -> Iterator[Aliyun]:
    with aliyun() as running:
        yield running


@pytest.fixture
def tencent_cloud() -> Iterator[Tencent]:
    with tencent() as running:
        yield running


def aliyun_client(cloud: Aliyun, secret: str = simulated_aliyun.SECRET) -> Any:
    return AliyunClient(
        Config(
            access_key_id=simulated_aliyun.KEY_ID,
            access_key_secret=secret,
            endpoint=cloud.state.host,
            protocol="HTTP",
        )
    )


def aliyun_sms(phones: str = "13800138000", **params: str) -> Any:
    given = {"ticket_no": "TC-1", "stage": ODD, "due": "2021-09-10 前", **params}
    return aliyun_models.SendSmsRequest(
        phone_numbers=phones,
        sign_name=simulated_aliyun.SIGN_NAME,
        template_code="SMS_1001",
        template_param=json.dumps(given, ensure_ascii=False),
        out_id="m-1",
    )


def tencent_client(cloud: Tencent, secret: str = simulated_tencent.SECRET, wait: int = 5) -> Any:
    http = HttpProfile(protocol="http", endpoint=cloud.state.host, reqTimeout=wait)
    credential = Credential(simulated_tencent.KEY_ID, secret)
    return SmsClient(credential, "ap-guangzhou", ClientProfile(httpProfile=http))


def tencent_sms(*phones: str) -> Any:
    request = tencent_models.SendSmsRequest()
    request.PhoneNumberSet = list(phones)
    request.SmsSdkAppId = simulated_tencent.APP_ID
    request.TemplateId = "2001"
    request.SignName = simulated_tencent.SIGN_NAME
    request.TemplateParamSet = ["TC-1", ODD, "2021-09-10 前"]
    request.SessionContext = "m-1"
    return request


def test_aliyuns_own_client_is_understood(aliyun_cloud: Aliyun) -> None:
    body = aliyun_client(aliyun_cloud).send_sms(aliyun_sms()).body
    assert (body.code, bool(body.biz_id)) == ("OK", True)
    (taken,) = aliyun_cloud.taken
    assert ODD in taken.content
    assert taken.out_id == "m-1"


def test_aliyuns_own_client_sends_different_texts_at_once(aliyun_cloud: Aliyun) -> None:
    numbers = [f"138{number:08}" for number in range(100)]
    params = [{"ticket_no": f"TC-{n}", "stage": ODD, "due": "明日"} for n in range(100)]
    request = aliyun_models.SendBatchSmsRequest(
        phone_number_json=json.dumps(numbers),
        sign_name_json=json.dumps([simulated_aliyun.SIGN_NAME] * 100, ensure_ascii=False),
        template_code="SMS_1001",
        template_param_json=json.dumps(params, ensure_ascii=False),
    )
    assert aliyun_client(aliyun_cloud).send_batch_sms(request).body.code == "OK"
    assert len({each.content for each in aliyun_cloud.taken}) == 100
    assert len({each.biz_id for each in aliyun_cloud.taken}) == 1


def test_aliyun_refuses_a_wrong_secret(aliyun_cloud: Aliyun) -> None:
    with pytest.raises(ClientException) as refused:
        aliyun_client(aliyun_cloud, "another").send_sms(aliyun_sms())
    assert refused.value.code == "SignatureDoesNotMatch"
    assert aliyun_cloud.taken == []


def test_aliyun_enforces_its_limits(aliyun_cloud: Aliyun) -> None:
    client = aliyun_client(aliyun_cloud)
    crowd = ",".join(f"138{number:08}" for number in range(1001))
    assert client.send_sms(aliyun_sms(crowd)).body.code == "isv.MOBILE_COUNT_OVER_LIMIT"
    assert client.send_sms(aliyun_sms("12345")).body.code == "isv.MOBILE_NUMBER_ILLEGAL"
    assert client.send_sms(aliyun_sms(stage="长" * 36)).body.code == "isv.PARAM_LENGTH_LIMIT"
    aliyun_cloud.per_number = 2
    codes = [client.send_sms(aliyun_sms()).body.code for _ in range(3)]
    assert codes == ["OK", "OK", "isv.BUSINESS_LIMIT_CONTROL"]


def test_aliyuns_client_repeats_nothing_after_a_time_out(aliyun_cloud: Aliyun) -> None:
    aliyun_cloud.state.will(Fault.HANG)
    eager = RuntimeOptions(autoretry=True, max_attempts=3, connect_timeout=300, read_timeout=300)
    with pytest.raises(UnretryableException):
        aliyun_client(aliyun_cloud).send_sms_with_options(aliyun_sms(), eager)
    assert len(aliyun_cloud.state.calls) == len(aliyun_cloud.taken) == 1


def test_tencents_own_client_is_understood(tencent_cloud: Tencent) -> None:
    answer = tencent_client(tencent_cloud).SendSms(tencent_sms("+8613800138000", "+8612345"))
    codes = [each.Code for each in answer.SendStatusSet]
    assert codes == ["Ok", "InvalidParameterValue.IncorrectPhoneNumber"]
    (taken,) = tencent_cloud.taken
    assert ODD in taken.content
    assert taken.context == "m-1"


def test_tencent_refuses_a_wrong_secret(tencent_cloud: Tencent) -> None:
    with pytest.raises(TencentCloudSDKException) as refused:
        tencent_client(tencent_cloud, "another").SendSms(tencent_sms("+8613800138000"))
    assert refused.value.code == "AuthFailure.SignatureFailure"
    assert tencent_cloud.taken == []


def test_tencent_enforces_its_limits(tencent_cloud: Tencent) -> None:
    client = tencent_client(tencent_cloud)
    with pytest.raises(TencentCloudSDKException) as refused:
        client.SendSms(tencent_sms(*(f"+86138{number:08}" for number in range(201))))
    assert refused.value.code == "LimitExceeded.PhoneNumberCountLimit"
    tencent_cloud.per_day = 1
    codes = [client.SendSms(tencent_sms("+8613800138000")).SendStatusSet[0].Code for _ in "12"]
    assert codes == ["Ok", "LimitExceeded.PhoneNumberDailyLimit"]


def test_tencents_client_repeats_nothing_after_a_time_out(tencent_cloud: Tencent) -> None:
    tencent_cloud.state.will(Fault.HANG)
    with pytest.raises(TencentCloudSDKException) as lost:
        tencent_client(tencent_cloud, wait=1).SendSms(tencent_sms("+8613800138000"))
    assert lost.value.code == "ClientNetworkError"
    assert len(tencent_cloud.state.calls) == len(tencent_cloud.taken) == 1
