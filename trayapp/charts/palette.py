"""The colours of every window, light and dark; told apart without colour, too."""

from __future__ import annotations

from trayapp.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One appearance; all colours as "#rrggbb"."""

    dark: bool
    background: str
    surface: str
    """Buttons and table rows."""
    pressed: str
    """A button that is held or chosen."""
    text: str
    muted: str
    """Axis labels, hints, the total."""
    grid: str
    edge: str
    """Around what is typed into."""
    system: str
    swap: str
    lines: tuple[str, ...]
    """One per target, repeated when there are more."""
    levels: tuple[str, str, str, str]
    """By level: normal, warning, critical, emergency."""


# Okabe and Ito's colours, which stay apart for colour-blind eyes; those too faint for the
# background are left out or changed in brightness.
LIGHT = Palette(
    dark=False,
    background="#ffffff",
    surface="#f1f3f5",
    pressed="#dbe4ec",
    text="#1f2328",
    muted="#57606a",
    grid="#e4e7eb",
    edge="#8a929b",
    system="#0072b2",
    swap="#d55e00",
    lines=("#0072b2", "#d55e00", "#009e73", "#c05a96", "#c28100", "#3a94c9", "#4d4d4d"),
    levels=("#009e73", "#806000", "#ad4400", "#b3001b"),
)
DARK = Palette(
    dark=True,
    background="#1b1e23",
    surface="#282c33",
    pressed="#353e49",
    text="#e6e8eb",
    muted="#a9b2bb",
    grid="#2e333b",
    edge="#69727c",
    system="#56b4e9",
    swap="#f0884a",
    lines=("#56b4e9", "#e69f00", "#2fc195", "#e29bc4", "#f0e442", "#f0764a", "#d0d4d9"),
    levels=("#2fc195", "#f0e442", "#ff9a52", "#ff8585"),
)

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "solid",
    (0, (5, 1.6)),
    (0, (1.4, 1.3)),
    (0, (6, 1.6, 1.4, 1.6)),
    (0, (9, 2.5)),
    (0, (3, 1.2)),
    (0, (6, 1.4, 1.4, 1.4, 1.4, 1.4)),
    (0, (2.5, 2.5)),
)
"""One per line as well; one more than there are colours, so that pairs repeat late."""
HEAP_DASHES = (0, (3.4, 1.1))
"""Of the heap of a program, in the colour of its size."""


def palette_for(dark: bool) -> Palette:
    return DARK if dark else LIGHT
