"""Actions of windows beyond Memtray: starting other windows, opening a program's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trayapp.applet.children import start_window
from trayapp.cli.manual_text import manual_folder
from trayapp.errors import MemtrayError, PlatformError
from trayapp.language.catalogue import _
from trayapp.language.reasons import file_problem

_SAME_START_SECONDS = 2.0
"""Two ways of reading when a process began differ by less."""


class DesktopActions:
    """The `WindowActions` of windows that a command has opened. Any thread."""

    def open_window(self, verb: str, *names: str, options: Sequence[str] = ()) -> None:
        """Start another window, which lives on when this one is closed. Raises: WindowError."""
        start_window(verb, *names, options=options)

    def open_manual(self) -> None:
        """Show the manual that came with this Memtray. Raises: MemtrayError where there is none."""
        from trayapp.platforms import current_platform

        folder = manual_folder()
        # A checkout has no HTML page: that is made when Memtray is installed.
        for page in (folder / "manual.html", folder / "index.md") if folder else ():
            if page.is_file():
                try:
                    current_platform().open_file(page)
                except OSError as error:
                    raise MemtrayError(str(error)) from error
                return
        raise MemtrayError(_("The manual was not installed with this Memtray."))

    def open_folder(self, pid: int, started_wall_seconds: float | None) -> None:
        """Show the folder of the program that this process runs.

        Raises: PlatformError if it has ended, or the folder is unknown.
        """
        import psutil

        from trayapp.platforms import current_platform

        try:
            process = psutil.Process(pid)
            if (
                started_wall_seconds is not None
                and abs(process.create_time() - started_wall_seconds) > _SAME_START_SECONDS
            ):
                raise PlatformError(_("The process has exited."))
            program = Path(process.exe())
        except psutil.NoSuchProcess as error:
            raise PlatformError(_("The process has exited.")) from error
        except psutil.AccessDenied as error:
            raise PlatformError(
                _("The system does not reveal where another user's program is.")
            ) from error
        if not program.name:
            raise PlatformError(_("The system does not reveal where this program is."))
        try:
            current_platform().open_file(program.parent)
        except OSError as error:
            raise MemtrayError(file_problem(error)) from error
