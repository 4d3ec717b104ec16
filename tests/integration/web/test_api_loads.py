"""`POST /api/v1/loads`: what goes in, what is refused and how a program is told (R-9.1)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from app.authorization import Scope
from app.people.api_tokens import NewToken
from app.people.sessions import token_hash
from app.web.api.loads import MOST_READINGS
from app.web.problems import MAX_BODY, MEDIA_TYPE
from app.web.server import create_app
from engine.ticket import SYSTEM, Role
from tests.applicants import CHIEF
from tests.away import database_away
from tests.grid import with_areas

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.application import Office

LOADS = "/api/v1/loads"
GOOD = {"node_id": "G-07", "measured_at": "2021-07-27T19:30:00+08:00", "peak_kva": 80.5}


class Program:
    """Another program with a token, as it calls in."""

    def __init__(self, office: Office, user_id: str = "tc-counter") -> None:
        self.office = office
        self.client = TestClient(create_app(office.application), base_url="http://api.test")
        self.issued = office.application.api_tokens.issue(
            NewToken(
                name="采集系统", user_id=user_id, scopes=frozenset({Scope.LOADS_WRITE}), days=30
            ),
            actor=SYSTEM,
        )
        self.headers = {"Authorization": f"Bearer {self.issued.token}"}

    def send(self, *readings: Any, **more: Any) -> Response:
        return self.post(json.dumps({"readings": readings, **more}))

    def post(self, body: str | bytes, **headers: str) -> Response:
        return self.client.post(LOADS, content=body, headers={**self.headers, **headers})

    def kept(self, area: str = "G-07") -> list[tuple[Decimal | None, Decimal | None]]:
        """What is stored of an area."""
        found = self.office.application.readiness.areas.readings(area, 100, actor=CHIEF)
        return [(each.peak_kva, each.peak_kw) for each in found]

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.office.entries("readiness")
        return [(e.actor_id, dict(e.facts)) for e in found if e.action == "import_loads"]


@pytest.fixture
def program(office: Office) -> Program:
    return Program(office)


def problems(answer: Response, status: int) -> list[tuple[int | None, str, str]]:
    """Line, field and code of every problem of an answer that must be a problem of that status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = answer.json()
    assert set(body) == {"type", "title", "status", "errors"}
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    for each in body["errors"]:
        assert set(each) == {"line", "field", "code", "problem", "remedy", "clause"}
        assert each["problem"]
    return [(each["line"], each["field"], each["code"]) for each in body["errors"]]


# --- what goes in -------------------------------------------------------------------------------


def test_readings_go_in_once_in_the_name_of_the_tokens_user(program: Program) -> None:
    answer = program.send(GOOD, {"node_id": "G-07", "measured_at": "2021-07-26", "peak_kw": "63"})
    assert answer.status_code == 200
    assert answer.json() == {"accepted": 2, "unchanged": 0, "notes": []}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert program.kept() == [(Decimal("80.5"), None), (None, Decimal(63))]
    ((who, facts),) = program.entries()
    assert (who, facts["added"], facts["token"]) == ("tc-counter", 2, program.issued.summary.id)

    again = program.send(GOOD)
    assert again.json() == {"accepted": 0, "unchanged": 1, "notes": []}
    assert len(program.entries()) == 1


def test_a_call_that_is_repeated_with_another_value_corrects_it(program: Program) -> None:
    program.send(GOOD)
    assert program.send({**GOOD, "peak_kva": "81"}).json()["accepted"] == 1
    assert program.kept() == [(Decimal(81), None)]


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("80.5", "80.5"),
        ('"80.5"', "80.5"),
        ("0.07", "0.07"),
        ("999999.99", "999999.99"),  # as a binary fraction it is another number
        ("1000000", "1000000"),
        ("1E+2", "100"),
        ("8.05e1", "80.5"),
        ("0", "0"),
    ],
)
def test_a_number_arrives_digit_by_digit(program: Program, written: str, exact: str) -> None:
    head = '{"readings": [{"node_id": "G-07", "measured_at": "2021-07-27", '
    assert program.post(f'{head}"peak_kva": {written}}}]}}').status_code == 200
    assert program.kept() == [(Decimal(exact), None)]


