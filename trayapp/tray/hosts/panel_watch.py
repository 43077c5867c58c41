"""The tone of a Linux desktop's panel, light or dark, queried and watched over the session bus.

Nothing here waits, and no service is started for it: answers come when they come, and a service
that is started later is asked then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, new_method_call

from trayapp.platforms.panel_background import PANEL_THEMES, theme_in_files, theme_tone
from trayapp.platforms.session_bus import BUS, BUS_NAME

PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_SETTINGS = "org.freedesktop.portal.Settings"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
APPEARANCE = "org.freedesktop.appearance"
XFCONF = "org.xfce.Xfconf"
XFCE_PANEL = "org.xfce.Panel"
_SCHEME = (APPEARANCE, "color-scheme")
_XFCE_DARK = ("xfce4-panel", "/panels/dark-mode")
_XFCE_THEME = ("xsettings", "/Net/ThemeName")
_DARK, _LIGHT = 1, 2
"""The portal's color-scheme; 0 is no preference."""
_FILES_SECONDS = 10.0
_XFCONF_SIGNALS = ("PropertyChanged", "PropertyRemoved")
# GNOME's top bar is dark in either scheme, but for that of its classic session.
_DARK_SHELLS = ("GNOME", "ubuntu", "pop")

Ask = Callable[[Message, Callable[[Message], None]], None]
"""Sends a call and remembers who wants the reply."""

MATCHES = (
    *(
        f"type='signal',sender='{BUS_NAME}',member='NameOwnerChanged',arg0='{name}'"
        for name in (PORTAL, XFCONF, XFCE_PANEL)
    ),
    f"type='signal',interface='{PORTAL_SETTINGS}',member='SettingChanged',arg0='{APPEARANCE}'",
    *(
        f"type='signal',interface='{XFCONF}',member='{member}',arg0='{channel}'"
        for member in _XFCONF_SIGNALS
        for channel in ("xsettings", "xfce4-panel")
    ),
)


class PanelWatch:
    """Watches whose the panel is and its tone. One thread, that of the bus."""

    def __init__(self, env: Mapping[str, str], ask: Ask) -> None:
        self._env = env
        self._ask = ask
        self._has_xfce_panel = False
        self._values: dict[tuple[str, str], Any] = {}
        """What services answered last, by what they were asked for; None for an error."""
        # Those that make others from GNOME put their own name before.
        self._desktops = env.get("XDG_CURRENT_DESKTOP", "").split(":")
        self._desktop = self._desktops[0]
        self._files = "auto"
        self._files_due_seconds = 0.0

    @property
    def panel(self) -> str:
        """One of "light", "dark" and, while nothing is known, "auto"."""
        if self._has_xfce_panel:
            theme = self._values.get(_XFCE_THEME)
            tone = theme_tone(theme) if isinstance(theme, str) else ""
            return "dark" if self._values.get(_XFCE_DARK) is True else tone or self._from_files()
        if self._desktop in _DARK_SHELLS:
            return "dark"
        own = self._from_files() if self._desktop in PANEL_THEMES else "auto"
        if own != "auto":
            return own
        scheme = self._values.get(_SCHEME)
        return "dark" if scheme == _DARK else "light" if scheme == _LIGHT else self._from_files()

    @property
    def kind(self) -> str:
        """The name of the desktop that the panel belongs to; empty if it has none."""
        if self._has_xfce_panel:
            return "XFCE"
        is_gnome = "GNOME" in self._desktops and self._desktop != "Budgie"
        return "GNOME" if is_gnome else self._desktop

    def start(self) -> None:
        """Subscribe to signals and query; on each new connection."""
        for rule in MATCHES:
            self._ask(new_method_call(BUS, "AddMatch", "s", (rule,)), lambda _: None)
        self._query()

    def on_signal(self, message: Message) -> None:
        """Query again after a signal that something relevant has changed.

        What the signal claims is not believed: anybody can send it.
        """
        fields = message.header.fields
        member, interface = fields.get(HeaderFields.member), fields.get(HeaderFields.interface)
        if member == "NameOwnerChanged":
            if message.body[0] in (PORTAL, XFCONF, XFCE_PANEL):
                self._query()
        elif interface in (PORTAL_SETTINGS, XFCONF):
            self._query()

    def _query(self) -> None:
        self._files_due_seconds = 0.0
        self._ask(new_method_call(BUS, "NameHasOwner", "s", (XFCE_PANEL,)), self._on_xfce_panel)
        portal = DBusAddress(PORTAL_PATH, PORTAL, PORTAL_SETTINGS)
        # Not ReadOne, which older portals do not know.
        self._ask_quietly(portal, "Read", _SCHEME)
        xfconf = DBusAddress("/org/xfce/Xfconf", XFCONF, XFCONF)
        self._ask_quietly(xfconf, "GetProperty", _XFCE_DARK)
        self._ask_quietly(xfconf, "GetProperty", _XFCE_THEME)

    def _from_files(self) -> str:
        """Return the tone in configuration files, which no signal announces."""
        if time.monotonic() >= self._files_due_seconds:
            self._files_due_seconds = time.monotonic() + _FILES_SECONDS
            self._files = theme_in_files(self._env)
        return self._files

    def _ask_quietly(self, to: DBusAddress, method: str, body: tuple[str, str]) -> None:
        call = new_method_call(to, method, "ss", body)
        call.header.flags = MessageFlag.no_auto_start

        def keep(reply: Message) -> None:
            self._values[body] = _value(reply)

        self._ask(call, keep)

    def _on_xfce_panel(self, reply: Message) -> None:
        self._has_xfce_panel = reply.body == (True,)


def _value(reply: Message) -> Any:
    """Return what is inside the variants of a reply; None for an error."""
    if reply.header.message_type is MessageType.error or not reply.body:
        return None
    value = reply.body[0]
    # The portal's Read wraps a variant into another one.
    while isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        value = value[1]
    return value
