"""A picture as SVG: attributes only, so that it shows under a strict content policy and anywhere.

Nothing is told by colour alone: ends have a sign and another shape, marks a word and another line.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from engine.definition import Ending
from workflows.diagram import GONE, MARKS, NEW, OTHER
from workflows.drawing.measure import width
from workflows.drawing.picture import NOTE_SIZE
from workflows.drawing.pieces import CURRENT, LINE, LOOP, START, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.drawing.pieces import Arrow, Picture, StateBox
    from workflows.drawing.shapes import Leg, Route, Spot

FONTS = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
INK, GREY, ARROW, BORDER = "#1c2733", "#49566c", "#49566c", "#d5dbe4"
BLUE, GREEN, RED = "#0a4a8a", "#17603a", "#a61b1b"
PAPER, BAND, HERE = "#ffffff", "#f4f6f9", "#e6f0fb"
ENDS = {Ending.COMPLETED: ("✓ ", "#e4f5ea", GREEN), Ending.ABORTED: ("✕ ", "#fdecec", RED)}
DASHES = {GONE: "2 4", OTHER: "10 4"}
MARGIN, HEAD, INSET = 12.0, 16.0, 4.0
"""Around everything; beside the titles of the stages; between the two lines of what is new."""
TIP = 8.0
PLAIN = f'fill="{INK}" text-anchor="middle"'
BOLD = f'{PLAIN} font-weight="bold"'
FAINT = f'fill="{GREY}" text-anchor="middle"'
BEGINNING = f'fill="{INK}" text-anchor="start"'
FAINT_BEGINNING = f'fill="{GREY}" text-anchor="start"'

Point = tuple[float, float]

BASELINE = 0.35
"""From the middle of a line of text down to its baseline, in heights of the text."""


def svg(picture: Picture, *, prefix: str = "diagram") -> str:
    """The picture as an `svg` element; `prefix` keeps its ids apart from others on a page."""
    titles = [max(each.title.width, each.limit.width) for each in picture.bands]
    left = MARGIN + (max(titles) + 2 * HEAD if titles else 0)
    return "\n".join(_Drawing(picture, left).lines(prefix)) + "\n"


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The picture whose layout begins at `left`, beside the titles of the stages."""

    picture: Picture
    left: float

    @property
    def right(self) -> float:
        legend = max((width(each, NOTE_SIZE) for each in self.picture.legend), default=0)
        return max(self.left + self.picture.layout.across, MARGIN + legend)

    @property
    def bottom(self) -> float:
        return MARGIN + self.picture.layout.along

    def lines(self, prefix: str) -> Iterator[str]:
        wide, high = self.right + MARGIN, self.bottom + MARGIN
        high += len(self.picture.legend) * NOTE_SIZE * LINE
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}"'
            f' width="{wide:.0f}" height="{high:.0f}" role="img"'
            f' aria-labelledby="{prefix}-title {prefix}-desc" font-family="{FONTS}">'
        )
        yield f'<title id="{prefix}-title">{escape(self.picture.title)}流程图</title>'
        yield f'<desc id="{prefix}-desc">{escape(self.picture.description)}</desc>'
        yield f'<rect width="{wide:.0f}" height="{high:.0f}" fill="{PAPER}"/>'
        yield from self._bands()
        yield from self._start()
        for arrow in self.picture.arrows:
            yield from self._arrow(arrow)
        for box in self.picture.boxes.values():
            yield from self._box(box)
        yield from self._legend()
        yield "</svg>"

    def _bands(self) -> Iterator[str]:
        for band in self.picture.bands:
            begins, ends = self.picture.layout.groups[band.group]
            x, y = MARGIN, MARGIN + begins
            border = f'fill="{BAND}" stroke="{BORDER}"'
            yield (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{self.right - MARGIN:.1f}"'
                f' height="{ends - begins:.1f}" rx="6" {border}/>'
            )
            middle = y + (ends - begins) / 2
            top = middle - (band.title.height + band.limit.height) / 2
            where = (x + self.left - MARGIN) / 2 + MARGIN / 2
            yield from _text(band.title, where, top, BOLD)
            yield from _text(band.limit, where, top + band.title.height, FAINT)

    def _start(self) -> Iterator[str]:
        x, y = self._place(self.picture.layout.nodes[START])
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{INK}"/>'
        route = self.picture.layout.routes[START]
        yield from self._line(route, label_height=0, mark="")

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        route = self.picture.layout.routes[arrow.id]
        yield from self._line(route, label_height=arrow.label.height, mark=arrow.mark)
        x, y = self._place(route.label)
        yield from _text(arrow.label, x, y - arrow.label.height / 2)

    def _line(self, route: Route, *, label_height: float, mark: str) -> Iterator[str]:
        """Straight through the rows, interrupted by the label, curved between the rows."""
        first, *others = route.legs
        parts = [f"M{self.left + first.across:.1f} {MARGIN + first.enters:.1f}"]
        parts.append(f"V{MARGIN + first.leaves:.1f}")
        for before, leg in pairwise(route.legs):
            parts.append(self._curve(before, leg))
            if _holds(leg, route.label) and label_height:
                x, middle = self.left + leg.across, MARGIN + route.label.along
                half = label_height / 2 if leg.leaves > leg.enters else -label_height / 2
                parts.append(f"V{middle - half:.1f}M{x:.1f} {middle + half:.1f}")
            parts.append(f"V{MARGIN + leg.leaves:.1f}")
        yield f'<path d="{"".join(parts)}" fill="none" {_stroke(mark)}/>'
        last, before = others[-1], route.legs[-2]
        x, y = self.left + last.across, MARGIN + last.leaves
        back = -TIP if last.leaves > before.leaves else TIP
        yield _tip((x, y), (x - TIP / 2, y + back), (x + TIP / 2, y + back))

    def _curve(self, before: Leg, leg: Leg) -> str:
        x, y = self.left + leg.across, MARGIN + leg.enters
        middle = MARGIN + (before.leaves + leg.enters) / 2
        return f"C{self.left + before.across:.1f} {middle:.1f} {x:.1f} {middle:.1f} {x:.1f} {y:.1f}"

    def _box(self, box: StateBox) -> Iterator[str]:
        x, y = self._place(self.picture.layout.nodes[box.id])
        sign, fill, stroke = ENDS[box.ending] if box.ending else ("", PAPER, GREY)
        if box.is_current:
            fill, stroke = HERE, BLUE
        weight = 3 if box.is_current else 1.5
        paint = f'fill="{fill}" {_stroke(box.mark, stroke, weight)}'
        yield _frame((x, y), (box.across, box.along), box.radius, paint)
        if box.mark == NEW:
            inner = (box.across - 2 * INSET, box.along - 2 * INSET)
            yield _frame((x, y), inner, box.radius - INSET, f'fill="none" stroke="{stroke}"')
        top = y - (box.name.height + box.note.height) / 2
        first, *rest = box.name.lines
        name = Text(lines=(sign + first, *rest), size=box.name.size)
        yield from _text(name, x, top, BOLD if box.is_current else PLAIN)
        yield from _text(box.note, x, top + box.name.height, FAINT)
        if box.loop.lines:
            yield from self._loop(box, x + box.across / 2, y)

    def _loop(self, box: StateBox, x: float, y: float) -> Iterator[str]:
        """An arrow that leaves the box and comes back to it, with its label beside."""
        reach, begins, ends = x + LOOP * 0.8, y - 9, y + 9
        curve = f"C{reach:.1f} {begins - 5:.1f} {reach:.1f} {ends + 5:.1f} {x:.1f} {ends:.1f}"
        marked = (mark for mark in MARKS if box.loop.lines[0].startswith(mark))
        stroke = _stroke(next(marked, ""))
        yield f'<path d="M{x:.1f} {begins:.1f}{curve}" fill="none" {stroke}/>'
        yield _tip((x, ends), (x + TIP, ends - TIP / 2), (x + TIP, ends + TIP / 2))
        yield from _text(box.loop, x + LOOP * 0.75, y - box.loop.height / 2, BEGINNING)

    def _legend(self) -> Iterator[str]:
        for number, line in enumerate(self.picture.legend):
            top = self.bottom + MARGIN / 2 + number * NOTE_SIZE * LINE
            yield from _text(Text(lines=(line,), size=NOTE_SIZE), MARGIN, top, FAINT_BEGINNING)

    def _place(self, spot: Spot) -> tuple[float, float]:
        return self.left + spot.across, MARGIN + spot.along


