"""The tray as a value: picture, tooltip and menu, computed from the latest view alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from trayapp.dataclass import dataclass
from trayapp.domain.records.colors import Rgb
from trayapp.domain.records.levels import Level

PALETTE_NAMES = ("default", "safe", "mono", "custom")
"""The icon's palettes: "safe" for colour-blind eyes, "mono" in greys alone, "custom" in colours of
the person's own."""
PANEL_NAMES = ("auto", "light", "dark")
"""What may be behind the icon; "auto": what the desktop says, or what fits both."""
DRAWN_NUMBERS = ("under", "instead")
"""Where the picture has a number: under its bars, or in their stead."""
NUMBER_PLACES = ("off", *DRAWN_NUMBERS, "beside")
"""Where the icon has one; "beside" is text next to it, where the system has a place for that."""

BAR_SCALES = ("whole", "range")
"""What a bar of full height stands for: all there is, or the most within the bars' time span."""

THEMES = ("auto", "light", "dark")
"""Of the windows; "auto": as the desktop is."""

MIDDLE_CLICKS = ("trends", "pause", "cleanup", "snapshot", "none")
"""What a click on the icon by the middle button may do."""


TEXT_MARK = "⚠ "
"""What marks a line where there are no pictures."""


@dataclass(frozen=True, slots=True)
class IconPicture:
    """What the icon shows; equal pictures need no redrawing."""

    heights: tuple[int | None, ...]
    """Ten bars, oldest first, each 0 to 100 percent of full height; None: nothing known."""
    level: Level = Level.NORMAL
    paused: bool = False
    palette: str = "default"
    """One of PALETTE_NAMES."""
    colors: tuple[Rgb, ...] = ()
    """Of the palette "custom": one for each level."""
    panel: str = "auto"
    """One of PANEL_NAMES; whoever shows the icon replaces "auto" by what it knows."""
    number_place: str = "off"
    """"off", or one of DRAWN_NUMBERS."""
    percent: int | None = None
    """The number; None: unknown, or not shown."""
    is_stalled: bool = False
    """Nobody watches: an exclamation mark instead of bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One line of the menu."""

    key: str
    """Stable and unique in the menu: the same line keeps its key while its label changes.
    What was clicked is told by it."""
    label: str = ""
    kind: Literal["action", "check", "radio", "text", "separator", "submenu"] = "action"
    """"text" cannot be clicked."""
    enabled: bool = True
    checked: bool = False
    """For "check" and "radio"."""
    default: bool = False
    """A left click on the icon does this one."""
    spoken: str = ""
    """What a screen reader says in place of the label; empty: the label itself."""
    level: Level = Level.NORMAL
    """How bad it is what the line tells: a mark before the label says so, a picture or a sign."""
    children: tuple[MenuEntry, ...] = ()
    """For "submenu"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayState:
    """Everything a tray shows at one moment."""

    picture: IconPicture
    tooltip: str
    """Plain text, several lines; the first is the title."""
    menu: Callable[[], tuple[MenuEntry, ...]]
    """The menu, computed when somebody looks: most menus are never opened."""
    short_menu: Callable[[], tuple[MenuEntry, ...]] | None = None
    """The same with fewer rows, for trays that cut off what is taller than the screen."""
    rows: tuple[str, ...] = ()
    """Keys of what comes and goes at the top level: other rows, another height."""
    marks: tuple[object, ...] = ()
    """All else that decides more than labels: submenus, check marks, what can be clicked. With
    equal rows and marks, menus differ in labels only."""
    attention: bool = False
    """An incident is active that nobody has acknowledged."""
    text: str = ""
    """A few characters to stand beside the icon; empty: none are wanted."""
