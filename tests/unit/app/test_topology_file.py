from dataclasses import replace
from pathlib import Path

import pytest

from app.imports.csv_file import read_table
from app.imports.topology_file import NODE_FIELDS, REQUIRED_NODE_FIELDS, Node, read_nodes
from engine.network import NodeKind

DATA = Path(__file__).parents[2] / "data"
HEADER = ",".join(NODE_FIELDS)
NETWORK = """\
S1,substation,,甲站,,,,,
F1,feeder,S1,甲线,,,,,
F2,feeder,S1,乙线,,,,,
G1,section,F1,甲线一段,,,,,
T1,transformer_area,G1,甲台区,250,,rural,,
P1,service_point,T1,甲户,,8.5,rural,yes,F2
P2,service_point,F1,高压户,,630,town,,
"""


def read(body: str, known: tuple[Node, ...] = ()) -> tuple[list[Node], list[tuple[int, str, str]]]:
    table = read_table(f"{HEADER}\n{body}".encode(), NODE_FIELDS, REQUIRED_NODE_FIELDS)
    nodes, refused = read_nodes(table.rows, {each.id: each for each in known})
    return nodes, [(each.line, each.field, each.problem) for each in refused]


def problems(body: str, known: tuple[Node, ...] = ()) -> list[tuple[int, str, str]]:
    return read(body, known)[1]


def network() -> tuple[Node, ...]:
    nodes, found = read(NETWORK)
    assert found == []
    return tuple(nodes)


def test_a_good_network_is_read() -> None:
    nodes = {each.id: each for each in network()}
    assert nodes["S1"].parent_id is None
    assert nodes["G1"].kind is NodeKind.SECTION
    assert str(nodes["P1"].contract_kw) == "8.5"
    assert nodes["T1"].contract_kw is None
    assert (nodes["P1"].important, nodes["P1"].alternative_node_id) == (True, "F2")
    assert (nodes["P2"].important, nodes["P2"].alternative_node_id) == (False, None)


def test_the_network_of_the_data_is_good() -> None:
    table = read_table((DATA / "topology.csv").read_bytes(), NODE_FIELDS, REQUIRED_NODE_FIELDS)
    nodes, refused = read_nodes(table.rows, {})
    assert (len(nodes), refused) == (5471, [])


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("X,feeder,,丙线,,,,,", "parent_id", "没有上级节点"),
        ("X,feeder,NOPE,丙线,,,,,", "parent_id", "“NOPE”不存在"),
        ("X,feeder,F1,丙线,,,,,", "parent_id", "线路不能接在线路“F1”之下"),
        ("X,substation,S1,丙站,,,,,", "parent_id", "不应有上级节点"),
        ("X,transformer_area,S1,丙台区,,,,,", "parent_id", "不能接在变电站"),
        ("X,service_point,S1,丙户,,,,,", "parent_id", "不能接在变电站"),
        ("X,service_point,P1,丙户,,,,,", "parent_id", "不能接在用户接入点"),
        ("X,section,X,丙段,,,,,", "parent_id", "成环"),
        ("X,pole,F1,丙杆,,,,,", "kind", "“pole”"),
        ("X,transformer_area,F1,丙台区,-1,,,,", "rated_kva", "“-1”"),
        ("X,transformer_area,F1,丙台区,big,,,,", "rated_kva", "不是数字"),
        ("X,service_point,T1,丙户,,1.234,,,", "contract_kw", "小数位"),
        ("X,service_point,T1,丙户,,,moon,,", "area_class", "“moon”"),
        ("X,service_point,T1,丙户,,,,maybe,", "important", "“maybe”"),
        ("X,service_point,T1,丙户,,,,,NOPE", "alternative_node_id", "不存在"),
        ("X,service_point,T1,丙户,,,,,P1", "alternative_node_id", "不能供电"),
        ("X,service_point,T1,丙户,,,,,F1", "alternative_node_id", "主供电源的上级"),
        ("F1,feeder,S1,甲线,,,,,", "node_id", "与第3行重复"),
        (",feeder,S1,丙线,,,,,", "node_id", "不能为空"),
        ("X,feeder,S1,,,,,,", "name", "不能为空"),
    ],
)
def test_each_fault_is_named_alone(row: str, field: str, said: str) -> None:
    ((line, at, problem),) = problems(NETWORK + row + "\n")
    assert (line, at) == (9, field)
    assert said in problem