def _holds(leg: Leg, label: Spot) -> bool:
    low, high = sorted((leg.enters, leg.leaves))
    return leg.across == label.across and low <= label.along <= high


def _frame(centre: Point, size: Point, radius: float, paint: str) -> str:
    x, y, wide, high = *centre, *size
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - high / 2:.1f}" width="{wide:.1f}"'
        f' height="{high:.1f}" rx="{radius:.1f}" {paint}/>'
    )


def _stroke(mark: str, colour: str = ARROW, weight: float = 1.5) -> str:
    weight = 3 if mark == NEW and weight < 3 else weight  # noqa: PLR2004  (already thick)
    dashes = f' stroke-dasharray="{DASHES[mark]}"' if mark in DASHES else ""
    return f'stroke="{colour}" stroke-width="{weight:g}"{dashes}'


def _tip(end: Point, left: Point, right: Point) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (end, left, right))
    return f'<polygon points="{points}" fill="{ARROW}"/>'


def _text(text: Text, x: float, top: float, ink: str = PLAIN) -> Iterator[str]:
    for number, line in enumerate(text.lines):
        y = top + (number + 0.5) * text.size * LINE + BASELINE * text.size
        here = ink.replace(GREY, BLUE) if line == CURRENT else ink
        where = f'x="{x:.1f}" y="{y:.1f}" font-size="{text.size:g}"'
        yield f"<text {where} {here}>{escape(line)}</text>"
