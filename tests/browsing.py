"""What tests of pages do in a browser of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser


RESIDENT = "TC-20261123-0001"


WITHOUT_KEY = "TC-20261123-0003"


HIGH_VOLTAGE = "TC-20261123-0008"


FORM = {
    "applicant_name": "陈晓",
    "applicant_kind": "resident",
    "id_number": "530502200310082006",
    "phone": "13812345521",
    "address": "示例路1号",
    "area_class": "county_seat",
    "requested_capacity_kw": "8",
    "existing_capacity_kw": "",
    "requested_voltage_kv": "",
    "supply_sources": "",
    "node_id": "",
    "channel": "counter",
    "major_campaign": "no",
    "external_ref": "",
    "documents": ["identity", "property_proof"],
}


def act(browser: Browser, ticket_no: str, verb: str, **fields: str) -> Browser:
    return browser.get(f"/tickets/{ticket_no}").post(f"/tickets/{ticket_no}/{verb}", **fields)


def new_number(browser: Browser) -> str:
    found = re.search(r"TC-\d{8}-\d{4}", browser.text)
    assert found is not None
    return found[0]


def progress_path(application: Application, ticket_no: str) -> str:
    actor = application.accounts.actor("demo")
    return f"/p/{application.queries.ticket(ticket_no, actor=actor).progress_token}"
