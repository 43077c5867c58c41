"""The memory of the container that Memtray runs in, which is the machine to those inside."""

from __future__ import annotations

from pathlib import Path

from trayapp.dataclass import NamedTuple
from trayapp.readers.cgroups import Cgroup, Cgroups

_MARKS = (".dockerenv", "run/.containerenv", "run/systemd/container")
"""What container managers leave for those inside: Docker, Podman, systemd-nspawn and LXC."""
_RECLAIMABLE = {
    1: ("total_inactive_file", "total_active_file"),
    2: ("inactive_file", "active_file", "slab_reclaimable"),
}
"""What the kernel gives up before it kills."""


class ContainerMemory(NamedTuple):
    """The memory that a container may have, and what of that is left."""

    limit_bytes: int
    available_bytes: int
    swap_limit_bytes: int | None = None
    swap_used_bytes: int | None = None


class ContainerReader:
    """Reads the limit of the own container, where there is one. All calls from one thread.

    A container shows in what its manager leaves in it, or in the topmost control group that can be
    seen: the machine's own has no limit, and with version 2 not even a file for one. A limit on
    Memtray's own unit on a machine makes no container.
    """

    def __init__(self, root: str = "") -> None:
        self._cgroup = self._find(root)
        self.is_inside = self._cgroup is not None or any(
            Path(f"{root}/{mark}").exists() for mark in _MARKS
        )
        """Whether this is a container at all, limited or not."""

    def read(self) -> ContainerMemory | None:
        """Return what it has now; None: no container, or one without a limit."""
        cgroup = self._cgroup
        if cgroup is None:
            return None
        limit_bytes, used_bytes = cgroup.read_limit_bytes(), cgroup.read_used_bytes()
        if limit_bytes is None or used_bytes is None:
            return None
        stat = cgroup.read_stat()
        reclaimable_bytes = sum(stat.get(name, 0) for name in _RECLAIMABLE[cgroup.version])
        kept_bytes = max(0, used_bytes - reclaimable_bytes)
        return ContainerMemory(
            limit_bytes=limit_bytes,
            available_bytes=max(0, limit_bytes - kept_bytes),
            swap_limit_bytes=cgroup.read_number("memory.swap.max"),
            swap_used_bytes=cgroup.read_number("memory.swap.current"),
        )

    def _find(self, root: str) -> Cgroup | None:
        """Return the control group that is the container; None: there is none."""
        try:
            own = Cgroups(root).of("self")
        except (OSError, ValueError):
            return None
        if own is None:
            return None
        *_, top = own.upwards()
        if top.version == 2 and Path(f"{top.folder}/memory.max").exists():
            return top
        if top.version == 1 and (top.top or _is_limited(top)):
            return top
        if any(Path(f"{root}/{mark}").exists() for mark in _MARKS):
            # It can see the groups of its host, as far as there are any: its own is the tightest.
            limited = [each for each in own.upwards() if _is_limited(each)]
            return min(limited, key=_limit, default=None)
        return None


def _is_limited(cgroup: Cgroup) -> bool:
    # Version 1 says "no limit" by the largest number of pages there is.
    return _limit(cgroup) < 1 << 60


def _limit(cgroup: Cgroup) -> int:
    limit_bytes = cgroup.read_limit_bytes()
    return 1 << 62 if limit_bytes is None else limit_bytes
