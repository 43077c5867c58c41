"""The theme of the person's desktop; a best effort that never fails and never waits long."""

from __future__ import annotations

import configparser
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Ask = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed; empty if it failed."""


def ask_command(command: Sequence[str]) -> str:
    """Run a small settings tool for at most one second; empty text if anything goes wrong."""
    import subprocess

    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=1.0, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def prefers_dark(
    env: Mapping[str, str], *, platform: str = sys.platform, ask: Ask = ask_command
) -> bool:
    """Return whether windows should be dark; light where the desktop does not tell."""
    if platform == "win32":
        return _windows_prefers_dark()
    if platform == "darwin":
        return ask(("defaults", "read", "-g", "AppleInterfaceStyle")) == "Dark"
    if theme := env.get("GTK_THEME"):
        return _is_dark_name(theme)
    config = Path(env.get("XDG_CONFIG_HOME") or Path(env.get("HOME", "/")) / ".config")
    desktop = env.get("XDG_CURRENT_DESKTOP", "").upper()
    if "KDE" in desktop and (scheme := _read_ini(config / "kdeglobals", "General", "ColorScheme")):
        return _is_dark_name(scheme)
    if "XFCE" in desktop:
        theme = ask(("xfconf-query", "-c", "xsettings", "-p", "/Net/ThemeName"))
        if theme:
            return _is_dark_name(theme)
    gtk_settings = config / "gtk-3.0" / "settings.ini"
    wish = _read_ini(gtk_settings, "Settings", "gtk-application-prefer-dark-theme")
    if wish.lower() in ("1", "true") or _is_dark_name(
        _read_ini(gtk_settings, "Settings", "gtk-theme-name")
    ):
        return True
    scheme = ask(("gsettings", "get", "org.gnome.desktop.interface", "color-scheme"))
    if "prefer-" in scheme:
        return "prefer-dark" in scheme
    return _is_dark_name(ask(("gsettings", "get", "org.gnome.desktop.interface", "gtk-theme")))


def _is_dark_name(theme: str) -> bool:
    # "Adwaita:dark", "Adwaita-dark", "BreezeDark", "Arc-Dark"
    return "dark" in theme.lower()


def _read_ini(file: Path, section: str, key: str) -> str:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (OSError, ValueError, configparser.Error):
        return ""
    return parser.get(section, key, fallback="")


def _windows_prefers_dark() -> bool:
    if sys.platform == "win32":
        import winreg

        key = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
            return bool(winreg.QueryValueEx(opened, "AppsUseLightTheme")[0] == 0)
    return False
