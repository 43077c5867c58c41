"""Where a small window goes: where it was, as long as that can be seen."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import NamedTuple


class Area(NamedTuple):
    """A rectangle on the desktop, in pixels; left and top may be negative."""

    left: int
    top: int
    width: int
    height: int

    def overlap(self, other: Area) -> int:
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return max(0, width) * max(0, height)

    def distance(self, other: Area) -> int:
        """Return how far their centres are apart, squared."""
        across = (2 * self.left + self.width) - (2 * other.left + other.width)
        down = (2 * self.top + self.height) - (2 * other.top + other.height)
        return across * across + down * down


def place(window: Area, screens: Sequence[Area]) -> tuple[int, int]:
    """Left and top for a window so that all of it can be seen, moved as little as possible.

    It goes to the screen that shows most of it, else to the nearest. One that is larger than the
    screen shows its upper left corner. Without screens it stays.
    """
    if not screens:
        return window.left, window.top
    screen = min(screens, key=lambda screen: (-window.overlap(screen), window.distance(screen)))
    left = min(window.left, screen.left + screen.width - window.width)
    top = min(window.top, screen.top + screen.height - window.height)
    return max(left, screen.left), max(top, screen.top)


def corner(width: int, height: int, screens: Sequence[Area], margin: int) -> tuple[int, int]:
    """Return the place of a window that has none yet: the lower right of the first screen."""
    screen = screens[0] if screens else Area(0, 0, width, height)
    left = screen.left + screen.width - width - margin
    # Panels are higher than margins: three of them leave room for one.
    top = screen.top + screen.height - height - 3 * margin
    return place(Area(left, top, width, height), screens[:1])
