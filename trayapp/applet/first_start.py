"""Texts that are shown once, at the first start: where the icon is, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.language.catalogue import _

SEEN, UNSEEN, ENTRY = "icon seen", "icon not seen", "application entry"
"""How `TrayMemory.told` keeps that they were shown."""
UNSEEN_SECONDS = 10.0
"""So long a session that starts may need for its tray."""


def greeting(platform: str) -> str:
    """Return where the icon is and what it does; `platform` as `sys.platform`."""
    if platform == "darwin":
        return _("Memtray's ten-bar icon is in the menu bar; click it for the menu.")
    if platform == "win32":
        return _(
            "Memtray's ten-bar icon is in the taskbar, perhaps behind the arrow; right-click it "
            "for the menu."
        )
    return _("Memtray's ten-bar icon is in the tray; right-click it for the menu.")


def no_tray_hint(env: Mapping[str, str]) -> str:
    """Return in one line what to enable, and what works without it."""
    if "GNOME" in env.get("XDG_CURRENT_DESKTOP", "").upper():
        return _(
            "GNOME needs the extension “AppIndicator and KStatusNotifierItem Support” to show the "
            "icon; until then, open Memtray from the applications or run memtray trends."
        )
    return _(
        "There is no tray for the icon: add a system tray to your panel; until then, open Memtray "
        "from the applications or run memtray trends."
    )
