"""The kinds of tray: one file each, and one line in `HOSTS`.

A host's file says whether its icon can be shown here, or why not, and what differs about it: sizes,
limits, threads. It is imported only when its turn comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from trayapp.dataclass import dataclass, replace
from trayapp.errors import TrayError
from trayapp.language.catalogue import _, listed
from trayapp.tray.hosts.session import NO_TRAY, Backend, MissingPackageError, Session
from trayapp.tray.hosts.toolkit import BasicToolkit

VARIABLE = "MEMTRAY_TRAY"
"""The environment variable that asks for a host by name."""


class Host(Protocol):
    """A module of this room."""

    Toolkit: type[BasicToolkit]

    def offer(self, session: Session, *, is_asked_for: bool) -> Backend:
        """Offer to show an icon, though perhaps only once a tray appears.

        Raises: TrayError if it cannot be shown here, now or later.
        """


@dataclass(frozen=True, slots=True)
class HostKind:
    """A line of `HOSTS`."""

    name: str
    """What a person asks for it by."""
    module: str
    """Its file in this room."""
    platform: str = "linux"
    """As `sys.platform`; "linux" stands for every desktop that is neither macOS nor Windows."""

    def load(self) -> Host:
        return cast("Host", import_module(f"{__name__}.{self.module}"))


HOSTS = (
    HostKind("sni", "status_notifier"),
    HostKind("xembed", "xembed"),
    HostKind("appindicator", "appindicator"),
    HostKind("gtk", "gtk"),
    HostKind("xorg", "xorg"),
    HostKind("darwin", "darwin", platform="darwin"),
    HostKind("win32", "win32", platform="win32"),
)
"""In the order in which they are tried."""


def load_host(name: str) -> Host:
    return next(kind for kind in HOSTS if kind.name == name).load()


def choose_backend(env: Mapping[str, str], platform: str, wanted: str | None = None) -> Backend:
    """Choose the best host that works here. May block for some seconds; call before the loop.

    env: the environment, for the session bus, the display and `MEMTRAY_TRAY`.
    platform: as `sys.platform`.
    wanted: a name in `HOSTS`, or None for the best; takes precedence over `MEMTRAY_TRAY`.

    Raises: TrayError if no icon can be shown here, now or later.
    """
    system = platform if platform in ("darwin", "win32") else "linux"
    kinds = [kind for kind in HOSTS if kind.platform == system]
    wanted = wanted or env.get(VARIABLE) or None
    # macOS and Windows have one kind each, so there is nothing to ask for.
    if wanted and len(kinds) > 1:
        names = [kind.name for kind in kinds]
        if wanted not in names:
            raise TrayError(
                _("unknown tray backend {backend}; use one of {names}").format(
                    backend=repr(wanted), names=listed(names)
                )
            )
        return load_host(wanted).offer(Session(env), is_asked_for=True)
    return choose_best(kinds, Session(env))


def choose_best(kinds: list[HostKind], session: Session) -> Backend:
    """Return the first offer that would be seen now, else the first that waits for a tray."""
    waiting: Backend | None = None
    problem: TrayError | None = None
    advice = ""
    for kind in kinds:
        try:
            backend = kind.load().offer(session, is_asked_for=False)
        except TrayError as error:
            problem = problem or error
            advice = advice or (str(error) if isinstance(error, MissingPackageError) else "")
            continue
        if backend.visible:
            return backend
        waiting = waiting or backend
    if waiting is None:
        raise problem or TrayError(_(NO_TRAY))
    return replace(waiting, reason=advice or waiting.reason)
