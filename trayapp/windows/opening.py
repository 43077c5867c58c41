"""Opening a window: once per user, in the desktop's appearance, given up when it is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trayapp.dataclass import dataclass
from trayapp.errors import WindowError
from trayapp.language.catalogue import _
from trayapp.windows.sections import ALL_SECTIONS, Sections
from trayapp.windows.single_instance import Listener, claim
from trayapp.windows.theme_choice import wants_dark

if TYPE_CHECKING:
    from trayapp.windows.base_window import BaseWindow


class WindowActions(Protocol):
    """What a window starts beside asking the applet; each method may raise MemtrayError."""

    def open_window(self, verb: str, *names: str, options: Sequence[str] = ()) -> None:
        """Start another window."""

    def open_folder(self, pid: int, started_wall_seconds: float | None) -> None:
        """Show the folder of the program that this process runs."""

    def open_manual(self) -> None:
        """Show the manual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """The options of a window that follows the running applet."""

    history_file: Path
    runtime: Path
    """The folder of the applet's socket, and of the lock that makes a window the only one."""
    place_file: Path
    """Where the compact view was."""
    columns_file: Path
    """Which columns of the table are shown."""
    sections: Sections = ALL_SECTIONS
    """Which sections of the windows are shown."""
    dark: bool | None = None
    """None: as the desktop is."""

    @property
    def is_dark(self) -> bool:
        return is_dark(self.dark)


def is_dark(wanted: bool | None) -> bool:
    """Return whether a window begins dark; None: as the settings or the desktop say."""
    return wants_dark() if wanted is None else wanted


def no_toolkit(error: ImportError) -> WindowError:
    """Return the error for a Python that came without Tk."""
    text = _("Tk cannot be loaded: {error}; Debian and Ubuntu have it in python3-tk")
    return WindowError(text.format(error=error))


def run_window(
    runtime: Path,
    name: str,
    message: Mapping[str, Any],
    make: Callable[[Listener], BaseWindow],
    dark: bool | None,
) -> int:
    """Show the one window called `name` until the person closes it. Main thread of a child process.

    make: imports the window's module, which needs Tk, and builds the window.
    message: what an open window of this name is told instead.

    Returns: the exit code, 0. Also 0 at once if an open one has come to the front instead.
    Raises: WindowError where there can be no window, with one line for the person.
    """
    listener = claim(runtime, name, message)
    if listener is None:
        return 0
    try:
        try:
            window = make(listener)
        except ImportError as error:
            raise no_toolkit(error) from error
        window.run(follow_desktop=dark is None)
    finally:
        listener.close()
    return 0
