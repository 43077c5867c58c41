"""How much memory a process may really have, and how near it is to that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What stops a process, or a group of them, from getting more memory."""

    limit_bytes: int
    source: Literal["cgroup", "rlimit", "machine"]
    """A group's limit; one on this process's own address space; or all memory there is."""
    used_bytes: int | None = None
    """What the kernel counts against this limit: of a cgroup all of its processes, and cache; of
    an rlimit the address space. A resident set is to be compared with neither."""
    reclaimable_bytes: int | None = None
    """Part of `used_bytes`: cache of files that the kernel drops before it kills."""
    high_bytes: int | None = None
    """Above this the kernel slows the group down (`memory.high`), where somebody has set it."""
    path: str = ""
    """The cgroup, or "RLIMIT_AS" or "RLIMIT_DATA"; strangers name cgroups."""

    @property
    def share(self) -> float | None:
        """How much of the limit is taken for good: 1.0 is all; None: not known."""
        if self.used_bytes is None or self.limit_bytes <= 0:
            return None
        return max(0, self.used_bytes - (self.reclaimable_bytes or 0)) / self.limit_bytes


def tightest(limits: Iterable[Limit]) -> Limit | None:
    """The limit that is nearest to be reached; of those unused or unknown, the smallest."""
    return min(limits, key=lambda limit: (-(limit.share or 0.0), limit.limit_bytes), default=None)
