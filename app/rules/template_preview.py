"""A message text tried out on a real ticket, without showing what is personal.

What its people were told already says how the parameters look: the same message if it was sent,
else what other messages of the ticket carried. What no message has carried yet is shown as a mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.message import segments
from notifications.renderer import Renderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifications.message import Message
    from notifications.renderer import MessageTemplate

_SECRET_LINK = re.compile(r"/p/[\w-]+")
_LONG_NUMBER = re.compile(r"(?<![\d-])\d{7,}[\dXx]?(?![\d-])")
"""Telephone and identity numbers in free text; dates and ticket numbers have hyphens."""
MASK = "****"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The text as it would be read; `made_up` are parameters that no message carried yet.

    `parts` is how many text messages the carrier would charge for.
    """

    text: str
    characters: int
    parts: int
    made_up: tuple[str, ...]


def preview_on(template: MessageTemplate, told: Sequence[Message]) -> Preview:
    """The template with the parameters of a ticket, whose messages are given newest first."""
    same = [each for each in told if each.template_key == template.key]
    known: dict[str, str] = {}
    for message in reversed([*same, *told]):
        known.update(message.params)
    params = {name: _masked(known.get(name, f"〔{name}〕")) for name in template.params}
    renderer = Renderer({})
    renderer.templates[template.key] = template
    text = renderer.render(template.key, params)
    return Preview(
        text=text,
        characters=len(text),
        parts=segments(text),
        made_up=tuple(name for name in template.params if name not in known),
    )


def _masked(value: str) -> str:
    return _LONG_NUMBER.sub(MASK, _SECRET_LINK.sub(f"/p/{MASK}", value))
