"""What may stand in a message text: a short list of elements, and everything the reader needs."""

from __future__ import annotations

import pytest

from engine.errors import NotFoundError
from notifications.renderer import parse_template, shipped_renderer, shipped_sources
from notifications.template_check import LONGEST, template_faults
from notifications.template_text import fingerprint_of, numbered

SHIPPED = shipped_renderer()
STAFF = "{#\ntitle: 时限提醒\nversion: 1\naudience: staff\nparams: ticket_no, clocks, state\n#}\n"
GOOD = "工单{{ ticket_no }}（{{ state }}）：{{ clocks }}。"


def codes_of(body: str, key: str = "limit_due", header: str = STAFF) -> list[str]:
    return [fault.code for fault in template_faults(key, header + body, SHIPPED)]


@pytest.mark.parametrize("key", SHIPPED.templates)
def test_every_shipped_text_may_be_published(key: str) -> None:
    assert template_faults(key, shipped_sources()[key], SHIPPED) == ()


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        GOOD + "{# 说明 #}{% if state == '装表' %}请带表计{% elif not state %}请核对{% endif %}",
        GOOD + "{{ state|default('办理中')|trim|upper|lower }}",
        GOOD + "{% if state and clocks or ticket_no != '' %}请办理{% endif %}",
        GOOD + "{% raw %}{{ 原样 }}{% endraw %}",
    ],
)
def test_values_conditions_and_four_filters_are_enough(body: str) -> None:
    assert codes_of(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in clocks %}{% for b in clocks %}x{% endfor %}{% endfor %}",
        "{{ 'a' * 500000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ clocks ~ clocks }}",
        "{{ clocks + clocks }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ clocks['x'] }}",
        "{{ clocks[0:2] }}",
        "{{ clocks() }}",
        "{{ [clocks] }}",
        "{{ {'a': clocks} }}",
        "{{ clocks if state else ticket_no }}",
        "{{ clocks > 3 }}",
        "{{ 3 in clocks }}",
        "{{ clocks is defined }}",
        "{{ clocks|tojson }}",
        "{{ clocks|urlencode }}",
        "{{ clocks|no_such }}",
        "{{ clocks|upper(1) }}",
        "{{ clocks|default('a', true) }}",
        "{{ clocks|default('a', boolean=true) }}",
        "{% set a = clocks %}",
        "{% macro a() %}{% endmacro %}",
        "{% include 'next_stage' %}",
        "{% extends 'next_stage' %}",
        "{% filter upper %}a{% endfilter %}",
        "{% block a %}{% endblock %}",
        "{% if clocks %}" * 60 + "{% endif %}" * 60,
        "{{ " + " or ".join(["clocks"] * 150) + " }}",
    ],
)
def test_whatever_could_fail_repeat_multiply_or_reach_out_is_refused(body: str) -> None:
    assert set(codes_of(GOOD + "\n" + body)) == {"template_construct"}


@pytest.mark.parametrize(
    "body",
    ["{{ clocks", "{% if clocks %}", "{{ " + "(" * 900 + ")" * 900 + " }}", "{% nonsense %}"],
)
def test_a_text_that_cannot_be_read_is_refused(body: str) -> None:
    assert codes_of(GOOD + body) == ["template_syntax"]


def test_a_fault_names_its_line_in_the_file() -> None:
    faults = template_faults("limit_due", f"{STAFF}\n{GOOD}\n{{{{ 2 ** 3 }}}}", SHIPPED)
    assert [fault.field for fault in faults] == ["limit_due:9"]


def test_a_long_text_is_not_even_read() -> None:
    fits = LONGEST - len(STAFF) - len(GOOD)
    assert codes_of(GOOD + "。" * fits) == []
    assert codes_of(GOOD + "。" * (fits + 1)) == ["template_too_long"]


def test_only_what_the_program_gives_may_be_asked_for() -> None:
    header = STAFF.replace("params: ", "params: phone, ")
    assert codes_of(GOOD + "{{ phone }}", header=header) == ["template_parameter"]
    twice = STAFF.replace("state", "state, state")
    assert codes_of(GOOD, header=twice) == ["template_parameter"]
    assert "template_fault" in codes_of(GOOD + "{{ phone }}")
    assert codes_of(GOOD, header=STAFF.replace("staff", "customer")).count("template_audience") == 1
    with pytest.raises(NotFoundError):
        template_faults("no_such", STAFF + GOOD, SHIPPED)


@pytest.mark.parametrize(
    "body",
    [
        "工单{{ ticket_no }}（{{ state }}）",
        "工单{{ ticket_no }}（{{ state }}）{% if clocks %}{% endif %}",
        "工单{{ ticket_no }}（{{ state }}）{% if clocks == '甲' %}{{ clocks }}{% endif %}",
        "工单{{ ticket_no }}（{{ state }}）{{ clocks and '到期' }}",
    ],
    ids=["left out", "only asked for", "only at times", "replaced"],
)
def test_what_the_reader_needs_may_not_be_left_out(body: str) -> None:
    header = STAFF if "clocks" in body else STAFF.replace("clocks, ", "")
    assert "template_leaves_out" in codes_of(body, header=header)


def test_what_is_only_a_courtesy_may_be_left_out() -> None:
    header = STAFF.replace(", state", "")
    assert codes_of("工单{{ ticket_no }}：{{ clocks }}", header=header) == []


def test_a_message_to_a_customer_names_the_hotline() -> None:
    source = shipped_sources()["clock_stopped"]
    (fault,) = template_faults("clock_stopped", source.replace("12398", "12345"), SHIPPED)
    assert (fault.code, fault.clause) == ("template_leaves_out", "R-9.2")


def test_a_header_that_is_wrong_is_reported_whole() -> None:
    faults = template_faults("limit_due", "{#\ntitle: x\n#}\n" + GOOD, SHIPPED)
    assert len(faults) >= 3


def test_the_version_number_is_no_part_of_the_content() -> None:
    source = shipped_sources()["next_stage"]
    later = numbered(source, 12)
    assert parse_template("next_stage", later).version == 12
    assert later.count("\n") == source.count("\n")
    first, second = (parse_template("next_stage", text) for text in (source, later))
    assert fingerprint_of(first) == fingerprint_of(second)
    other = parse_template("next_stage", source.replace("进度", "进程"))
    assert fingerprint_of(other) != fingerprint_of(first)


def test_a_version_in_the_text_itself_is_left_alone() -> None:
    source = STAFF + GOOD + "\nversion: 3"
    assert numbered(source, 8).endswith("\nversion: 3")
