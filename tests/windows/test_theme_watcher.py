"""Windows follow the desktop from dark to light and back, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.desktop.desktop import wait_until
from trayapp.windows.theme_watcher import ThemeWatcher


class Root:
    """As much of a Tk window as it needs, whose clock is turned by hand."""

    def __init__(self) -> None:
        self.is_seen = True
        self.later: Callable[[], object] | None = None

    def winfo_viewable(self) -> bool:
        return self.is_seen

    def after(self, _milliseconds: int, call: Callable[[], object]) -> None:
        self.later = call

    def pass_time(self) -> None:
        assert self.later is not None
        self.later()


class Desktop:
    """Dark or light, and how often somebody asked."""

    def __init__(self) -> None:
        self.is_dark, self.asked = True, 0

    def ask(self) -> bool:
        self.asked += 1
        return self.is_dark


def follow(root: Root, desktop: Desktop) -> list[bool]:
    """What is told of the desktop from now on."""
    told: list[bool] = []
    window: Any = root
    ThemeWatcher(window, told.append, ask=desktop.ask, seconds=0.0)
    return told


def test_only_a_change_of_the_desktop_is_told() -> None:
    root, desktop = Root(), Desktop()
    told = follow(root, desktop)

    def look_again() -> None:
        """Until an answer that was asked for from now on has been taken in."""
        for _number in range(3):
            before = desktop.asked
            root.pass_time()
            wait_until(lambda before=before: desktop.asked > before, what="question")  # type: ignore[misc]
        root.pass_time()

    look_again()
    assert told == []
    for is_dark in (False, True):
        desktop.is_dark = is_dark
        look_again()
    assert told == [False, True]


def test_nobody_asks_for_a_window_that_is_not_seen() -> None:
    root, desktop = Root(), Desktop()
    root.is_seen = False
    follow(root, desktop)
    root.pass_time()
    assert desktop.asked == 0
    root.is_seen = True
    root.pass_time()
    wait_until(lambda: desktop.asked == 1, what="question")
