"""Who the customer is: voltage, customer type, service scheme, and why (R-4.1 to R-4.4, Q12-Q15).

The thresholds are dated policy, a value made by `workflows.eligibility`; the rules that read them
are here. Every outcome names the facts and the clauses that led to it, because an operator and a
customer must be able to check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.application import (
    APPLICANT_KINDS,
    AREA_CLASSES,
    ApplicantKind,
    AreaClass,
    CustomerType,
    InvestmentBoundary,
    ServiceScheme,
)
from engine.errors import MalformedError, Reason, RefusedError
from engine.ticket import Classification

if TYPE_CHECKING:
    from datetime import date

    from engine.application import ConnectionApplication

LOW_VOLTAGES_KV = frozenset({Decimal("0.22"), Decimal("0.38"), Decimal("0.4")})
HIGH_VOLTAGE_KV = Decimal(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoltageCap:
    """From a day on, up to how many kW a connection is made at low voltage."""

    from_on: date
    cap_kw: Decimal
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroInvestment:
    """From a day on, up to how many kW a business gets 三零, by area (R-4.1)."""

    from_on: date
    urban_kw: Decimal
    rural_kw: Decimal
    clause: str

    def threshold_kw(self, area: AreaClass) -> Decimal:
        """The threshold of that area; towns count with the countryside (Q14)."""
        return self.urban_kw if area.is_urban else self.rural_kw


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityPolicy:
    """Dated thresholds, oldest first, and which definition serves whom."""

    low_voltage_caps: tuple[VoltageCap, ...]
    zero_investment: tuple[ZeroInvestment, ...]
    zero_investment_applicants: frozenset[ApplicantKind]
    definitions: dict[tuple[CustomerType, ServiceScheme], str]

    def low_voltage_cap(self, on: date) -> VoltageCap:
        """The cap in force on that day; before the first row, the first row."""
        in_force = [row for row in self.low_voltage_caps if row.from_on <= on]
        return in_force[-1] if in_force else self.low_voltage_caps[0]

    def zero_investment_rule(self, on: date) -> ZeroInvestment | None:
        """The threshold in force on that day; None before there was one."""
        in_force = [row for row in self.zero_investment if row.from_on <= on]
        return in_force[-1] if in_force else None

    def in_force(self, on: date) -> str:
        """Names the rules of that day; another name means that open tickets are looked at again."""
        return f"{self.low_voltage_cap(on)} {self.zero_investment_rule(on)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """The facts that decide, without any name. Capacities in kW, voltage in kV.

    `requested_voltage_kv` None leaves the voltage to the company. Asking for 10 kV does not make a
    customer a high-voltage one: only the cap or a second source does (R-4.2).
    """

    applicant_kind: ApplicantKind
    requested_capacity_kw: Decimal
    area_class: AreaClass
    existing_capacity_kw: Decimal = Decimal(0)
    supply_sources: int = 1
    requested_voltage_kv: Decimal | None = None

    @classmethod
    def from_application(cls, application: ConnectionApplication) -> ConnectionFacts:
        """The facts of an application."""
        return cls(
            applicant_kind=application.applicant_kind,
            requested_capacity_kw=application.requested_capacity_kw,
            area_class=application.area_class,
            existing_capacity_kw=application.existing_capacity_kw,
            supply_sources=application.supply_sources,
            requested_voltage_kv=application.requested_voltage_kv,
        )

    @property
    def total_kw(self) -> Decimal:
        """Capacity after connection (Q15)."""
        return self.existing_capacity_kw + self.requested_capacity_kw


def classify(facts: ConnectionFacts, on: date, policy: EligibilityPolicy) -> Classification:
    """Who the customer is by the rules in force on `on`, the day of submission (Q13).

    Raises:
        MalformedError: the facts make no sense; all of it at once.
        RefusedError: above 10 kV, for which the plan has no limits (R-4.2, Q12).
    """
    _refuse_nonsense(facts)
    _refuse_above_10_kv(facts)
    cap = policy.low_voltage_cap(on)
    why_high = _why_high_voltage(facts, cap)
    reasons = [_facts_sentence(facts)]
    if why_high:
        customer_type, scheme = _supply_type(facts), ServiceScheme.THREE_SAVING
        reasons += [*why_high, *_supply_sentence(facts)]
    else:
        reasons.append(
            f"总容量 {_kw(facts.total_kw)} 未超过低压接入容量上限 {_kw(cap.cap_kw)}，"
            f"单电源，按低压接入（依据 {cap.clause}）"
        )
        if facts.requested_voltage_kv == HIGH_VOLTAGE_KV:
            reasons.append("客户申请 10 kV，但容量和电源数均未达到高压条件（依据 R-4.2, 四(三)1）")
        three_zero, sentence = _three_zero(facts, on, policy)
        is_resident = facts.applicant_kind is ApplicantKind.RESIDENT
        customer_type = CustomerType.LV_RESIDENT if is_resident else CustomerType.LV_BUSINESS
        scheme = ServiceScheme.THREE_ZERO if three_zero else ServiceScheme.STANDARD
        reasons.append(sentence)
    boundary, sentence = _boundary(scheme)
    return Classification(
        customer_type=customer_type,
        service_scheme=scheme,
        investment_boundary=boundary,
        definition_id=policy.definitions[customer_type, scheme],
        reasons=(*reasons, sentence),
    )


def better_for_customer(old: Classification, new: Classification) -> bool:
    """Whether `new` gives the customer more than `old` and takes nothing away (R-4.4)."""
    before, after = _benefits(old), _benefits(new)
    gives = any(now and not then for then, now in zip(before, after, strict=True))
    takes = any(then and not now for then, now in zip(before, after, strict=True))
    return gives and not takes


def _benefits(outcome: Classification) -> tuple[bool, ...]:
    """What is good for a customer: low voltage, the shorter limits, 三零, the extended boundary."""
    high = {CustomerType.HV_SINGLE_SUPPLY, CustomerType.HV_DUAL_SUPPLY}
    return (
        outcome.customer_type not in high,
        outcome.customer_type is not CustomerType.HV_DUAL_SUPPLY,
        outcome.service_scheme is ServiceScheme.THREE_ZERO,
        outcome.investment_boundary is InvestmentBoundary.EXTENDED,
    )


def _refuse_nonsense(facts: ConnectionFacts) -> None:
    reasons = []
    if not facts.requested_capacity_kw.is_finite() or facts.requested_capacity_kw <= 0:
        reasons.append(_malformed("requested_capacity_kw", "申请容量须大于 0 kW"))
    if not facts.existing_capacity_kw.is_finite() or facts.existing_capacity_kw < 0:
        reasons.append(_malformed("existing_capacity_kw", "原有容量不能小于 0 kW"))
    if facts.supply_sources < 1:
        reasons.append(_malformed("supply_sources", "电源数至少为 1"))
    voltage = facts.requested_voltage_kv
    if voltage is not None and not _is_supply_voltage(voltage):
        message = f"没有 {voltage} kV 这一供电电压"
        remedy = "请填 0.22、0.38、0.4 或 10，或留空由供电公司确定"
        reasons.append(_malformed("requested_voltage_kv", message, remedy))
    if reasons:
        raise MalformedError(reasons)


def _is_supply_voltage(voltage: Decimal) -> bool:
    if not voltage.is_finite():
        return False
    return voltage in LOW_VOLTAGES_KV or voltage >= HIGH_VOLTAGE_KV


def _malformed(field: str, message: str, remedy: str = "请核对后重新填写") -> Reason:
    return Reason(
        code="malformed_value", field=field, message=message, clause="R-4.2", remedy=remedy
    )


def _refuse_above_10_kv(facts: ConnectionFacts) -> None:
    voltage = facts.requested_voltage_kv
    if voltage is None or voltage <= HIGH_VOLTAGE_KV:
        return
    raise RefusedError(
        Reason(
            code="no_applicable_workflow",
            field="requested_voltage_kv",
            message=f"申请电压 {_plain(voltage)} kV 高于 10 kV，无适用流程",
            clause="R-4.2, 三(二)",
            remedy="方案未规定 10 kV 以上的时限，请转公司市场营销部另行办理",
        )
    )


def _why_high_voltage(facts: ConnectionFacts, cap: VoltageCap) -> list[str]:
    found = []
    if facts.total_kw > cap.cap_kw:
        found.append(
            f"总容量 {_kw(facts.total_kw)} 超过低压接入容量上限 {_kw(cap.cap_kw)}，"
            f"按 10 kV 接入（依据 {cap.clause}）"
        )
    if facts.supply_sources > 1:
        found.append(f"客户申请 {facts.supply_sources} 个电源，按 10 kV 接入（依据 R-4.2, 三(一)）")
    return found


def _supply_type(facts: ConnectionFacts) -> CustomerType:
    dual = facts.supply_sources > 1
    return CustomerType.HV_DUAL_SUPPLY if dual else CustomerType.HV_SINGLE_SUPPLY


def _supply_sentence(facts: ConnectionFacts) -> list[str]:
    limits = "双电源" if facts.supply_sources > 1 else "单电源"
    return [f"高压客户享受“三省”服务，适用{limits}时限（依据 R-1, R-4.4, 三, 附件）"]


def _three_zero(facts: ConnectionFacts, on: date, policy: EligibilityPolicy) -> tuple[bool, str]:
    who = APPLICANT_KINDS[facts.applicant_kind]
    if facts.applicant_kind is ApplicantKind.RESIDENT:
        return True, "低压居民享受“三零”服务（依据 R-4.1, 三, 四(三)2）"
    if facts.applicant_kind not in policy.zero_investment_applicants:
        return False, (
            f"申请人为{who}，不属于小微企业、个体工商户或农业（农民）专业合作社，"
            "不适用“三零”服务（依据 R-4.1, 四(三)3）"
        )
    rule = policy.zero_investment_rule(on)
    if rule is None:
        first = policy.zero_investment[0]
        return False, (
            f"受理日 {on:%Y-%m-%d} 早于“零投资”标准的施行日 {first.from_on:%Y-%m-%d}，"
            f"不适用“三零”服务（依据 {first.clause}）"
        )
    limit = rule.threshold_kw(facts.area_class)
    zone = "城区" if facts.area_class.is_urban else "农村地区（含城镇）"
    within = facts.total_kw <= limit
    verdict = "未超过" if within else "超过"
    outcome = f"{who}享受“三零”服务" if within else "不适用“三零”服务"
    return within, (
        f"总容量 {_kw(facts.total_kw)} {verdict} {rule.from_on:%Y-%m-%d} 起施行的{zone}"
        f"“零投资”标准 {_kw(limit)}，{outcome}（依据 {rule.clause}）"
    )


def _boundary(scheme: ServiceScheme) -> tuple[InvestmentBoundary, str]:
    if scheme is ServiceScheme.THREE_ZERO:
        return (
            InvestmentBoundary.EXTENDED,
            "投资界面延伸至用户红线（含计量装置），客户零投资（依据 R-4.3, 四(三)2）",
        )
    return (
        InvestmentBoundary.STANDARD,
        "投资界面按通常标准，供电方案确定前可另行决定延伸（依据 R-4.3, 四(三)2）",
    )


def _facts_sentence(facts: ConnectionFacts) -> str:
    return (
        f"申请人为{APPLICANT_KINDS[facts.applicant_kind]}，"
        f"用电地址属{AREA_CLASSES[facts.area_class]}，"
        f"接入后总容量 {_kw(facts.total_kw)}（原有 {_kw(facts.existing_capacity_kw)}，"
        f"申请 {_kw(facts.requested_capacity_kw)}），电源数 {facts.supply_sources}"
    )


def _kw(capacity: Decimal) -> str:
    return f"{_plain(capacity)} kW"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
