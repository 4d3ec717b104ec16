"""An office with a network and customers to put in the dark, and what its dispatcher does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.outage import OutageKind
from engine.ticket import SYSTEM
from notifications.message import MessageState
from tests.applicants import WHO

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from app.outages.views import OutagePage
    from tests.application import Office

DISPATCHER = WHO["tc-dispatch"]

NETWORK = """\
node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,alternative_node_id
S1,substation,,城东变电站,,,,,
F1,feeder,S1,10千伏城线,,,,,
T1,transformer_area,F1,和畅台区,400,,city_centre,,
P11,service_point,T1,和畅1号表位,,8,city_centre,,
P12,service_point,T1,和畅2号表位,,8,city_centre,,
P13,service_point,T1,和畅3号表位,,8,city_centre,yes,F2
T2,transformer_area,F1,知行台区,315,,county_seat,,
P21,service_point,T2,知行1号表位,,8,county_seat,,
P22,service_point,T2,知行2号表位,,8,county_seat,,
P23,service_point,T2,知行3号表位,,8,county_seat,yes,
P24,service_point,T2,知行4号表位,,8,county_seat,,
F2,feeder,S1,10千伏乡线,,,,,
G-07,transformer_area,F2,竹溪台区,160,,rural,,
P1,service_point,G-07,竹溪1号表位,,8,rural,,
"""
CUSTOMERS = """\
customer_no,node_id,name,phone,wechat_openid,outage_notices
C11,P11,冯某,13000001011,,yes
C12,P12,蒋某,13000001012,oWX12,yes
C13,P13,示例医院,13000001013,,yes
C21,P21,冯某,13000001011,,yes
C22,P22,吕某,,,yes
C23,P23,示例泵站,13000001023,,yes
C24,P24,秦某,13000001024,,no
C1,P1,朱某,13000001001,,yes
"""
FENG, JIANG, HOSPITAL = "13000001011", "oWX12", "13000001013"
PUMPS, QIN, ZHU = "13000001023", "13000001024", "13000001001"
"""Feng has two meters, one in each area; Jiang reads WeChat; the hospital is supplied from F2 too;
the pumping station is important; Qin wants no notices; Lü has no number; Zhu lives on F2."""

PLANNED = {
    "cause": "maintenance",
    "planned_start_at": "2021-09-08 08:00",
    "planned_end_at": "2021-09-08 18:00",
    "live_work": "not_feasible",
    "live_work_considered": "线路间距不足，不具备带电作业条件",
}
"""A planned outage on 2021-09-08 from 08:00 to 18:00."""


def furnish_outages(office: Office) -> None:
    """The network and the customers."""
    for take, content in (
        (office.application.imports.topology, NETWORK),
        (office.application.imports.customers, CUSTOMERS),
    ):
        assert take(content.encode(), actor=SYSTEM).refused == ()


def plan_outage(office: Office, *nodes: str, **given: str) -> OutageResult:
    """The dispatcher announces the planned outage."""
    return office.application.outages.announcements.announce(
        OutageKind.PLANNED, nodes, PLANNED | given, actor=DISPATCHER
    )


def report_fault(office: Office, *nodes: str, **given: str) -> OutageResult:
    """The dispatcher enters a fault that happened just now, unless told otherwise."""
    return office.application.outages.announcements.announce(
        OutageKind.FAULT, nodes, given, actor=DISPATCHER
    )


def restore(office: Office, result: OutageResult, *nodes: str, **given: str) -> OutageResult:
    """Supply is back below these nodes, everywhere without any."""
    number = result.outage.ticket_no
    return office.application.outages.supply.restore(number, given, nodes=nodes, actor=DISPATCHER)


def expect_back(office: Office, result: OutageResult, estimate: str) -> OutageResult:
    """The crew says until when it will take."""
    given = {"estimated_restoration_at": estimate}
    number = result.outage.ticket_no
    return office.application.outages.supply.report_progress(number, given, actor=DISPATCHER)


def text_to(office: Office, address: str, template: str) -> str:
    """The last words of that template to the address."""
    found = [
        each
        for each in office.messages()
        if (each.address, each.template_key) == (address, template)
    ]
    return found[-1].text


def page_of(office: Office, result: OutageResult) -> OutagePage:
    """The outage as people look at it."""
    return office.application.outages.reader.outage(result.outage.ticket_no, actor=DISPATCHER)


class Listener:
    """Hears what customers are told: address and template of each new message, in small pages."""

    def __init__(self, office: Office, *, page: int = 2) -> None:
        self._office = office
        self._page = page
        self._heard: set[str] = set()

    def __call__(self) -> list[tuple[str, str]]:
        """What is new and not superseded since the last time, by address."""
        self.write_out()
        fresh = [
            each
            for each in self._office.messages()
            if each.id not in self._heard
            and each.notice_id is not None
            and each.state is not MessageState.SUPERSEDED
        ]
        self._heard.update(each.id for each in fresh)
        return sorted((each.address, each.template_key) for each in fresh)

    def arrived(self) -> None:
        """Whatever was written until now reaches everybody."""
        self.write_out()
        at = self._office.clock()
        with self._office.application.database.writing() as work:
            for each in self._office.messages():
                if each.notice_id is not None and each.state is MessageState.PENDING:
                    work.outbox.settle(each.id, MessageState.DELIVERED, at)
            work.commit()

    def write_out(self) -> None:
        """Write the messages of every notice that is not written yet.

        Before its first page the points are determined anew, which may be worth a notice more.
        """
        application = self._office.application
        while True:
            with application.database.reading() as work:
                unfinished = work.notices.unfinished()
            if not unfinished:
                return
            for notice_id in unfinished:
                while self.write_page(notice_id):
                    pass

    def write_page(self, notice_id: str) -> bool:
        """Write the next page of a notice; whether there may be more."""
        application = self._office.application
        with application.database.writing() as work:
            notice = work.notices.take(notice_id)
            if notice is None:
                return False
            after = application.outage_fan_out.page(work, notice, self._page)
            work.notices.advance(notice_id, after, self._office.clock())
            work.commit()
        return bool(after)
