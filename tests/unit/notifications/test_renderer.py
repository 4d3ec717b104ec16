"""Templates take exactly their declared parameters and can do nothing but show them."""

from __future__ import annotations

import re

import pytest

from engine.errors import NotFoundError
from notifications.message import Audience
from notifications.renderer import Renderer, TemplateFaultsError, shipped_renderer

SHIPPED = shipped_renderer()
HEADER = "{#\ntitle: 试验\nversion: 1\naudience: staff\nparams: name\n#}\n"


def test_every_shipped_template_is_sound() -> None:
    assert SHIPPED.faults() == ()


@pytest.mark.parametrize("key", SHIPPED.templates)
def test_every_template_shows_each_of_its_parameters(key: str) -> None:
    template = SHIPPED.get(key)
    text = SHIPPED.render(key, {name: f"<{name}>" for name in template.params})
    assert [name for name in template.params if f"<{name}>" not in text] == []
    assert "{" not in text
    assert "\n" not in text


@pytest.mark.parametrize("key", SHIPPED.templates)
def test_a_text_without_its_optional_parts_leaves_no_gap(key: str) -> None:
    template = SHIPPED.get(key)
    optional = set(re.findall(r"{% if (\w+) %}", template.body))
    given = {name: "" if name in optional else f"<{name}>" for name in template.params}
    text = SHIPPED.render(key, given)
    assert [gap for gap in ("（）", "，，", "。。", "，。", "：。", "：，") if gap in text] == []


CUSTOMER_TEMPLATES = [
    key for key, each in SHIPPED.templates.items() if each.audience is Audience.CUSTOMER
]


@pytest.mark.parametrize("key", CUSTOMER_TEMPLATES)
def test_every_message_to_a_customer_names_branch_phone_and_12398(key: str) -> None:
    text = SHIPPED.render(key, {name: f"<{name}>" for name in SHIPPED.get(key).params})
    assert "12398" in text
    assert "<branch_phone>" in text


def test_missing_and_unknown_parameters_are_refused_at_once() -> None:
    with pytest.raises(TemplateFaultsError) as refusal:
        SHIPPED.render("limit_due", {"ticket_no": "T1", "nickname": "x"})
    sentence = str(refusal.value)
    assert len(refusal.value.reasons) == 5
    assert all(word in sentence for word in ("缺少 clocks", "缺少 state", "多余 nickname"))


def test_an_unknown_template_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no_such"):
        SHIPPED.render("no_such", {})


def test_an_undeclared_and_an_unused_parameter_are_faults() -> None:
    renderer = Renderer({"trial": HEADER + "{{ phone }}"})
    assert [fault.message for fault in renderer.faults()] == [
        "消息模板“trial”已声明但未使用 name",
        "消息模板“trial”未声明 phone",
    ]


def test_a_broken_body_is_a_fault_and_cannot_be_rendered() -> None:
    renderer = Renderer({"trial": HEADER + "{% if name %}"})
    assert len(renderer.faults()) == 1
    with pytest.raises(TemplateFaultsError, match="第 1 行"):
        renderer.render("trial", {"name": "x"})


def test_every_broken_header_is_reported() -> None:
    with pytest.raises(TemplateFaultsError) as refusal:
        Renderer({"a": "没有文件头", "b": "{#\ntitle: x\nversion: 零\naudience: all\n#}\nx"})
    assert [each.field for each in refusal.value.reasons] == ["a", "b", "b", "b"]


@pytest.mark.parametrize(
    "attack",
    [
        "{{ name.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ name.upper() }}",
        "{{ name * 100000000 }}",
        "{{ name ** 9 }}",
        "{{ '%1000000000s' % name }}",
        "{{ (name ~ '{0.__class__}').format(name) }}",
        "{{ name | attr('__class__') }}",
        "{{ name | center(1000000000) }}",
        "{{ range(1000000000) }}",
        "{{ lipsum() }}{{ name }}",
        "{% include 'other' %}{{ name }}",
        "{{ self.__init__ }}{{ name }}",
        "{{ missing }}",
        "{{ name + 1 }}",
    ],
)
def test_a_template_that_wants_more_than_to_show_is_refused(attack: str) -> None:
    with pytest.raises(TemplateFaultsError):
        Renderer({"trial": HEADER + attack}).render("trial", {"name": "x"})


def test_a_parameter_is_shown_and_never_executed() -> None:
    renderer = Renderer({"trial": HEADER + "{{ name }}"})
    assert renderer.render("trial", {"name": "{{ 7 }} <b>"}) == "{{ 7 }} <b>"
