"""Imports through the wired application, on both databases, with the files of tests/data."""

from __future__ import annotations

import csv
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.bootstrap import Application, build
from app.first_start import prepare
from app.sample import content as sample_content
from app.sample.loading import load_sample
from app.settings import Settings
from engine.errors import MalformedError, RefusedError
from engine.ticket import SYSTEM, Actor, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.imports.service import ImportReport

DATA = Path(__file__).parents[1] / "data"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OPERATOR = Actor(user_id="op", name="柜员", roles=frozenset({Role.OPERATOR}))
TENGCHONG = Actor(
    user_id="op-tc", name="柜员", roles=frozenset({Role.OPERATOR}), branch="tengchong"
)
BRANCHES = {
    "yongchang": "YC",
    "shidian": "SD",
    "tengchong": "TC",
    "longling": "LL",
    "changning": "CN",
}


@pytest.fixture
def application(database_url: str, tmp_path: Path) -> Iterator[Application]:
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var", sample=False)
    built = build(settings, clock=lambda: AT, durable=False)
    prepare(built)
    yield built
    built.database.close()


@pytest.fixture
def ready(application: Application) -> Application:
    """With the branches and the upper part of the network, which the applications name."""
    for branch, code in BRANCHES.items():
        application.organisation.set_branch(
            branch, code=code, name=branch, phone="0875-0000100", actor=SYSTEM
        )
    upper = [row for row in rows("topology.csv") if row["kind"] != "service_point"]
    report = application.imports.topology(written(upper), actor=OPERATOR)
    assert (report.accepted, report.refused) == (99, ())
    return application


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO((DATA / name).read_text(encoding="utf-8"))))


def written(records: list[dict[str, str]]) -> bytes:
    text = StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def changed(number: int, **fields: str) -> dict[str, str]:
    """The good application of that number, with some fields changed."""
    return {**rows("applications.csv")[number - 1], **fields}


def kept(application: Application) -> Counter[str]:
    """How much there is of everything that an import can cause."""
    with application.database.reading() as work:
        return Counter(
            tickets=work.tickets.counts().open,
            entries=work.ledger.verify()[0],
            messages=sum(work.outbox.counts_by_state().values()),
        )


def lines(report: ImportReport) -> list[tuple[int, str]]:
    return [(each.line, each.field) for each in report.refused]


def test_good_applications_all_go_in_and_a_second_time_nothing_changes(ready: Application) -> None:
    content = (DATA / "applications.csv").read_bytes()
    report = ready.imports.applications(content, actor=OPERATOR)
    assert (report.accepted, report.unchanged, report.refused) == (300, 0, ())
    before = kept(ready)
    assert before["tickets"] == 300
    again = ready.imports.applications(content, actor=OPERATOR)
    assert (again.accepted, again.unchanged, again.refused) == (0, 300, ())
    assert again.notes == ()
    assert kept(ready) == before


REFUSED = [
    (2, "requested_capacity_kw"),
    (3, "requested_capacity_kw"),
    (4, "requested_capacity_kw"),
    (5, "requested_capacity_kw"),
    (6, "phone"),
    (7, "id_number"),
    (8, "branch"),
    (9, "node_id"),
    (10, "applicant_kind"),
    (11, "documents"),
    (12, "applicant_name"),
    (13, "supply_sources"),
    (14, "requested_voltage_kv"),
    (15, "area_class"),
    (16, "address"),
    (19, "requested_capacity_kw"),
    (20, "external_ref"),
    (21, "applicant_name"),
    (22, "channel"),
]
"""Lines 17, 18 and 23 (B16, B17, B22) are good: text that looks dangerous, full-width digits."""


def test_every_bad_row_is_named_by_line_and_field_and_nothing_goes_in(ready: Application) -> None:
    before = kept(ready)
    report = ready.imports.applications(
        (DATA / "applications-bad.csv").read_bytes(), actor=OPERATOR
    )
    assert report.accepted == 0
    assert lines(report) == REFUSED
    assert all(each.problem for each in report.refused)
    assert kept(ready) == before


