"""Pictures of definitions: nothing overlaps, nothing is lost, whatever the definition."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definition import Ending
from tests.unit.engine.large_definition import large_definition
from tests.unit.engine.random_definitions import small_definitions
from workflows.catalog import load_shipped
from workflows.drawing.layered import lay_out
from workflows.drawing.measure import width, wrapped
from workflows.drawing.ordering import crossings, put_in_order
from workflows.drawing.picture import picture
from workflows.drawing.pieces import LOOP, START
from workflows.drawing.placing import Wish, spread
from workflows.drawing.rows import rows_of
from workflows.drawing.shapes import Edge, Node, Spacing
from workflows.drawing.svg import svg

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from workflows.drawing.pieces import Picture
    from workflows.drawing.shapes import Layout, Spot

SHIPPED = [definition for definition, _ in load_shipped()]
SVG = "{http://www.w3.org/2000/svg}"

Rectangle = tuple[float, float, float, float]


def rectangle(spot: Spot, across: float, along: float) -> Rectangle:
    half, long = across / 2, along / 2
    return spot.across - half, spot.along - long, spot.across + half, spot.along + long


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return (
        one[0] < other[2] - 0.01
        and other[0] < one[2] - 0.01
        and one[1] < other[3] - 0.01
        and other[1] < one[3] - 0.01
    )


def frames(drawn: Picture) -> dict[str, Rectangle]:
    """The boxes of the states, each with its arrow to itself."""
    found = {}
    for box in drawn.boxes.values():
        left, top, right, bottom = rectangle(drawn.layout.nodes[box.id], box.across, box.along)
        beyond = LOOP * 0.75 + box.loop.width if box.loop.lines else 0
        found[box.id] = left, top, right + beyond, bottom
    return found


def labels(drawn: Picture) -> dict[str, Rectangle]:
    return {
        arrow.id: rectangle(
            drawn.layout.routes[arrow.id].label, arrow.label.width, arrow.label.height
        )
        for arrow in drawn.arrows
    }


def assert_readable(drawn: Picture) -> None:
    """No box or label lies on another, no arrow runs through a box, all lies on the page."""
    boxes, texts = frames(drawn), labels(drawn)
    for one, other in combinations([*boxes.values(), *texts.values()], 2):
        assert not overlap(one, other)
    for left, top, right, bottom in [*boxes.values(), *texts.values()]:
        assert left >= -0.01
        assert top >= -0.01
        assert right <= drawn.layout.across + 0.01
        assert bottom <= drawn.layout.along + 0.01
    for route_id, route in drawn.layout.routes.items():
        for leg in route.legs:
            low, high = sorted((leg.enters, leg.leaves))
            for box in drawn.boxes.values():
                left, top, right, bottom = boxes[box.id]
                inside = left < leg.across < right and low < bottom - 0.01 and top < high - 0.01
                assert not inside, (route_id, box.id)


def assert_arrows_meet_their_states(drawn: Picture) -> None:
    for arrow in drawn.arrows:
        route = drawn.layout.routes[arrow.id]
        for state_id, leg, place in (
            (arrow.source, route.legs[0], route.legs[0].enters),
            (arrow.target, route.legs[-1], route.legs[-1].leaves),
        ):
            box, spot = drawn.boxes[state_id], drawn.layout.nodes[state_id]
            assert abs(abs(place - spot.along) - box.along / 2) < 0.01
            assert abs(leg.across - spot.across) <= box.across / 2
        for before, after in pairwise(route.legs):
            forward = route.legs[-1].leaves > route.legs[0].enters
            assert (before.leaves < after.enters) is forward


def assert_in_their_bands(drawn: Picture, definition: WorkflowDefinition) -> None:
    order = {stage.id: place for place, stage in enumerate(definition.stages, start=1)}
    for state in definition.states:
        group = len(order) + 1 if state.is_final else order[state.stage]
        low, high = drawn.layout.groups[group]
        box, spot = drawn.boxes[state.id], drawn.layout.nodes[state.id]
        assert low < spot.along - box.along / 2
        assert spot.along + box.along / 2 < high
    borders = [drawn.layout.groups[each] for each in sorted(drawn.layout.groups)]
    assert all(before[1] < after[0] for before, after in pairwise(borders))


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda each: each.id)
def test_the_shipped_definitions_are_readable(definition: WorkflowDefinition) -> None:
    drawn = picture(definition)
    assert_readable(drawn)
    assert_arrows_meet_their_states(drawn)
    assert_in_their_bands(drawn, definition)


@settings(max_examples=80, deadline=None)
@given(small_definitions(), st.integers(1, 14))
def test_so_is_any_definition(definition: WorkflowDefinition, length: int) -> None:
    named = tuple(replace(each, name=each.name * length) for each in definition.transitions)
    definition = replace(definition, transitions=named)
    drawn = picture(definition)
    assert_readable(drawn)
    assert_arrows_meet_their_states(drawn)
    assert_in_their_bands(drawn, definition)
    assert picture(definition) == drawn


def test_so_is_a_large_one_even_with_every_abort_drawn() -> None:
    definition = large_definition()
    some = [
        each for each in definition.transitions if (each.source, each.trigger) != ("s5", "abort")
    ]
    drawn = picture(replace(definition, transitions=tuple(some)))
    assert_readable(drawn)
    assert_arrows_meet_their_states(drawn)


# ---- the SVG


def elements(drawn: Picture) -> ET.Element:
    return ET.fromstring(svg(drawn))  # noqa: S314  (made here)


def texts(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda each: each.id)
def test_every_state_stage_and_move_is_named(definition: WorkflowDefinition) -> None:
    root = elements(picture(definition))
    told = "".join(texts(root))
    for state in definition.states:
        assert state.name in told
    for stage in definition.stages:
        assert stage.name in told
    for each in definition.transitions:
        is_abort = definition.state_by_id[each.target].ending is Ending.ABORTED
        assert each.name in told or (is_abort and "任一未办结的状态均可中止" in told)
    description = root.find(f"{SVG}desc")
    assert description is not None
    assert description.text is not None
    assert definition.transitions[0].name in description.text


def test_it_needs_no_style_no_script_and_no_other_file() -> None:
    root = elements(picture(SHIPPED[0]))
    for each in root.iter():
        assert each.tag.removeprefix(SVG) in {
            "svg", "title", "desc", "rect", "circle", "path", "polygon", "text",
        }  # fmt: skip
        assert not {"style", "class", "href", "onclick"} & set(each.attrib)
        assert not any("url(" in value for value in each.attrib.values())
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert root.attrib["aria-labelledby"].split() == ids
    assert root.attrib["role"] == "img"


def test_checkpoints_and_standing_clocks_are_marked() -> None:
    told = texts(elements(picture(next(each for each in SHIPPED if each.id == "hv_single_supply"))))
    assert "◆ 供电方案确定" in told
    assert "客户工程施工，暂停计时" in told
    assert "可暂停计时" in told
    assert "◆ 资料关口：应收的资料在此收齐" in told


def test_the_state_of_a_ticket_is_marked_by_a_word_and_a_thicker_line() -> None:
    definition = SHIPPED[0]
    plain, marked = svg(picture(definition)), svg(picture(definition, current="receiving"))
    assert "● 当前状态" not in plain
    assert marked.count("● 当前状态") == 1
    assert 'stroke-width="3"' in marked
    assert 'stroke-width="3"' not in plain


def test_a_difference_is_marked_by_words_and_lines() -> None:
    before = next(each for each in SHIPPED if each.id == "asset_transfer")
    renamed = replace(before.states[1], name="先行抄表")
    gone = [each for each in before.states if each.id != "reassessment"]
    moves = [
        each for each in before.transitions if "reassessment" not in {each.source, each.target}
    ]
    back = replace(moves[0], trigger="resume_transfer", name="整改合格", source="rectification")
    after = replace(
        before,
        states=tuple(renamed if each.id == renamed.id else each for each in gone),
        transitions=(*moves, back),
    )
    drawn = picture(after, against=before)
    assert_readable(drawn)
    assert {box.id: box.mark for box in drawn.boxes.values() if box.mark} == {
        "metered_first": "【变更】",
        "reassessment": "【删除】",
    }
    text = svg(drawn)
    told = "".join(texts(ET.fromstring(text)))  # noqa: S314  (made here)
    for word in ("【变更】先行抄表", "【删除】复评", "【新增】整改合格", "【删除】申请复评"):
        assert word in told
    assert 'stroke-dasharray="2 4"' in text
    assert 'stroke-dasharray="10 4"' in text
    assert "【删除】点线" in told
    unchanged = svg(picture(before, against=before))
    assert "stroke-dasharray" not in unchanged
    assert unchanged == svg(picture(before))


def test_a_new_state_has_two_lines_around_it() -> None:
    before = SHIPPED[0]
    extra = replace(before.states[0], id="extra", name="加一步")
    drawn = picture(replace(before, states=(*before.states, extra)), against=before)
    width_of = {box.id: f"{box.across:.1f}" for box in drawn.boxes.values()}
    frames = [each for each in elements(drawn).iter(f"{SVG}rect") if "stroke" in each.attrib]
    inner = [each for each in frames if each.attrib["fill"] == "none"]
    assert [float(each.attrib["width"]) for each in inner] == [float(width_of["extra"]) - 8]
    assert [each.attrib["width"] for each in frames].count(width_of["extra"]) == 1


def test_text_in_names_stays_text() -> None:
    definition = SHIPPED[0]
    odd = replace(definition.states[0], name='<b>"&待评估')
    root = elements(picture(replace(definition, states=(odd, *definition.states[1:]))))
    assert '<b>"&待评估' in "".join(texts(root))


def test_ids_of_two_pictures_on_a_page_differ() -> None:
    one, other = (svg(picture(SHIPPED[0]), prefix=each) for each in ("a", "b"))
    ids = re.findall(r' id="([^"]+)"', one + other)
    assert len(ids) == len(set(ids))


# ---- measuring, spreading, ordering


def test_chinese_characters_are_as_wide_as_high() -> None:
    assert width("供电方案", 14) == 56
    assert 0 < width("kW", 14) < 28
    assert width("e\u0301", 10) == width("e", 10)


@given(st.text(alphabet="供电方案，。kVA160", max_size=60), st.integers(3, 12))
def test_lines_keep_the_text_and_the_limit(text: str, limit: int) -> None:
    lines = wrapped(text, 1, limit)
    assert "".join(lines) == text
    for line in lines:
        punctuation = len(re.search(r"[，。]*$", line)[0])  # type: ignore[index]
        assert width(line, 1) <= limit + punctuation
        assert line == lines[0] or line[:1] not in {"，", "。"}


def test_lines_are_about_equally_long_and_break_between_words() -> None:
    assert wrapped("评估不达标，先行抄表到户", 10, 110) == ["评估不达标，", "先行抄表到户"]
    assert wrapped("增容至 630 kVA 后送电", 10, 80) == ["增容至 630", "kVA 后送电"]
    assert wrapped("", 10, 80) == [""]


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.integers(1, 8), st.floats(0, 9)), min_size=1),
    st.floats(-60, 0),
    st.floats(0, 60),
)
def test_everybody_keeps_the_distance_and_nobody_could_come_nearer(
    wishes: list[tuple[float, int, float]], low: float, high: float
) -> None:
    asked = [
        Wish(at, weight, step if number else 0) for number, (at, weight, step) in enumerate(wishes)
    ]
    places = spread(asked, low, high)
    for (before, place), wish in zip(pairwise(places), asked[1:], strict=True):
        assert place - before >= wish.step - 1e-6
    assert places[0] >= low - 1e-6
    needed = sum(wish.step for wish in asked)
    assert places[-1] <= max(high, low + needed) + 1e-6

    def cost(of: list[float]) -> float:
        return sum(w.weight * (w.at - p) ** 2 for w, p in zip(asked, of, strict=True))

    for index in range(len(places)):
        for shift in (-0.01, 0.01):
            moved = [place + (shift if at >= index else 0) for at, place in enumerate(places)]
            fits = moved[0] >= low and moved[-1] <= max(high, low + needed)
            apart = all(
                after - before >= wish.step
                for (before, after), wish in zip(pairwise(moved), asked[1:], strict=True)
            )
            if fits and apart:
                assert cost(moved) >= cost(places) - 1e-6


def test_rows_are_ordered_without_crossings_where_that_is_possible() -> None:
    nodes = [Node(id=each, across=40, along=20) for each in ("a", "b", "c", "d", "e", "f")]
    edges = [
        Edge(id=source + target, source=source, target=target)
        for source, target in ("ad", "ae", "bf", "be", "cf")
    ]
    rows = rows_of(nodes, edges)
    rows.rows[2].reverse()
    assert crossings(rows.rows) > 0
    put_in_order(rows.rows)
    assert crossings(rows.rows) == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_lanes_hold_what_is_theirs(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 8))
    lanes = [data.draw(st.integers(0, 2)) for _ in range(count)]
    nodes = [Node(id=f"n{n}", across=60, along=30, lane=lane) for n, lane in enumerate(lanes)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    chosen = data.draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), unique=True))
    edges = [
        Edge(id=f"{one}>{other}", source=f"n{one}", target=f"n{other}", across=20, along=12)
        for one, other in chosen
    ]
    layout = lay_out(nodes, edges, Spacing())
    assert_lanes(layout, nodes)


def assert_lanes(layout: Layout, nodes: list[Node]) -> None:
    borders = [layout.lanes[each] for each in sorted(layout.lanes)]
    assert all(abs(before[1] - after[0]) < 0.01 for before, after in pairwise(borders))
    for node in nodes:
        low, high = layout.lanes[node.lane]
        place = layout.nodes[node.id].across
        assert low <= place - node.across / 2 + 0.01
        assert place + node.across / 2 <= high + 0.01


def test_the_start_stands_before_everything() -> None:
    drawn = picture(SHIPPED[0])
    assert all(
        drawn.layout.nodes[START].along < drawn.layout.nodes[each].along for each in drawn.boxes
    )
