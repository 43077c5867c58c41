"""The columns, rows and cells of a table that is drawn on a canvas."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from trayapp.dataclass import NamedTuple, dataclass, field


class GridColumn(NamedTuple):
    """One column."""

    key: str
    title: str
    width: int
    """Pixels on an ordinary screen, at least; the first column takes what is left."""
    right: bool = False
    """Figures stand on the right."""


def fitting_widths(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return widths for this room: as wanted, or narrower, with whole titles as long as they fit.

    least: what each title needs, none more than wanted.
    """
    total, needed = sum(wanted), sum(least)
    if room >= total:
        return list(wanted)
    if room < needed:
        return [width * room // total for width in wanted]
    slack = total - needed
    return [
        title + (width - title) * (room - needed) // slack
        for width, title in zip(wanted, least, strict=True)
    ]


def widened(widths: Sequence[int], needed: Sequence[int], room: int) -> list[int]:
    """Return widths in which whole cells fit as far as the first column can do without.

    The first takes what is left of the room. needed: what the cells of each column take.
    """
    first, *others = widths
    first = max(first, room - sum(others))
    for place, (width, wanted) in enumerate(zip(others, needed[1:], strict=True)):
        more = max(0, min(wanted - width, first - needed[0]))
        others[place] += more
        first -= more
    return [first, *others]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """The content of one row in one column."""

    text: str = ""
    colour: str | None = None
    """None: as text is."""
    bars: tuple[float | None, ...] = ()
    """A little chart instead of text, oldest first; None is a gap."""
    share: float | None = None
    """A bar below the text, 1.0 is full."""
    bold: bool = False
    indent: int = 0
    """Pixels on an ordinary screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row."""

    key: Hashable
    """By it the selection finds its row again among others."""
    cells: Mapping[str, GridCell] = field(default_factory=dict)
    mark: str | None = None
    """Colour of a mark at its beginning."""
    is_open: bool | None = None
    """Whether the rows below it are shown, with a triangle in its first cell; None: it has none."""
