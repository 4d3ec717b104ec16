"""The message texts in use, as planning needs them: the published ones over the shipped ones.

Built again only when their stamp in the database changes. No text may ever keep a ticket from
being handled: where a company's own text asks for a parameter that this program no longer gives,
the shipped text speaks instead, and the log says so.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from notifications.renderer import Renderer, TemplateFaultsError, parse_template, shipped_renderer

if TYPE_CHECKING:
    from app.ports.work import TemplateText, Work
    from notifications.renderer import MessageTemplate

logger = logging.getLogger(__name__)


class MessageTexts:
    """Remembers the renderer of one stamp."""

    def __init__(self) -> None:
        self._known: tuple[str, Renderer] | None = None

    def of(self, work: Work, stamp: str) -> Renderer:
        """Every text as of this transaction, whose stamp has been read already."""
        if self._known is None or self._known[0] != stamp:
            renderer = Renderer({})
            renderer.templates.update(shipped_renderer().templates)
            for text in work.message_templates.current():
                usable = _usable(text)
                if usable is not None:
                    renderer.templates[text.key] = usable
            self._known = (stamp, renderer)
        return self._known[1]


def _usable(text: TemplateText) -> MessageTemplate | None:
    model = shipped_renderer().templates.get(text.key)
    try:
        template = parse_template(text.key, text.source)
    except TemplateFaultsError:
        template = None
    if template is None or model is None or not set(template.params) <= set(model.params):
        if model is not None:
            logger.warning("published text %s does not fit this program", text.key)
        return None
    return template
