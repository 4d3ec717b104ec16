"""A ticket's ledger in Chinese sentences, for people who want to know what happened.

The ledger keeps events as JSON; each kind of event has one sentence here. Names and numbers of
customers stay masked, as on every screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from app.authorization import ACTION_NAMES, Action
from app.labels import CHECKPOINTS, RECORDED_FACTS, RECORDED_TOPICS
from app.masking import masked_name, masked_phone
from engine.amendments import AMENDABLE
from engine.clocks import CAUSE_NAMES, WHOLE_NAMES, ClockKind
from engine.documents import SOURCE_NAMES
from engine.fields import shown
from engine.outage import RESTORATION_MEANS, RestorationMeans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from engine.definition import WorkflowDefinition
    from engine.ledger import LedgerEntry

Facts = dict[str, Any]

SWEEP_NAMES = {
    "reclassification": "按新规则重新归类",
    "calendar_changed": "日历变更重算",
    "migrate": "迁移到新版本",
}
"""What is done to many tickets at once, as it stands in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One entry of the ledger, told."""

    seq: int
    at: datetime
    actor_name: str
    action_name: str
    sentences: tuple[str, ...]


def action_name(definition: WorkflowDefinition, entry: LedgerEntry) -> str:
    """What was done, as the button or the sweep is called; `definition` governed the ticket then.

    A trigger may have another name in another state.
    """
    here = definition.edges.get((entry.source_state, entry.action))
    moves = [here] if here else [m for m in definition.transitions if m.trigger == entry.action]
    if moves:
        return moves[0].name
    if definition.internal and entry.action == Action.SUBMIT:
        return "立单"
    named = {**SWEEP_NAMES, **{str(each): name for each, name in ACTION_NAMES.items()}}
    return named.get(entry.action, entry.action)


def narrate(
    entries: Iterable[LedgerEntry],
    definitions: Mapping[str, WorkflowDefinition],
    names: Mapping[str, str],
) -> tuple[HistoryLine, ...]:
    """A ticket's entries in sentences, each in the words of the definition that governed it then.

    `definitions` are all that ever governed the ticket, by ref; `names` people's, by user id.
    """
    tellers = {
        ref: Narrator(
            definition=each,
            others=tuple(other for other in definitions.values() if other is not each),
            names=names,
        )
        for ref, each in definitions.items()
    }
    return tuple(tellers[entry.definition_ref].line(entry) for entry in entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrator:
    """Tells what happened under one definition; what it does not know, the others may."""

    definition: WorkflowDefinition
    names: Mapping[str, str]
    others: tuple[WorkflowDefinition, ...] = ()

    def line(self, entry: LedgerEntry) -> HistoryLine:
        """The entry with one sentence an event."""
        told = (self._sentence(event) for event in entry.facts.get("events", []))
        return HistoryLine(
            seq=entry.seq,
            at=entry.at,
            actor_name=entry.actor_name,
            action_name=self._action(entry),
            sentences=tuple(sentence for sentence in told if sentence),
        )

    def _action(self, entry: LedgerEntry) -> str:
        names = (action_name(each, entry) for each in self._known())
        return next((name for name in names if name != entry.action), entry.action)

    def _sentence(self, event: Facts) -> str:
        tell = _TELLERS.get(str(event.get("event", "")))
        return "" if tell is None else tell(self, event)

    def _known(self) -> tuple[WorkflowDefinition, ...]:
        return self.definition, *self.others

    def _state(self, state: str) -> str:
        found = (
            each.state_by_id[state].name for each in self._known() if state in each.state_by_id
        )
        return next(found, state)

    def _stage(self, stage: str) -> str:
        found = (
            each.stage_by_id[stage].name for each in self._known() if stage in each.stage_by_id
        )
        return next(found, stage)

    def _kind(self, kind: str) -> str:
        names = (each.document_names[kind] for each in self._known() if kind in each.document_names)
        return next(names, kind)

    def _requirements(self, ids: list[str]) -> str:
        named = {each.id: each.name for known in self._known()[::-1] for each in known.documents}
        return "、".join(named.get(each, each) for each in ids)

    def _definition(self, ref: str) -> str:
        found = (f"“{each.name}”第 {each.version} 版" for each in self._known() if each.ref == ref)
        return next(found, f"第 {ref.rpartition('@')[2]} 版流程")

    def submitted(self, event: Facts) -> str:
        """The application came in, or an internal ticket was opened."""
        if self.definition.internal:
            return "已立单"
        missing = self._requirements(event["missing"])
        return f"收到申请，缺少{missing}，暂不起算时限" if missing else "收到申请，关键资料齐全"

    def clock_started(self, event: Facts) -> str:
        """A stage's clock began."""
        due = f"，最迟 {_day(event['due_on'])} 办结" if event["due_on"] else ""
        return f"“{self._stage(event['stage'])}”环节开始计时{due}"

    def moved(self, event: Facts) -> str:
        """A transition was fired."""
        reason = f"，原因：{event['reason']}" if event["reason"] else ""
        return f"由“{self._state(event['source'])}”转为“{self._state(event['target'])}”{reason}"

    def deferred(self, event: Facts) -> str:
        """Conditional acceptance."""
        due: str = {str(key): name for key, name in CHECKPOINTS.items()}[event["due_before"]]
        return f"容缺受理：{self._requirements(event['requirements'])}，须于{due}补齐"

    def supplied(self, event: Facts) -> str:
        """A paper came in."""
        sources = {str(key): name for key, name in SOURCE_NAMES.items()}
        source = sources.get(event["source"], event["source"])
        kept = "，已存电子件" if event["sha256"] else ""
        return f"收到第 {event['number']} 份资料：{self._kind(event['kind'])}（{source}）{kept}"

    def verified(self, event: Facts) -> str:
        """A paper was found good."""
        return f"第 {event['number']} 份资料（{self._kind(event['kind'])}）审核合格"

    def rejected(self, event: Facts) -> str:
        """A paper was found wanting."""
        kind = self._kind(event["kind"])
        return f"第 {event['number']} 份资料（{kind}）审核不合格：{event['reason']}"

    def stopped(self, event: Facts) -> str:
        """The clocks stand still."""
        evidence = f"，依据：{event['evidence']}" if event["evidence"] else ""
        return f"暂停计时：{_cause(event)}{evidence}"

    def resumed(self, event: Facts) -> str:
        """The clocks run again."""
        due = f"，最迟 {_day(event['due_on'])} 办结" if event["due_on"] else ""
        return f"恢复计时（{_cause(event)}），扣除 {event['given_back_days']} 个工作日{due}"

    def extended(self, event: Facts) -> str:
        """The boundary was extended."""
        return f"投资界面延伸至用户红线，原因：{event['reason']}"

    def assigned(self, event: Facts) -> str:
        """The managers were named."""
        after = event["after"]
        project = self.names.get(after["project_manager"], after["project_manager"])
        account = self.names.get(after["account_manager"], after["account_manager"])
        reason = f"，原因：{event['reason']}" if event["reason"] else ""
        return f"双经理：项目经理{project}，客户经理{account}{reason}"

    def amended(self, event: Facts) -> str:
        """Facts were corrected."""
        changes = "；".join(
            f"{AMENDABLE[field]}由“{_masked(field, before)}”更正为“{_masked(field, after)}”"
            for field, (before, after) in event["changes"].items()
        )
        return f"{changes}，原因：{event['reason']}"

    def details_recorded(self, event: Facts) -> str:
        """Fields were entered."""
        order = {field.id: place for place, field in enumerate(self.definition.fields)}
        recorded = sorted(event["changes"].items(), key=lambda each: order.get(each[0], -1))
        changes = (self._detail(field_id, *change) for field_id, change in recorded)
        return f"登记：{'；'.join(changes)}"

    def _detail(self, field_id: str, before: str, after: str) -> str:
        fields = (each.field_by_id.get(field_id) for each in self._known())
        known = next((each for each in fields if each is not None), None)
        if known is None:
            return f"{field_id}“{after}”"
        told = f"“{shown(known, after)}”"
        change = f"由“{shown(known, before)}”改为{told}" if before else told
        return f"{known.name}{change}"

    def reclassified(self, event: Facts) -> str:
        """Another definition applies."""
        before, after = self._definition(event["before"]), self._definition(event["after"])
        return f"适用流程由{before}改为{after}：{'；'.join(event['reasons'])}"

    def promise_changed(self, event: Facts) -> str:
        """Another calendar or version gave another due date."""
        provisional = "（暂定）" if event["provisional"] else ""
        before, after = _day(event["before"]), _day(event["after"])
        why = f"，原因：{event['reason']}" if event.get("reason") else ""
        stage = self._stage(event["stage"])
        return f"“{stage}”最迟日期由 {before} 变更为 {after}{provisional}{why}"

    def outage_declared(self, event: Facts) -> str:
        """Where supply goes out."""
        serves = f"，配合工单 {'、'.join(event['serves'])}" if event["serves"] else ""
        return f"停电节点：{'、'.join(event['nodes'])}{serves}"

    def supply_restored(self, event: Facts) -> str:
        """Where it is back."""
        how = RESTORATION_MEANS[RestorationMeans(event["means"])]
        return f"恢复送电节点：{'、'.join(event['nodes'])}（{how}）"

    def agreed(self, event: Facts) -> str:
        """The customer agreed to another version's terms."""
        terms = "；".join(self._term(each) for each in event["terms"])
        asked = f"补交{'、'.join(event['papers'])}" if event["papers"] else ""
        what = "；".join(part for part in (terms, asked) if part)
        definition = self._definition(event["definition"])
        return f"客户同意改按{definition}办理：{what}，依据：{event['evidence']}"

    def migrated(self, event: Facts) -> str:
        """Another version governs the ticket."""
        source, target = self._state(event["source"]), self._state(event["target"])
        state = f"，状态由“{source}”对应为“{target}”" if source != target else ""
        changes = [self._term(each) for each in event["terms"]]
        changes += [f"要求{name}" for name in event["asked"]]
        changes += [f"不再要求{name}" for name in event["dropped"]]
        before, after = self._definition(event["before"]), self._definition(event["after"])
        head = f"流程由{before}改为{after}（第 {event['migration']} 次版本迁移）"
        return "；".join([f"{head}{state}", *changes])

    def _term(self, term: Facts) -> str:
        """A clock before and after, in whichever of the two has changed."""
        kind, _, stage = term["clock"].partition(":")
        name = self._stage(stage) if stage else WHOLE_NAMES[ClockKind(kind)]
        limits = [_limit(term[each]) for each in ("limit_before", "limit_after")]
        days = [_day(term[each]) if term[each] else "未定" for each in ("due_before", "due_after")]
        told = [f"由 {limits[0]}改为 {limits[1]}"] if limits[0] != limits[1] else []
        told += [f"最迟由 {days[0]} 改为 {days[1]}"] if days[0] != days[1] else []
        return f"{name}{'，'.join(told)}"

    def recorded(self, event: Facts) -> str:
        """Something beside the ticket's course."""
        topic = RECORDED_TOPICS.get(event["topic"], event["topic"])
        known = event["facts"]  # in the ledger they are sorted by name
        told = [f"{name} {known[key]}" for key, name in RECORDED_FACTS.items() if key in known]
        facts = "，".join(told)
        reason = f"，原因：{event['reason']}" if event["reason"] else ""
        return f"{topic}：{facts}{reason}" if facts else f"{topic}{reason}"

    def flagged(self, event: Facts) -> str:
        """Something for the auditors."""
        return f"标记：{event['flag']['note']}"


