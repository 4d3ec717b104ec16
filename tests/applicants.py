"""People for tests of the whole application: those who apply, and those who work in the office.

Everybody and every number is made up. Builders name only what a test is about.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.application import (
    ApplicantKind,
    AreaClass,
    ConnectionApplication,
    Contact,
    IdKind,
    ServiceRequest,
)
from engine.ticket import Actor, ManagerPair, Role

PEOPLE = (
    ("tc-counter", "柳青禾", Role.OPERATOR, "tengchong"),
    ("tc-account", "白若溪", Role.ACCOUNT_MANAGER, "tengchong"),
    ("tc-account-2", "程远帆", Role.ACCOUNT_MANAGER, "tengchong"),
    ("tc-project", "顾长林", Role.PROJECT_MANAGER, "tengchong"),
    ("tc-project-2", "陆星野", Role.PROJECT_MANAGER, "tengchong"),
    ("tc-section", "温知秋", Role.SECTION_HEAD, "tengchong"),
    ("tc-head", "骆怀山", Role.BRANCH_HEAD, "tengchong"),
    ("tc-dispatch", "丁一舟", Role.DISPATCHER, "tengchong"),
    ("ll-counter", "江晚晴", Role.OPERATOR, "longling"),
    ("ll-account", "梅雨田", Role.ACCOUNT_MANAGER, "longling"),
    ("ll-project", "古松年", Role.PROJECT_MANAGER, "longling"),
    ("ll-section", "石敬川", Role.SECTION_HEAD, "longling"),
    ("ll-head", "苗春生", Role.BRANCH_HEAD, "longling"),
    ("marketing", "宋时雨", Role.MARKETING, ""),
    ("auditor", "严守正", Role.AUDITOR, ""),
    ("chief", "方暮云", Role.ADMINISTRATOR, ""),
)
WHO = {
    user_id: Actor(user_id=user_id, name=name, roles=frozenset({role}), branch=branch)
    for user_id, name, role, branch in PEOPLE
}
COUNTER, ACCOUNT, PROJECT = WHO["tc-counter"], WHO["tc-account"], WHO["tc-project"]
SECTION, CHIEF = WHO["tc-section"], WHO["chief"]
PHONES = {user_id: f"130000001{number:02}" for number, user_id in enumerate(WHO, start=1)}
PAIR = ManagerPair(project_manager="tc-project", account_manager="tc-account")
OTHER_PAIR = ManagerPair(project_manager="tc-project-2", account_manager="tc-account-2")

# --- who applies -----------------------------------------------------------------------------

RESIDENT = ConnectionApplication(
    contact=Contact(name="何青山", phone="13000000301"),
    applicant_kind=ApplicantKind.RESIDENT,
    id_kind=IdKind.RESIDENT_ID,
    id_number="530599198604120118",
    address="示例县城和畅路18号",
    area_class=AreaClass.COUNTY_SEAT,
    requested_capacity_kw=Decimal(8),
)
BUSINESS = replace(
    RESIDENT,
    contact=Contact(name="示例县望江食品有限公司", phone="13000000306"),
    applicant_kind=ApplicantKind.SMALL_MICRO,
    id_kind=IdKind.USCC,
    id_number="91530599MA6XPLE037",
    address="示例县城望江路5号",
    requested_capacity_kw=Decimal(100),
)
ENTERPRISE = replace(
    BUSINESS,
    contact=Contact(name="示例县知行文化有限公司", phone="13000000307"),
    applicant_kind=ApplicantKind.ENTERPRISE,
    id_number="91530599MA6XPLE04A",
    address="示例县城知行路66号",
    requested_capacity_kw=Decimal(80),
)
FACTORY = replace(
    ENTERPRISE,
    contact=Contact(name="示例县青石建材有限公司", phone="13000000308"),
    id_number="91530599MA6XPLE05D",
    address="示例镇工业路1号",
    area_class=AreaClass.TOWN,
    requested_capacity_kw=Decimal(630),
)
HOSPITAL = replace(
    FACTORY,
    contact=Contact(name="示例县人民医院", phone="13000000309"),
    id_number="91530599MA6XPLE06G",
    address="示例县城健康路9号",
    requested_capacity_kw=Decimal(1250),
    supply_sources=2,
)
LOW_VOLTAGE_PAPERS = {
    IdKind.RESIDENT_ID: ("identity", "property_proof"),
    IdKind.USCC: ("business_licence", "property_proof"),
}
HIGH_VOLTAGE_PAPERS = ("business_licence", "property_proof", "project_approval")


def a_resident(**facts: Any) -> ConnectionApplication:
    """A resident in the county seat asks for 8 kW, unless told otherwise."""
    return replace(RESIDENT, **facts)


def a_business(**facts: Any) -> ConnectionApplication:
    """A small enterprise in the county seat asks for 100 kW."""
    return replace(BUSINESS, **facts)


def an_enterprise(**facts: Any) -> ConnectionApplication:
    """An enterprise that is too large for 三零 asks for 80 kW."""
    return replace(ENTERPRISE, **facts)


def a_factory(**facts: Any) -> ConnectionApplication:
    """An enterprise asks for 630 kW from one source: high voltage."""
    return replace(FACTORY, **facts)


def a_hospital(**facts: Any) -> ConnectionApplication:
    """A hospital asks for 1250 kW from two sources."""
    return replace(HOSPITAL, **facts)


def a_quarter(**facts: Any) -> ServiceRequest:
    """A new residential quarter hands over its installations."""
    contact = Contact(name="示例物业", phone="13000000310")
    return replace(ServiceRequest(title="示例小区", contact=contact), **facts)