def test_good_rows_alone_go_in_if_that_is_asked_for(ready: Application) -> None:
    content = (DATA / "applications-bad.csv").read_bytes()
    report = ready.imports.applications(content, actor=OPERATOR, all_or_nothing=False)
    assert (report.accepted, lines(report)) == (3, REFUSED)
    with ready.database.reading() as work:
        names = {
            work.tickets.get(each).request.contact.name for each in work.tickets.open_numbers()
        }
    assert names == {
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x")',
        "保山方田种植专业合作社",
    }
    before = kept(ready)
    again = ready.imports.applications(content, actor=OPERATOR, all_or_nothing=False)
    assert (again.accepted, again.unchanged, lines(again)) == (0, 3, REFUSED)
    assert kept(ready) == before


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_a_trial_run_tells_what_would_happen_and_keeps_nothing(
    ready: Application, all_or_nothing: bool
) -> None:
    before = kept(ready)
    mixed = written([changed(1), changed(2, phone="1"), changed(3)])
    for content, accepted in ((written([changed(1), changed(3)]), 2), (mixed, 2)):
        report = ready.imports.applications(
            content, actor=OPERATOR, dry_run=True, all_or_nothing=all_or_nothing
        )
        withheld = all_or_nothing and bool(report.refused)
        assert report.accepted == (0 if withheld else accepted)
    assert kept(ready) == before


def test_a_refused_file_leaves_no_gap_in_the_ticket_numbers(ready: Application) -> None:
    good = changed(15, branch="tengchong")
    bad = changed(16, branch="tengchong", requested_voltage_kv="110")
    assert lines(ready.imports.applications(written([good, bad]), actor=OPERATOR)) == [
        (3, "requested_voltage_kv")
    ]
    ready.imports.applications(written([good]), actor=OPERATOR)
    with ready.database.reading() as work:
        assert work.tickets.open_numbers() == ["TC-20261123-0001"]


@pytest.mark.parametrize("column", ["accepted_at", "受理时间"])
@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_a_column_that_claims_a_time_is_refused(
    ready: Application, column: str, all_or_nothing: bool
) -> None:
    before = kept(ready)
    content = written([{**changed(1), column: "2026-01-05"}, {**changed(2, phone="1"), column: ""}])
    report = ready.imports.applications(content, actor=OPERATOR, all_or_nothing=all_or_nothing)
    assert report.accepted == 0
    assert lines(report) == [(1, column), (3, "phone")]
    assert "R-5.1" in report.refused[0].problem
    assert kept(ready) == before


def test_an_import_needs_the_number_of_the_other_system(ready: Application) -> None:
    report = ready.imports.applications(written([changed(1, external_ref=" ")]), actor=OPERATOR)
    assert lines(report) == [(2, "external_ref")]


def test_a_known_row_with_other_contents_changes_nothing_and_says_so(ready: Application) -> None:
    ready.imports.applications(written([changed(1), changed(2)]), actor=OPERATOR)
    before = kept(ready)
    content = written([changed(1), changed(2, requested_capacity_kw="7")])
    report = ready.imports.applications(content, actor=OPERATOR)
    assert (report.accepted, report.unchanged, report.refused) == (0, 2, ())
    assert [each.line for each in report.notes] == [3]
    assert kept(ready) == before


def test_people_of_a_branch_import_for_their_branch_only(ready: Application) -> None:
    ready.imports.applications(written([changed(2)]), actor=OPERATOR)
    content = written([changed(15), changed(1), changed(16, external_ref="A0002")])
    report = ready.imports.applications(content, actor=TENGCHONG)
    assert lines(report) == [(3, "branch"), (4, "external_ref")]
    assert "LL-" not in report.refused[1].problem


def test_who_may_not_import_is_refused_before_anything_is_read(ready: Application) -> None:
    auditor = Actor(user_id="a", name="审计", roles=frozenset({Role.AUDITOR}))
    for take in (ready.imports.applications, ready.imports.topology, ready.imports.customers):
        with pytest.raises(RefusedError):
            take(b"", actor=auditor)


