"""The facts of an application that rules are decided by."""

from __future__ import annotations

from decimal import Decimal

from engine.application import ApplicantKind, AreaClass
from tests.builders import a_business, an_application


def test_q14_towns_are_not_urban_for_investment() -> None:
    assert [area for area in AreaClass if area.is_urban] == [
        AreaClass.CITY_CENTRE,
        AreaClass.COUNTY_SEAT,
    ]


def test_q15_capacity_is_the_total_after_connection() -> None:
    extension = a_business(existing_capacity_kw=Decimal(100), requested_capacity_kw=Decimal("70.5"))
    assert extension.total_capacity_kw == Decimal("170.5")


def test_everybody_but_a_resident_is_an_organisation() -> None:
    assert [kind for kind in ApplicantKind if not kind.is_organisation] == [ApplicantKind.RESIDENT]


def test_a_ticket_is_called_after_its_applicant() -> None:
    assert an_application().title == "李四"
