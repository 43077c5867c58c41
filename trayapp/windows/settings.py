"""`memtray settings`: every setting in a window."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from trayapp.windows.desktop_theme import prefers_dark
from trayapp.windows.single_instance import claim
from trayapp.windows.table import no_toolkit


def main(
    file: Path,
    runtime: Path,
    open_file: Callable[[Path], object],
    *,
    dark: bool | None = None,
) -> int:
    """Show the settings until the person closes the window. Main thread of a child process.

    `open_file` shows the file in an editor; `dark` None: as the desktop is.

    Returns: the exit code, 0. Also 0 at once if an open window has come to the front instead.
    Raises: WindowError where there can be no window, with one line for the person.
    """
    listener = claim(runtime, "settings", {})
    if listener is None:
        return 0
    try:
        try:
            from trayapp.settings.editor import SettingsEditor
            from trayapp.windows.applet_client import Applet
            from trayapp.windows.settings_window import SettingsWindow
        except ImportError as error:
            raise no_toolkit(error) from error
        SettingsWindow(
            SettingsEditor(file),
            Applet(runtime),
            listener,
            open_file,
            dark=prefers_dark(os.environ) if dark is None else dark,
        ).run(follow_desktop=dark is None)
    finally:
        listener.close()
    return 0
