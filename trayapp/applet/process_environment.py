"""What the running applet has around it: its own display, bus, tray and rights, not a shell's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from trayapp import __version__
from trayapp.dataclass import asdict
from trayapp.platforms.protection import present_protection

VARIABLES = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "LANG",
    "PATH",
)
"""Of these, what the applet was started with; nothing else of its environment is shown."""


def surroundings(env: Mapping[str, str], asked: object = ()) -> dict[str, object]:
    """Return all of it as JSON; of the variables `asked` for, only whether they are set."""
    names = [name for name in asked if isinstance(name, str)] if isinstance(asked, list) else []
    return {
        "version": __version__,
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "environment": {name: env[name] for name in VARIABLES if name in env},
        "set": {name: bool(env.get(name)) for name in names},
        "rights": {
            "user": os.getuid() if hasattr(os, "getuid") else None,
            "descriptors": _descriptor_limit(),
            **asdict(present_protection()),
        },
    }


def _descriptor_limit() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