def test_all_faults_are_named_at_once_in_the_order_of_the_lines() -> None:
    found = problems(
        "F1,feeder,NOPE,甲线,,,,,\nT1,transformer_area,F1,甲台区,x,,moon,,\nT1,pole,F1,乙,,,,,\n"
    )
    assert [(line, field) for line, field, _ in found] == [
        (2, "parent_id"),
        (3, "rated_kva"),
        (3, "area_class"),
        (4, "kind"),
        (4, "node_id"),
    ]


def test_a_bad_row_does_not_make_those_below_it_bad() -> None:
    found = problems(
        "S1,substatoin,,甲站,,,,,\nF1,feeder,S1,甲线,x,,,,\nT1,transformer_area,F1,甲,,,,,\n"
    )
    assert [(line, field) for line, field, _ in found] == [(2, "kind"), (3, "rated_kva")]


def test_every_node_on_a_circle_is_named_and_nobody_else() -> None:
    found = problems(
        NETWORK
        + "A,section,C,一,,,,,\nB,section,A,二,,,,,\nC,section,B,三,,,,,\nD,section,C,四,,,,,\n"
    )
    assert [line for line, _, _ in found] == [9, 10, 11]


def test_a_file_may_hold_a_part_of_what_is_known() -> None:
    assert problems("P3,service_point,T1,新户,,4,rural,,F2\n", network()) == []


def test_a_part_may_not_close_a_circle_through_what_is_known() -> None:
    known = (*network(), *read("G2,section,G1,二段,,,,,\n", network())[0])
    found = problems("G1,section,G2,一段,,,,,\n", known)
    assert [field for _, field, _ in found] == ["parent_id"]


def test_a_node_may_not_change_its_kind_under_those_below_it() -> None:
    ((_, field, problem),) = problems("G1,transformer_area,F1,甲线一段,,,,,\n", network())
    assert field == "kind"
    assert "T1" in problem
    moved = "G1,transformer_area,F1,甲线一段,,,,,\nT1,transformer_area,F1,甲台区,250,,rural,,\n"
    assert problems(moved, network()) == []


def test_reading_what_is_known_already_gives_the_same_values() -> None:
    again, found = read(NETWORK, network())
    assert found == []
    assert tuple(again) == network()
    assert replace(again[0], name="乙站") != network()[0]


def test_a_point_without_a_class_has_that_of_what_it_hangs_on() -> None:
    known = network()
    body = (
        "P7,service_point,T1,丁户,,8,,,\n"  # T1 is rural
        "P8,service_point,T1,戊户,,8,town,,\n"
        "P9,service_point,F1,己户,,8,,,\n"  # nobody above says anything
        "T9,transformer_area,G1,乙台区,250,,,,\n"
    )
    nodes, found = read(body, known)
    assert found == []
    assert {each.id: each.area_class for each in nodes} == {
        "P7": "rural",
        "P8": "town",
        "P9": "",
        "T9": "",
    }


def test_only_a_service_point_has_another_supply() -> None:
    found = problems("T1,transformer_area,G1,甲台区,250,,rural,,F2\n", network())
    assert [(line, field) for line, field, _ in found] == [(2, "alternative_node_id")]
    assert "只登记在用户接入点上" in found[0][2]


def test_a_move_may_not_turn_the_other_supply_of_a_point_into_its_own() -> None:
    """P1, which the file leaves alone, has F2 as its other supply."""
    found = problems("G1,section,F2,甲线一段,,,,,\n", network())
    assert [(line, field) for line, field, _ in found] == [(2, "alternative_node_id")]
    assert "“P1”" in found[0][2]
    both = "G1,section,F2,甲线一段,,,,,\nP1,service_point,T1,甲户,,8.5,rural,yes,F1\n"
    assert problems(both, network()) == []
    assert problems("F2,feeder,S1,乙线,,,,,\n", network()) == []
