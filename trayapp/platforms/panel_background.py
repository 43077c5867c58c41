"""The background of a tray icon, "light" or "dark", as each system reports it; "auto": unknown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PERSONALIZE_KEY = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
TASKBAR_VALUE = "SystemUsesLightTheme"
"""Of taskbar and start menu; programs have a value of their own."""
PANEL_THEMES = {
    "KDE": ("plasmarc", "Theme", "name"),
    "LXQt": ("lxqt/lxqt.conf", "General", "theme"),
}
"""By desktop: the file with the theme of its panels, the section and the key."""
_KDE_BACKGROUND = "Colors:Window", "BackgroundNormal"
DARK_AQUA, AQUA = "NSAppearanceNameDarkAqua", "NSAppearanceNameAqua"


def windows_taskbar(registry: Any = None) -> str:
    """Return the tone of the taskbar. Any thread; takes microseconds. `registry`: as `winreg`."""
    registry = registry or importlib.import_module("winreg")
    try:
        with registry.OpenKey(registry.HKEY_CURRENT_USER, PERSONALIZE_KEY) as key:
            value = registry.QueryValueEx(key, TASKBAR_VALUE)[0]
    except OSError:  # before Windows 10, version 1903, which had the dark one alone
        return "auto"
    return "light" if value else "dark"


def macos_menu_bar(button: Any) -> str:
    """Return the tone of the menu bar behind an `NSStatusBarButton`: the wallpaper has a say in it.

    Main thread.
    """
    best = button.effectiveAppearance().bestMatchFromAppearancesWithNames_([AQUA, DARK_AQUA])
    return {AQUA: "light", DARK_AQUA: "dark"}.get(str(best), "auto")


def theme_in_files(env: Mapping[str, str]) -> str:
    """Return the tone of a Linux desktop's panel, from a file of its theme. Any thread.

    The panels of PANEL_THEMES have a theme of their own, which is dark in some light desktops;
    GTK's follow that of programs.
    """
    config = Path(env.get("XDG_CONFIG_HOME") or Path(env.get("HOME", "/")) / ".config")
    desktop = env.get("XDG_CURRENT_DESKTOP", "").split(":")[0]
    if own := PANEL_THEMES.get(desktop):
        file, section, key = own
        theme = _ini_value(config / file, section, key).lower()
        tone = next((tone for tone in ("light", "dark") if tone in theme), "auto")
        if tone == "auto" and desktop == "KDE":
            # Its "default" is drawn in the colours of programs.
            tone = _color_tone(_ini_value(config / "kdeglobals", *_KDE_BACKGROUND))
        return tone
    settings = config / "gtk-3.0" / "settings.ini"
    if _ini_value(settings, "Settings", "gtk-application-prefer-dark-theme").lower() in (
        "1",
        "true",
    ):
        return "dark"
    theme = env.get("GTK_THEME") or _ini_value(settings, "Settings", "gtk-theme-name")
    return theme_tone(theme) or "auto"


def theme_tone(name: str) -> str:
    """Return the tone in a GTK theme's name, such as "Adwaita:dark" or "Greybird"."""
    return name and ("dark" if "dark" in name.lower() else "light")


def _color_tone(color: str) -> str:
    """Return the tone of "239,240,241"; "auto" for anything else."""
    try:
        red, green, blue = map(int, color.split(","))
    except ValueError:
        return "auto"
    return "light" if 2 * red + 5 * green + blue > 8 * 127 else "dark"


def _ini_value(file: Path, section: str, key: str) -> str:
    """Return one value of an ini file; empty if there is none. configparser would stay resident."""
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        return ""
    _, _, rest = ("\n" + text).partition(f"\n[{section}]")
    for line in rest.partition("\n[")[0].splitlines():
        name, _, value = line.partition("=")
        if name.strip() == key:
            return value.strip()
    return ""
