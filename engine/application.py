"""The facts a ticket starts from: who asks for a connection, where, and for how much.

`ConnectionApplication` is the customer's request (用电报装). `ServiceRequest` is the subject of
the other processes that run on the same engine (R-1.5): an asset transfer, a repair, a lease.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class ApplicantKind(StrEnum):
    """Who applies; decides the identity document and whether 三零 may apply (R-4.1)."""

    RESIDENT = "resident"
    ENTERPRISE = "enterprise"
    SMALL_MICRO = "small_micro"
    INDIVIDUAL_BUSINESS = "individual_business"
    FARMERS_COOPERATIVE = "farmers_cooperative"

    @property
    def is_organisation(self) -> bool:
        """Every applicant but a resident identifies itself by licence or code certificate."""
        return self is not ApplicantKind.RESIDENT


class AreaClass(StrEnum):
    """Where the supply address lies; `urban` for investment is city centre or county seat (Q14)."""

    CITY_CENTRE = "city_centre"
    COUNTY_SEAT = "county_seat"
    TOWN = "town"
    RURAL = "rural"

    @property
    def is_urban(self) -> bool:
        """Whether the zero-investment threshold of urban areas applies (R-4.1)."""
        return self in {AreaClass.CITY_CENTRE, AreaClass.COUNTY_SEAT}


APPLICANT_KINDS = {
    ApplicantKind.RESIDENT: "居民",
    ApplicantKind.ENTERPRISE: "一般企业（非小微）",
    ApplicantKind.SMALL_MICRO: "小微企业",
    ApplicantKind.INDIVIDUAL_BUSINESS: "个体工商户",
    ApplicantKind.FARMERS_COOPERATIVE: "农业（农民）专业合作社",
}
AREA_CLASSES = {
    AreaClass.CITY_CENTRE: "市中心城区",
    AreaClass.COUNTY_SEAT: "县（市、区）城区",
    AreaClass.TOWN: "城镇",
    AreaClass.RURAL: "农村",
}
"""The plan's own words (三(四), 四(三)3), the same on every screen and in every reason."""


class CustomerType(StrEnum):
    """The plan's customer types (附件); with the service scheme it selects the definition."""

    LV_RESIDENT = "lv_resident"
    LV_BUSINESS = "lv_business"
    HV_SINGLE_SUPPLY = "hv_single_supply"
    HV_DUAL_SUPPLY = "hv_dual_supply"


class ServiceScheme(StrEnum):
    """三零, 三省 or neither: a scheme, not a customer type (R-4.4)."""

    THREE_ZERO = "three_zero"
    THREE_SAVING = "three_saving"
    STANDARD = "standard"


class InvestmentBoundary(StrEnum):
    """Up to where the company builds: the customer's boundary (红线) or the usual point (R-4.3)."""

    STANDARD = "standard"
    EXTENDED = "extended"


class IntakeChannel(StrEnum):
    """How the application reached the company (M2b)."""

    COUNTER = "counter"
    ONLINE = "online"
    VISIT = "visit"


class IdKind(StrEnum):
    """Which number identifies the applicant: a resident id or a unified social credit code."""

    RESIDENT_ID = "resident_id"
    USCC = "uscc"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The person to be told: name, mobile number (11 digits, may be empty), WeChat openid."""

    name: str
    phone: str = ""
    wechat_openid: str = ""


@dataclass(frozen=True, kw_only=True)
class ConnectionApplication:
    """A validated application for a connection (用电报装).

    Capacities are kilowatts; `requested_voltage_kv` is None where the customer leaves the choice
    to the company; `supply_sources` counts independent sources (双电源 is 2).
    `expected_energization_on` is the customer's wish, by which matching works are scheduled back
    (R-9.1a); it binds no clock.
    """

    contact: Contact
    applicant_kind: ApplicantKind
    id_kind: IdKind
    id_number: str
    address: str
    area_class: AreaClass
    requested_capacity_kw: Decimal
    existing_capacity_kw: Decimal = Decimal(0)
    requested_voltage_kv: Decimal | None = None
    supply_sources: int = 1
    node_id: str = ""
    channel: IntakeChannel = IntakeChannel.COUNTER
    major_campaign: bool = False
    external_ref: str = ""
    expected_energization_on: date | None = None

    @property
    def title(self) -> str:
        """How the ticket is called on a screen."""
        return self.contact.name

    @property
    def total_capacity_kw(self) -> Decimal:
        """Capacity after connection, existing plus requested (Q15)."""
        return self.existing_capacity_kw + self.requested_capacity_kw


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """The subject of a ticket that is not a connection application (R-1.5)."""

    title: str
    contact: Contact
    address: str = ""
    node_id: str = ""
    external_ref: str = ""
    details: dict[str, str] = field(default_factory=dict)
