"""Whether windows are dark: as the person has chosen, else as the desktop is."""

from __future__ import annotations

import os

from trayapp.errors import SettingsError
from trayapp.paths import current_paths
from trayapp.settings.file import load_settings
from trayapp.windows.desktop_theme import prefers_dark


def wants_dark(theme: str | None = None) -> bool:
    """Return whether windows are to be dark now. Any thread; may ask the desktop for a second.

    theme: one of THEMES; None: what the settings say.
    """
    if theme is None:
        theme = chosen_theme()
    return prefers_dark(os.environ) if theme == "auto" else theme == "dark"


def chosen_theme() -> str:
    """Return the theme of the settings; "auto" where they cannot be read."""
    try:
        return load_settings(current_paths().settings_file).ui.theme
    except SettingsError:
        return "auto"
