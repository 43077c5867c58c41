"""`memtray settings`: every setting in a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.windows.opening import is_dark, run_window

if TYPE_CHECKING:
    from trayapp.windows.appearance import DrawPreview
    from trayapp.windows.settings_window import SettingsWindow
    from trayapp.windows.single_instance import Listener


def main(
    file: Path,
    runtime: Path,
    open_file: Callable[[Path], object],
    draw_preview: DrawPreview,
    *,
    dark: bool | None = None,
) -> int:
    """Show the settings until the person closes the window; see `run_window`.

    `open_file` shows the file in an editor, `draw_preview` draws the icon; `dark` None: as the
    settings or the desktop say.
    """

    def make(listener: Listener) -> SettingsWindow:
        from trayapp.settings.editor import SettingsEditor
        from trayapp.windows.applet_client import Applet
        from trayapp.windows.settings_window import SettingsWindow

        editor, applet = SettingsEditor(file), Applet(runtime)
        return SettingsWindow(editor, applet, listener, open_file, draw_preview, dark=is_dark(dark))

    return run_window(runtime, "settings", {}, make, dark)