@pytest.mark.parametrize("written", ["80.555", "0.1000001", "1e-3", "1000000.01", "-1", "1e999999"])
def test_a_number_that_no_meter_gives_is_refused_and_not_rounded(
    program: Program, written: str
) -> None:
    head = '{"readings": [{"node_id": "G-07", "measured_at": "2021-07-27", '
    answer = program.post(f'{head}"peak_kva": {written}}}]}}')
    ((line, field, _),) = problems(answer, 422)
    assert (line, field) == (1, "peak_kva")
    assert program.kept() == []


def test_characters_that_are_none_are_refused_and_not_repeated(program: Program) -> None:
    half = '{"node_id": "\\ud800", "measured_at": "\\udfff", "peak_kva": "\\ud83d"}'
    found = problems(program.post(f'{{"readings": [{half}]}}'), 422)
    assert {field for _, field, _ in found} == {"node_id", "measured_at", "peak_kva"}


def test_null_is_the_same_as_nothing_and_a_mark_before_the_text_is_passed_over(
    program: Program,
) -> None:
    body = json.dumps({"readings": [{**GOOD, "peak_kw": None}]}).encode()
    assert program.post(b"\xef\xbb\xbf" + body).status_code == 200


def test_a_trial_run_keeps_nothing(program: Program) -> None:
    assert program.send(GOOD, dry_run=True).json()["accepted"] == 1
    assert program.kept() == []
    assert program.entries() == []


def test_what_cannot_be_used_yet_is_noted_by_row(program: Program) -> None:
    with_areas(program.office, T9="")
    answer = program.send(GOOD, {**GOOD, "node_id": "T9"})
    assert answer.status_code == 200
    ((line, note),) = ((each["line"], each["note"]) for each in answer.json()["notes"])
    assert line == 2
    assert "额定容量" in note


def test_the_most_readings_go_in_at_once(program: Program) -> None:
    readings = [
        {
            "node_id": "G-07",
            "measured_at": f"{2000 + n // 8000}-01-01 00:00:00.{n:06}",
            "peak_kva": 1,
        }
        for n in range(MOST_READINGS)
    ]
    answer = program.send(*readings, dry_run=True)
    assert answer.json() == {"accepted": MOST_READINGS, "unchanged": 0, "notes": []}


# --- what is wrong with the rows ----------------------------------------------------------------


def test_every_problem_is_told_at_once_and_nothing_is_kept(program: Program) -> None:
    answer = program.send(
        GOOD,
        {**GOOD, "node_id": "NOPE"},
        {**GOOD, "measured_at": "gestern", "peak_kva": -1},
        {**GOOD, "measured_at": "2021-07-28 09:01"},
        {**GOOD, "measured_at": "2021-07-26", "peak_kw": 1},
        {"node_id": "", "measured_at": "2021-07-25"},
        GOOD,
    )
    assert problems(answer, 422) == [
        (2, "node_id", "unknown_area"),
        (3, "measured_at", "not_a_moment"),
        (3, "peak_kva", "out_of_range"),
        (4, "measured_at", "not_yet"),
        (5, "peak_kva", "one_of_two"),
        (6, "node_id", "required"),
        (6, "peak_kva", "one_of_two"),
        (7, "measured_at", "twice"),
    ]
    first = answer.json()["errors"][0]
    assert first["problem"] == "“NOPE”不是电网拓扑中的台区"
    assert first["remedy"] == "请核对台区编号，或先导入电网拓扑"
    assert first["clause"] == "R-9.1"
    assert program.kept() == []
    assert program.entries() == []


def test_the_present_instant_may_have_been_measured(program: Program) -> None:
    assert program.send({**GOOD, "measured_at": "2021-07-28T01:00:00Z"}).status_code == 200


def test_an_area_of_another_branch_is_refused_and_the_other_problems_are_told_too(
    office: Office,
) -> None:
    stranger = Program(office, "ll-counter")
    answer = stranger.send(GOOD, {**GOOD, "node_id": "NOPE"})
    assert problems(answer, 403) == [
        (1, "node_id", "other_branch"),
        (2, "node_id", "unknown_area"),
    ]
    assert stranger.kept() == []


# --- what is wrong with the shape ---------------------------------------------------------------


