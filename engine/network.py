"""The levels of the network (电网拓扑), and the time for which somebody looks at it (R-7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MOMENT = timedelta(microseconds=1)
"""The shortest time there is."""


class NodeKind(StrEnum):
    """The levels, from the top."""

    SUBSTATION = "substation"
    FEEDER = "feeder"
    SECTION = "section"
    TRANSFORMER_AREA = "transformer_area"
    SERVICE_POINT = "service_point"


NODE_KINDS = {
    NodeKind.SUBSTATION: "变电站",
    NodeKind.FEEDER: "线路",
    NodeKind.SECTION: "线路分段",
    NodeKind.TRANSFORMER_AREA: "台区",
    NodeKind.SERVICE_POINT: "用户接入点",
}
"""Chinese names of the levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyView:
    """Who has supply: in the network as of `as_of`, with the outages from `since` to `until`.

    `until` is not part of it any more. What is to come is looked at in the network as it is now.
    """

    as_of: datetime
    since: datetime
    until: datetime

    @classmethod
    def at(cls, instant: datetime) -> SupplyView:
        """At one instant."""
        return cls(as_of=instant, since=instant, until=instant + MOMENT)
