"""What a control group's path tells about a process: its containers and its systemd unit.

Paths come from `/proc/PID/cgroup` and are the same in version 1 and 2 apart from who wrote them:

| path | tells |
| --- | --- |
| `/docker/ID`, `/system.slice/docker-ID.scope`, `/…/libpod-ID.scope`, `/kubepods/…/ID`, `…/cri-containerd-ID.scope`, `…:cri-containerd:ID` | container ID (64 hexadecimal digits) |
| `/lxc/NAME`, `/lxc.payload.NAME`, `/machine.slice/machine-NAME.scope` | container NAME |
| `/system.slice/nginx.service`, `/user.slice/…/app.slice/foo.service` | unit, called "nginx", "foo" |
| `…/app-gnome-firefox-4711.scope`, `…/snap.x.y-UUID.scope`, `…/run-u7.service`, `…/org.gnome.X.service` | unit without a name for people |
| `…/session-2.scope`, `…/vte-spawn-UUID.scope`, `…/init.scope`, `/user.slice/…/user@1000.service`, units of boundaries (`cron.service`, `app-org.kde.konsole-1.scope`) | nothing: what runs there has nothing in common |
"""  # noqa: E501  (a table)

from __future__ import annotations

import re
from functools import lru_cache

from trayapp.dataclass import NamedTuple
from trayapp.domain.grouping.roles import is_boundary_unit

_SHOWN_ID_DIGITS = 12
_CONTAINER = re.compile(r"(?:^|[-:_.])([0-9a-f]{64})(?:\.scope)?$")
_ID = re.compile(r"[0-9a-f]{64}")
_MACHINE = re.compile(
    r"(?:machine-(?:(?:qemu|lxc)-\d+-)?(.+)\.scope|systemd-nspawn@(.+)\.service)$"
)
_NOT_A_UNIT = re.compile(r"user@|session-|init\.scope$|[a-z0-9]+-spawn-")
_NAMELESS = re.compile(r"app-|dbus-:|run-[pru]?[0-9a-f]+\.|(?:org|com|net|io|dev)\.\w+\.")
_WORDS = re.compile(r"[-.@]|\\x2d")
_ESCAPED = re.compile(r"(?:\\x[0-9a-f]{2})+")


class Place(NamedTuple):
    """Where a process lives."""

    containers: tuple[str, ...] = ()
    """Names or short ids of the containers around it, outermost first."""
    unit: str | None = None
    """Path of its systemd service or scope, if that groups what belongs together."""
    unit_name: str | None = None
    """What a person calls the unit ("nginx", "postgresql@15-main"); None: it names nothing."""


NOWHERE = Place()


@lru_cache(maxsize=256)
def place_of(cgroup: str | None) -> Place:
    """Read a path; whatever is not understood tells nothing."""
    if cgroup is None or cgroup == "/":
        return NOWHERE
    containers: list[str] = []
    unit = unit_name = None
    parts = cgroup.removesuffix(" (deleted)").split("/")
    for index, part in enumerate(parts):
        identity = container_in(part, parts[index - 1] if index else "")
        container = _shortened(identity)
        if container is not None:
            containers.append(container)
            unit = unit_name = None
        elif part.endswith((".service", ".scope")):
            unit = "/".join(parts[: index + 1]) if _groups(part) else None
            unit_name = _unit_name(part) if unit else None
    return Place(tuple(containers), unit, unit_name)


def _shortened(identity: str | None) -> str | None:
    return identity[:_SHOWN_ID_DIGITS] if identity and _ID.fullmatch(identity) else identity


def container_in(part: str, before: str) -> str | None:
    """Return the name or the whole ID of a container whose group is called so; None: it is none.

    before: the part of the path before it.
    """
    if found := _CONTAINER.search(part):
        # conmon watches over a container from outside, and LXC's monitor, too.
        return None if "-conmon-" in part else found[1]
    if part.startswith(("machine-", "systemd-nspawn@")):
        found = _MACHINE.match(unescaped_unit(part))
        return found[1] or found[2] if found else None
    if before in ("lxc", "lxc.payload") and part:
        return part
    return part.removeprefix("lxc.payload.") if part.startswith("lxc.payload.") else None


def _groups(unit: str) -> bool:
    """Return whether the processes of a unit belong together."""
    if _NOT_A_UNIT.match(unit):
        return False
    name = _unit_name(unit)
    words = _WORDS.split(unit) if name is None else (name.partition("@")[0],)
    return not any(map(is_boundary_unit, words))


def _unit_name(unit: str) -> str | None:
    name, _, kind = unit.rpartition(".")
    if kind == "scope" or _NAMELESS.match(unit):
        return None
    return unescaped_unit(name).removeprefix("plasma-")


def unescaped_unit(text: str) -> str:
    r"""Undo systemd's escaping of bytes: `a\x2db` is "a-b"."""
    return _ESCAPED.sub(
        lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "replace"), text
    )