def test_everything_wrong_about_the_shape_is_told_at_once(program: Program) -> None:
    answer = program.send(
        GOOD,
        5,
        {"node_id": 7, "measured_at": 1627385400, "peak_kva": True, "peak_kw": [1]},
        {"node_id": "G-07", "peak": 80},
        dry_run="yes",
        at="2021-07-27",
    )
    assert set(problems(answer, 422)) == {
        (2, "", "wrong_type"),
        (3, "node_id", "wrong_type"),
        (3, "measured_at", "wrong_type"),
        (3, "peak_kva", "wrong_type"),
        (3, "peak_kw", "wrong_type"),
        (4, "measured_at", "required"),
        (4, "peak", "unknown_field"),
        (None, "dry_run", "wrong_type"),
        (None, "at", "time_claimed"),
    }
    assert program.kept() == []


@pytest.mark.parametrize("claim", ["recorded_at", "submitted_on", "timestamp"])
def test_no_call_takes_the_time_of_an_event(program: Program, claim: str) -> None:
    for answer in (
        program.send({**GOOD, claim: "2021-07-01"}),
        program.send(GOOD, **{claim: "2021-07-01"}),
    ):
        ((_, field, code),) = problems(answer, 422)
        assert (field, code) == (claim, "time_claimed")
        assert "R-5.1" in answer.json()["errors"][0]["clause"]
    assert program.kept() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body_empty"),
        (b" \n", "body_empty"),
        (b"{", "not_json"),
        (b'{"readings": [}', "not_json"),
        (b"readings=1", "not_json"),
        (b"\xff\xfe{\x00}\x00", "encoding"),
        (b"\x1f\x8b\x08", "encoding"),
        (b"[" * 200_000, "not_json"),
        (b'{"readings": NaN}', "not_a_number"),
        (b'{"readings": [{"peak_kva": -Infinity}]}', "not_a_number"),
        (b'{"readings": [{"peak_kva": 1e99999999999999999999}]}', "not_a_number"),
        (b'{"readings": [], "readings": []}', "field_twice"),
        (b'{"readings": [{"node_id": "a", "node_id": "b"}]}', "field_twice"),
        (b"null", "wrong_type"),
        (b"[]", "wrong_type"),
        (b'"readings"', "wrong_type"),
        (b"1", "wrong_type"),
        (b"{}", "required"),
        (b'{"readings": []}', "required"),
        (b'{"readings": {}}', "wrong_type"),
        (b'{"readings": null}', "wrong_type"),
        (b'{"\\ud800": 1, "readings": []}', "unreadable_character"),
    ],
)
def test_what_is_no_request_is_one_clear_problem(program: Program, body: bytes, code: str) -> None:
    found = problems(program.post(body), 422)
    assert code in {each for _, _, each in found}
    assert {line for line, _, _ in found} == {None}


def test_a_reading_too_many_is_refused_and_the_limit_is_said(program: Program) -> None:
    answer = program.send(*[GOOD] * (MOST_READINGS + 1))
    assert problems(answer, 422) == [(None, "readings", "too_many")]
    assert "10,000" in answer.json()["errors"][0]["problem"]


def test_a_body_has_a_size_at_which_nobody_reads_on(program: Program) -> None:
    body = json.dumps({"readings": [GOOD]})
    assert program.post(body.ljust(MAX_BODY)).status_code == 200
    whole = program.post(body.ljust(MAX_BODY + 1))
    announced = program.client.post(
        LOADS, content=b"x", headers={**program.headers, "Content-Length": str(22 * 1024 * 1024)}
    )
    parts = (b" " * 1024 * 1024 for _ in range(5))
    streamed = program.client.post(LOADS, content=parts, headers=program.headers)
    for answer in (whole, announced, streamed):
        assert problems(answer, 413) == [(None, "", "too_large")]
        assert "4 MB" in answer.json()["errors"][0]["problem"]


