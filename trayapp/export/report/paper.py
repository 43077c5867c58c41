"""A4 pages that are filled from top to bottom: paragraphs, rows of tables, boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from trayapp.export.report.colors import COLORS

WIDTH, HEIGHT = 8.27, 11.69
LEFT, _RIGHT, _TOP, _BOTTOM = 0.7, 0.7, 0.7, 0.75
INNER = WIDTH - LEFT - _RIGHT
_DOTS = 720
"""An inch, where texts are measured: fewer would be rounded too coarsely."""
TEXT, MUTED = COLORS["light"]["text"], COLORS["light"]["muted"]
_LONGEST_WORD = 200
_ROW_POINTS = 7.8
_LINE = 1.45
"""Height of a line, in that of its letters."""


class Paper:
    """Pages being filled; all places and lengths are inches from the top left."""

    def __init__(self) -> None:
        self.pages: list[Figure] = []
        """Those that are full."""
        self.figure = Figure(figsize=(WIDTH, HEIGHT))
        canvas = FigureCanvasAgg(Figure(figsize=(1, 1), dpi=_DOTS))
        self._renderer: RendererAgg = canvas.get_renderer()  # type: ignore[no-untyped-call]
        self.y = _TOP
        self._write_head: Callable[[], None] | None = None

    def heading(self, text: str, room: float = 1.2) -> None:
        """Write a heading, with so much room for what follows on the same page."""
        self.make_room(room)
        self.y += 0.2
        self.paragraph(text, size=12, bold=True)
        self.y += 0.05

    def paragraph(self, text: str, *, size: float, bold: bool = False, color: str = TEXT) -> None:
        for line in self.wrap(text, INNER, size, bold=bold):
            self.make_room(inches(size))
            self.text(LEFT, self.y, line, size, color, bold=bold)
            self.y += inches(size)

    def begin_table(
        self, texts: Sequence[str], widths: Sequence[float], right: Iterable[int] = ()
    ) -> None:
        """Write the headings of a table, and again on every page that it continues on."""
        self.row(texts, widths, bold=True, right=right)
        self._write_head = lambda: self.row(texts, widths, bold=True, right=right)

    def end_table(self) -> None:
        self._write_head = None

    def row(
        self,
        texts: Sequence[str],
        widths: Sequence[float],
        *,
        colors: Sequence[str] | None = None,
        bold: bool = False,
        right: Iterable[int] = (),
        rule: bool = True,
        below: float = 0.0,
    ) -> None:
        """Write a row of a table; `below` is the height of what must stay on its page."""
        size, cells = _ROW_POINTS, self._cells(texts, widths, bold=bold)
        height = self.row_height(texts, widths, bold=bold)
        if self.make_room(height + below) and self._write_head is not None:
            self._write_head()
        x = LEFT
        for number, (lines, width) in enumerate(zip(cells, widths, strict=True)):
            color = TEXT if colors is None else colors[number]
            for at, line in enumerate(lines):
                y = self.y + 0.035 + at * inches(size)
                if number in right:
                    self.text(x + width - 0.05, y, line, size, color, bold=bold, align="right")
                else:
                    self.text(x, y, line, size, color, bold=bold)
            x += width
        self.y += height
        if rule:
            self.box(LEFT, self.y - 0.008, INNER, 0.008, COLORS["light"]["rule"])

    def _cells(
        self, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False
    ) -> list[list[str]]:
        return [
            self.wrap(text, width - 0.1, _ROW_POINTS, bold=bold)
            for text, width in zip(texts, widths, strict=True)
        ]

    def row_height(
        self, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False
    ) -> float:
        lines = max(len(cell) for cell in self._cells(texts, widths, bold=bold))
        return lines * inches(_ROW_POINTS) + 0.07

    def make_room(self, height: float) -> bool:
        """Begin another page where this one is too full; return whether it was begun."""
        is_full = self.y + height > HEIGHT - _BOTTOM and self.y > _TOP
        if is_full:
            self.finish_page()
            self.figure = Figure(figsize=(WIDTH, HEIGHT))
            self.y = _TOP
        return is_full

    def finish_page(self) -> None:
        self.pages.append(self.figure)
        number = str(len(self.pages))
        self.text(WIDTH - _RIGHT, HEIGHT - 0.5, number, 8, MUTED, align="right")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str,
        *,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        self.figure.text(
            x / WIDTH, 1 - y / HEIGHT, text, size=size, color=color, va="top", ha=align,
            weight="bold" if bold else "normal", parse_math=False,
        )  # fmt: skip

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        self.figure.add_artist(
            Rectangle(
                (x / WIDTH, 1 - (y + height) / HEIGHT), width / WIDTH, height / HEIGHT,
                facecolor=color, edgecolor="none", zorder=0,
            )
        )  # fmt: skip

    def wrap(self, text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
        """Return lines that fit; a word that is too long for one is cut into several.

        Of a word of more than 200 characters the end is left out: programs choose their names.
        """
        font = FontProperties(size=size, weight="bold" if bold else "normal")
        lines, line = [], ""
        for each in text.split():
            word = each if len(each) <= _LONGEST_WORD else f"{each[: _LONGEST_WORD - 1]}…"
            longer = f"{line} {word}" if line else word
            if self.text_width(longer, font) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while self.text_width(word, font) > width and len(word) > 1:
                fit = len(word) - 1
                while fit > 1 and self.text_width(word[:fit], font) > width:
                    fit = max(1, int(fit * 0.9))
                lines.append(word[:fit])
                word = word[fit:]
            line = word
        return [*lines, line] if line or not lines else lines

    def text_width(self, text: str, font: FontProperties) -> float:
        width, _height, _descent = self._renderer.get_text_width_height_descent(  # type: ignore[no-untyped-call]
            text, font, ismath=False
        )
        return float(width) / _DOTS


def inches(points: float) -> float:
    """Return the height of a line in letters of this size."""
    return points / 72 * _LINE
