"""A desktop session's means to show tray icons, and the form in which a host offers one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from trayapp.dataclass import dataclass
from trayapp.errors import TrayError
from trayapp.language.catalogue import N_, _
from trayapp.log import Log

WATCHER = "org.kde.StatusNotifierWatcher"
NO_TRAY = N_("this session has no tray; the icon appears when there is one")
OLD_TRAY = N_("this session's tray supports only the older X11 protocol")
_log = Log(__name__)


class MissingPackageError(TrayError):
    """There is a tray, but a package is missing that icons in it need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One way to show a tray icon."""

    name: str
    """The host's, as in `HOSTS`."""
    icon_class: type[Any]
    """A subclass of pystray's `Icon`."""
    visible: bool | None
    """Whether an icon would be seen now; None where that cannot be told."""
    reason: str
    """Why this one, in a line for people."""


class Session:
    """One session, asked about each thing when that is needed, and once."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    @property
    def has_watcher(self) -> bool:
        """Whether the session bus has a tray. Raises: TrayError if there is no bus to ask."""
        if isinstance(self._watcher, TrayError):
            raise self._watcher
        return self._watcher

    @cached_property
    def _watcher(self) -> bool | TrayError:
        from trayapp.platforms.session_bus import BusError, SessionBus

        try:
            with contextlib.closing(SessionBus(self._env)) as bus:
                return bus.has_owner(WATCHER)
        except (BusError, OSError) as error:
            text = _("no tray icon: {reason}; start Memtray from a desktop session")
            return TrayError(text.format(reason=error))

    @cached_property
    def has_x_tray(self) -> bool | None:
        """Whether a program shows icons of the older X11 protocol; None without an X server."""
        if not self._env.get("DISPLAY"):
            return None
        try:
            from Xlib.display import Display

            with contextlib.closing(Display(self._env["DISPLAY"])) as display:
                selection = display.intern_atom("_NET_SYSTEM_TRAY_S0")
                return bool(display.get_selection_owner(selection))
        except Exception as error:  # noqa: BLE001 - Xlib has many kinds, all mean: nothing to see
            _log.debug("cannot ask the X server for a tray: %s", error)
            return None

    @cached_property
    def has_popups(self) -> bool:
        """Whether a child process can show a menu, for which some systems want another package."""
        from importlib.util import find_spec

        return find_spec("_tkinter") is not None


def load_pystray(name: str) -> type[Any]:
    """Return pystray's own `Icon` of this name. Raises: TrayError."""
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