# --- who is let in ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dGMtY291bnRlcjp4",
        "hd_0000000000000000000000000000000000000000000",
    ],
)
def test_without_a_token_nobody_is_let_in(program: Program, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = program.client.post(LOADS, json={"readings": [GOOD]}, headers=headers)
    assert problems(answer, 401) == [(None, "", "token_missing")]
    assert answer.headers["www-authenticate"] == 'Bearer realm="huodian"'


def test_a_token_that_does_not_count_is_told_no_more_than_that(
    program: Program, office: Office
) -> None:
    right = program.issued.token
    wrong = {
        "unknown": f"hd_{'0' * 43}",
        "wrong prefix": f"hx_{right[3:]}",
        "no prefix": right[3:],
        "cut off": right[:-1],
        "not of this alphabet": f"{right[:-1]}%",
    }
    answers = {
        name: program.client.post(LOADS, json={}, headers={"Authorization": f"Bearer {token}"})
        for name, token in wrong.items()
    }
    office.clock.pass_by(days=30)
    answers["expired at this very instant"] = program.send(GOOD)
    another = Program(office)
    number = another.issued.summary.id
    office.application.api_tokens.revoke(number, reason="更换", actor=SYSTEM)
    answers["revoked"] = another.send(GOOD)
    disabled = Program(office)
    office.application.accounts.disable("tc-counter", reason="停用", actor=SYSTEM)
    answers["of a disabled account"] = disabled.send(GOOD)
    for name, answer in answers.items():
        assert problems(answer, 401) == [(None, "", "token_invalid")], name
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert len({answer.text for answer in answers.values()}) == 1
    assert program.kept() == []


def test_a_token_counts_until_the_last_instant(program: Program, office: Office) -> None:
    office.clock.pass_by(days=30, microseconds=-1)
    assert program.send(GOOD).status_code == 200


def test_a_token_needs_the_scope(program: Program, office: Office) -> None:
    token = f"hd_{'0' * 43}"
    with office.application.database.writing() as work:  # no use case makes one: there is one scope
        work.api_tokens.add(
            token_hash(token),
            name="x",
            user_id="tc-counter",
            scopes=(),
            at=office.clock(),
            expires_at=office.clock() + timedelta(days=1),
        )
        work.commit()
    answer = program.post(json.dumps({"readings": [GOOD]}), Authorization=f"Bearer {token}")
    assert problems(answer, 403) == [(None, "", "scope_missing")]
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="huodian", error="insufficient_scope", scope="loads:write"'
    )
    assert program.kept() == []


def test_its_user_needs_the_role(program: Program, office: Office) -> None:
    office.application.accounts.set_roles("tc-counter", [Role.SECTION_HEAD], actor=SYSTEM)
    assert problems(program.send(GOOD), 403) == [(None, "", "not_permitted")]
    assert program.kept() == []


def test_a_browser_that_is_signed_in_is_not_let_in_by_its_cookies(
    program: Program, office: Office
) -> None:
    sessions = office.application.accounts.sessions
    signed_in = sessions.consume_link(office.application.accounts.issue_sign_in_link("tc-counter"))
    program.client.cookies.set("hd_s", signed_in.token)
    answer = program.client.post(LOADS, json={"readings": [GOOD]})
    assert problems(answer, 401) == [(None, "", "token_missing")]
    stolen = {"Authorization": f"Bearer {signed_in.token}"}
    answer = program.client.post(LOADS, json={"readings": [GOOD]}, headers=stolen)
    assert problems(answer, 401) == [(None, "", "token_invalid")]


def test_who_is_not_let_in_is_not_listened_to(program: Program) -> None:
    answer = program.client.post(LOADS, content=b"{", headers={})
    assert problems(answer, 401) == [(None, "", "token_missing")]


def test_the_scheme_is_not_case_sensitive_and_the_use_is_noted(
    program: Program, office: Office
) -> None:
    headers = {"Authorization": f"bearer  {program.issued.token}"}
    assert program.client.post(LOADS, json={"readings": [GOOD]}, headers=headers).status_code == 200
    (found,) = office.application.api_tokens.listing(actor=SYSTEM)
    assert found.last_used_at == office.clock()


# --- when something is wrong with us ------------------------------------------------------------


def test_while_the_database_is_away_the_program_is_told_when_to_come_back(
    program: Program, office: Office
) -> None:
    with database_away(office.application.settings.database_url):
        answer = program.send(GOOD)
    assert problems(answer, 503) == [(None, "", "unavailable")]
    assert answer.headers["retry-after"] == "30"
    for inside in ("Traceback", "HUODIAN_", "sqlite", "postgres", ".db"):
        assert inside not in answer.text
    assert program.send(GOOD).status_code == 200


def test_no_token_and_no_reading_reaches_the_log(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    program.send(GOOD)
    program.send({**GOOD, "node_id": "SECRET-1"})
    program.post(b"{SECRET-2", Authorization=f"Bearer {program.issued.token}x")
    assert "token refused" in caplog.text
    for secret in (program.issued.token, "SECRET", "80.5"):
        assert secret not in caplog.text
