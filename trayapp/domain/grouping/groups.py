"""Which control group a target's rule names, in the path of one that a process is in."""

from __future__ import annotations

import re
from functools import lru_cache

from trayapp.dataclass import NamedTuple
from trayapp.domain.grouping.containers import container_in, unescaped_unit
from trayapp.domain.records.samples import ContainerName

_SHORTEST_ID = 12
_HEXADECIMAL = frozenset("0123456789abcdef")
_POD = re.compile(r"(?:^|-)pod([0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})(?:\.slice)?$")
"""A pod of Kubernetes: `…/pod1f0c…/ID`, or with systemd `…-pod1f0c_….slice/…-ID.scope`."""
_KINDLESS = (".service", ".scope")
"""Units that may be called without their kind."""
_UNIT = re.compile(r".+\.(?:service|scope|slice|socket|mount|swap)$")
_MOUNTED = re.compile(r"^/sys/fs/cgroup(?:/(?:memory|unified|systemd)(?=/|$))?(?=/|$)")
DELETED = " (deleted)"


class Around(NamedTuple):
    """A container or pod that a path leads through."""

    path: str
    """The path as far as there."""
    identity: str
    """Its ID, in full; of LXC and the like its name, of a pod its UID."""


@lru_cache(maxsize=256)
def containers_around(path: str) -> tuple[Around, ...]:
    """Return the containers and pods around whatever is in this group, outermost first."""
    found = []
    for part, before, here in _parts(path):
        identity = container_in(part, before)
        if identity is None and (pod := _POD.search(part)):
            identity = pod_uid(pod[1])
        if identity is not None:
            found.append(Around(here, identity))
    return tuple(found)


def container_group(path: str, wanted: str, names: tuple[ContainerName, ...]) -> str | None:
    """Return the group of the container or pod that is wanted, by name or ID; None: not in it."""
    for around in containers_around(path):
        called = (each.name for each in names if each.identity == around.identity)
        if _is_identity(around.identity, wanted) or wanted in called:
            return around.path
    return None


def unit_group(path: str, wanted: str) -> str | None:
    """Return the group of the systemd unit that is wanted, with its kind or without."""
    for part, _before, here in _parts(path):
        if not _UNIT.match(part):
            continue
        called = [part, unescaped_unit(part)]
        called += [name.rpartition(".")[0] for name in called if name.endswith(_KINDLESS)]
        if wanted in called:
            return here
    return None


def units_in(path: str) -> list[str]:
    """Return the units that a path leads through, outermost first."""
    return [part for part, _before, _here in _parts(path) if _UNIT.match(part)]


def groups_above(path: str) -> list[str]:
    """Return the paths of a group and of all it is in, but that of all processes."""
    return [here for _part, _before, here in _parts(path)]


def named_group(path: str, wanted: str) -> str | None:
    """Return the group itself, where the path is that of the group that is wanted, or below."""
    wanted = plain_group(wanted)
    here = path.removesuffix(DELETED)
    return wanted if here == wanted or here.startswith(wanted.rstrip("/") + "/") else None


@lru_cache(maxsize=64)
def plain_group(path: str) -> str:
    """Return the kernel's name of a group that may have been given as its folder."""
    return "/" + _MOUNTED.sub("", "/" + path.strip("/"), count=1).strip("/")


def pod_uid(text: str) -> str:
    """Return a pod's UID as Kubernetes writes it; a slice of systemd's has no hyphens in it."""
    digits = text.replace("_", "").replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _parts(path: str) -> list[tuple[str, str, str]]:
    """Return each part of a path, the one before it, and the path as far as there."""
    found, here, before = [], "", ""
    for part in path.removesuffix(DELETED).strip("/").split("/"):
        if part:
            here = f"{here}/{part}"
            found.append((part, before, here))
            before = part
    return found


def _is_identity(identity: str, wanted: str) -> bool:
    """Whether that is its ID; of a long one the beginning is enough."""
    if wanted == identity or (_POD.search(f"pod{wanted}") and pod_uid(wanted) == identity):
        return True
    is_id = len(wanted) >= _SHORTEST_ID and set(wanted) <= _HEXADECIMAL
    return is_id and identity.startswith(wanted)
