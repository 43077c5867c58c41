"""Which kind of tray icon can be shown here, and whether anybody will see it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trayapp.errors import TrayError
from trayapp.language.catalogue import N_, _, listed

BACKEND_NAMES = ("sni", "xembed", "appindicator", "gtk", "xorg")
"""What may be asked for on Linux."""
VARIABLE = "MEMTRAY_TRAY"
"""The environment variable that asks for a backend."""
_PACKAGES = "python3-tk"
_NO_TRAY = N_("no tray runs in this session; the icon waits for one")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One way to show a tray icon."""

    name: str
    """One of BACKEND_NAMES, or "darwin" or "win32"."""
    icon_class: type[Any]
    """A subclass of pystray's `Icon`."""
    visible: bool | None
    """Whether an icon would be seen now; None where that cannot be told."""
    reason: str
    """Why this one, in a line for people."""


def choose_backend(env: Mapping[str, str], platform: str, wanted: str | None = None) -> Backend:
    """Choose the best backend that works here. May block for some seconds; call before the loop.

    env: the environment, for the session bus, the display and `MEMTRAY_TRAY`.
    platform: as `sys.platform`.
    wanted: one of BACKEND_NAMES, or None for the best; takes precedence over `MEMTRAY_TRAY`.

    Raises: TrayError if no icon can be shown here, now or later.
    """
    if platform in ("darwin", "win32"):
        icon_class = _load(platform)
        return Backend(
            name=platform, icon_class=icon_class, visible=True, reason=_("the system's own")
        )
    wanted = wanted or env.get(VARIABLE) or None
    if wanted not in (None, *BACKEND_NAMES):
        raise TrayError(
            _("unknown tray backend {backend}; use one of {names}").format(
                backend=repr(wanted), names=listed(BACKEND_NAMES)
            )
        )
    if wanted == "xembed":
        return _xembed(visible=bool(_has_x_tray(env)), reason=_("asked for"))
    if wanted == "xorg":
        # Nobody gets it unasked: it has no menu, and can freeze the whole desktop.
        visible = bool(_has_x_tray(env))
        return Backend(
            name=wanted, icon_class=_load(wanted), visible=visible, reason=_("asked for")
        )
    try:
        has_watcher = _has_watcher(env)
    except TrayError:
        # Who uses one of the older trays may well have no session bus; ours does without.
        has_x_tray = _has_x_tray(env) if wanted is None and _has_popups() else None
        if has_x_tray is None:
            raise
        return _for_x_tray() if has_x_tray else _xembed(visible=False, reason=_(_NO_TRAY))
    if wanted in ("appindicator", "gtk"):
        visible = bool(_has_x_tray(env)) or (wanted == "appindicator" and has_watcher)
        return Backend(
            name=wanted, icon_class=_load(wanted), visible=visible, reason=_("asked for")
        )
    if has_watcher:
        return _sni(visible=True, reason=_("the session has a tray for StatusNotifierItem"))
    if wanted is None and _has_x_tray(env):
        return _for_x_tray()
    return _sni(visible=False, reason=_(_NO_TRAY))


def _sni(*, visible: bool, reason: str) -> Backend:
    from trayapp.tray.hosts.status_notifier import SniIcon

    return Backend(name="sni", icon_class=SniIcon, visible=visible, reason=reason)


def _xembed(*, visible: bool, reason: str) -> Backend:
    from trayapp.tray.hosts.xembed import XembedIcon

    return Backend(name="xembed", icon_class=XembedIcon, visible=visible, reason=reason)


def _has_popups() -> bool:
    """Whether a child process can show a menu, for which some systems want another package."""
    from importlib.util import find_spec

    return find_spec("_tkinter") is not None


def _for_x_tray() -> Backend:
    """A backend for a tray that knows only the older X11 protocol."""
    reason = _("the session's tray knows only the older X11 protocol")
    if _has_popups():
        return _xembed(visible=True, reason=reason)
    for name in ("appindicator", "gtk"):
        try:
            icon_class = _load(name)
        except TrayError as error:
            _log.info("%s", error)
        else:
            return Backend(name=name, icon_class=icon_class, visible=True, reason=reason)
    return _sni(
        visible=False,
        reason=_(
            "the session's tray knows only the older X11 protocol; install {packages} for it"
        ).format(packages=_PACKAGES),
    )


def _load(name: str) -> type[Any]:
    from trayapp.tray.pystray_safe import load_icon_class

    try:
        return load_icon_class(name)
    except Exception as error:
        # What it raises depends on which system package is missing; none of it is ours to handle.
        first_line = str(error).split("\n")[0]
        raise TrayError(
            _("pystray's {name} backend does not work here: {reason}").format(
                name=name, reason=first_line
            )
        ) from error


def _has_watcher(env: Mapping[str, str]) -> bool:
    """Whether the session bus has a tray. Raises: TrayError if there is no bus to ask."""
    from trayapp.platforms.session_bus import BusError, SessionBus
    from trayapp.tray.hosts.status_notifier import WATCHER

    try:
        bus = SessionBus(env)
        try:
            return bus.has_owner(WATCHER)
        finally:
            bus.close()
    except (BusError, OSError) as error:
        # GTK's backends need the bus as well: without one their run() never returns.
        raise TrayError(
            _("no tray icon: {reason}; start Memtray from a desktop session").format(reason=error)
        ) from error


def _has_x_tray(env: Mapping[str, str]) -> bool | None:
    """Whether some program shows icons of the older X11 protocol; None: there is no X server."""
    if not env.get("DISPLAY"):
        return None
    try:
        from Xlib.display import Display

        display = Display(env["DISPLAY"])
        try:
            selection = display.intern_atom("_NET_SYSTEM_TRAY_S0")
            return bool(display.get_selection_owner(selection))
        finally:
            display.close()
    except Exception as error:  # noqa: BLE001 - Xlib has many kinds, all mean: nothing to see
        _log.debug("cannot ask the X server for a tray: %s", error)
        return None