def test_a_file_of_another_kind_is_one_refusal(ready: Application) -> None:
    content = (DATA / "customers.csv").read_bytes()
    with pytest.raises(MalformedError, match="缺少列"):
        ready.imports.applications(content, actor=OPERATOR)


def test_two_imports_of_one_file_at_once_make_each_ticket_once(ready: Application) -> None:
    content = written([changed(number) for number in range(1, 11)])

    def take(_: int) -> ImportReport:
        return ready.imports.applications(content, actor=OPERATOR)

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(take, range(2)))
    assert sorted(each.accepted for each in reports) == [0, 10]
    assert kept(ready)["tickets"] == 10


# --- network and customers ---------------------------------------------------------------------


def small_network() -> list[dict[str, str]]:
    """The first feeder of the data down to the service points of its first area."""
    ids = {"BS-S1", "BS-F01", "BS-T0000"}
    return [r for r in rows("topology.csv") if {r["node_id"], r["parent_id"]} & ids][:12]


def administration_entries(application: Application) -> list[str]:
    with application.database.reading() as work:
        entries = work.ledger.entries("administration")
        return [each.action for each in entries if each.action.startswith("import_")]


def test_a_network_goes_in_once(application: Application) -> None:
    content = written(small_network())
    trial = application.imports.topology(content, actor=OPERATOR, dry_run=True)
    assert (trial.accepted, administration_entries(application)) == (12, [])
    assert application.imports.topology(content, actor=OPERATOR).accepted == 12
    again = application.imports.topology(content, actor=OPERATOR)
    assert (again.accepted, again.unchanged) == (0, 12)
    assert administration_entries(application) == ["import_topology"]


def test_a_changed_node_is_replaced(application: Application) -> None:
    network = small_network()
    application.imports.topology(written(network), actor=OPERATOR)
    network[1]["name"] = "10千伏新名线"
    report = application.imports.topology(written(network[1:2]), actor=OPERATOR)
    assert (report.accepted, report.unchanged) == (1, 0)
    with application.database.reading() as work:
        assert work.topology.node(network[1]["node_id"]).name == "10千伏新名线"


def test_a_network_with_a_fault_does_not_go_in_at_all(application: Application) -> None:
    network = small_network()
    network[4]["parent_id"] = "NOPE"
    network[6]["contract_kw"] = "-1"
    report = application.imports.topology(written(network), actor=OPERATOR)
    assert (report.accepted, report.unchanged) == (0, 0)
    assert lines(report) == [(6, "parent_id"), (8, "contract_kw")]
    with application.database.reading() as work:
        assert work.topology.nodes() == []


def test_customers_go_in_once_and_only_below_a_known_network(ready: Application) -> None:
    customers = written(rows("customers.csv")[:5])
    report = ready.imports.customers(customers, actor=OPERATOR)
    assert lines(report) == [(line, "node_id") for line in range(2, 7)]
    ready.imports.topology((DATA / "topology.csv").read_bytes(), actor=OPERATOR)
    assert ready.imports.customers(customers, actor=OPERATOR, dry_run=True).accepted == 5
    assert ready.imports.customers(customers, actor=OPERATOR).accepted == 5
    again = ready.imports.customers(customers, actor=OPERATOR)
    assert (again.accepted, again.unchanged) == (0, 5)
    with ready.database.reading() as work:
        assert [each.phone for each in work.topology.customers()][:2] == ["", "13007000002"]


def test_the_sample_branch_loads_and_says_the_same_again(application: Application) -> None:
    load_sample(application)
    with application.database.reading() as work:
        numbers = work.tickets.open_numbers()
        tickets = [work.tickets.get(each) for each in numbers]
    assert len(tickets) == 13
    assert all(each.managers is not None for each in tickets)
    assert {each.definition_id for each in tickets} == {
        "lv_resident",
        "lv_business_three_zero",
        "lv_business",
        "hv_single_supply",
        "hv_dual_supply",
    }
    for name, take in (
        ("topology.csv", application.imports.topology),
        ("customers.csv", application.imports.customers),
        ("applications.csv", application.imports.applications),
    ):
        report = take(sample_content(name), actor=SYSTEM)
        assert (report.accepted, report.refused) == (0, ())