_TELLERS: dict[str, Callable[[Narrator, Facts], str]] = {
    "TicketSubmitted": Narrator.submitted,
    "ClockStarted": Narrator.clock_started,
    "TicketMoved": Narrator.moved,
    "DocumentsDeferred": Narrator.deferred,
    "DocumentSupplied": Narrator.supplied,
    "DocumentVerified": Narrator.verified,
    "DocumentRejected": Narrator.rejected,
    "ClockStopped": Narrator.stopped,
    "ClockResumed": Narrator.resumed,
    "BoundaryExtended": Narrator.extended,
    "ManagersAssigned": Narrator.assigned,
    "ApplicationAmended": Narrator.amended,
    "DetailsRecorded": Narrator.details_recorded,
    "TicketReclassified": Narrator.reclassified,
    "PromiseChanged": Narrator.promise_changed,
    "OutageDeclared": Narrator.outage_declared,
    "SupplyRestored": Narrator.supply_restored,
    "MigrationAgreed": Narrator.agreed,
    "TicketMigrated": Narrator.migrated,
    "FactsRecorded": Narrator.recorded,
    "TicketFlagged": Narrator.flagged,
}


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%Y-%m-%d}"


def _limit(days: int | None) -> str:
    return "不限时" if days is None else f"{days} 个工作日"


def _cause(event: Facts) -> str:
    return {str(key): name for key, name in CAUSE_NAMES.items()}[event["cause"]]


def _masked(field: str, value: str) -> str:
    match field:
        case "phone":
            return masked_phone(value)
        case "name":
            return masked_name(value)
        case "requested_capacity_kw":
            return f"{value} kW"
        case _:
            return value or "（未填）"
