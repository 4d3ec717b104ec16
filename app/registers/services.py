"""The registers, each made when it is first asked for."""

# ruff: noqa: PLC0415  (a command waits for what it uses only)

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.clock import Clock
    from app.ports.registers import RegisterDatabase
    from app.registers.complaints import ComplaintRegister
    from app.registers.undervoltage import UndervoltageRegister


@dataclass(frozen=True, kw_only=True)
class Registers:
    """What the company has to put right."""

    database: RegisterDatabase
    clock: Clock

    @cached_property
    def undervoltage(self) -> UndervoltageRegister:
        """Areas with too low a voltage."""
        from app.registers.undervoltage import UndervoltageRegister

        return UndervoltageRegister(database=self.database, clock=self.clock)

    @cached_property
    def complaints(self) -> ComplaintRegister:
        """Communities and what their people complain of."""
        from app.registers.complaints import ComplaintRegister
        from workflows.readiness_policy import shipped_readiness

        return ComplaintRegister(database=self.database, clock=self.clock, policy=shipped_readiness)
