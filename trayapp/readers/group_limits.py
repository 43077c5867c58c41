"""The limits of a control group: its own, and those of the groups that it is in."""

from __future__ import annotations

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.records.limits import Limit
from trayapp.readers.cgroups import Cgroup


class Levels(NamedTuple):
    """The limits of a cgroup and of those above it."""

    limits: tuple[Limit, ...]
    """Of each that has one, the nearest first."""
    high_bytes: int | None


def read_levels(cgroup: Cgroup) -> Levels:
    """Return what limits a cgroup, as of now."""
    levels = list(cgroup.upwards())
    is_v1 = cgroup.version == 1
    highs = [] if is_v1 else [each.read_number("memory.high") for each in levels]
    high_bytes = min((high for high in highs if high is not None), default=None)
    limits = [
        Limit(
            limit_bytes=limit_bytes,
            source="cgroup",
            used_bytes=each.read_used_bytes(),
            reclaimable_bytes=each.clean_cache_in(each.read_stat()),
            high_bytes=high_bytes,
            path=each.path,
        )
        for each in levels
        if (limit_bytes := each.read_limit_bytes()) is not None
    ]
    # Version 1 counts those above that cannot be seen from in here, too. They use at least what
    # the topmost does that can be seen.
    hidden_bytes = cgroup.read_stat().get("hierarchical_memory_limit") if is_v1 else None
    if hidden_bytes is not None and all(hidden_bytes < limit.limit_bytes for limit in limits):
        hidden = Limit(limit_bytes=hidden_bytes, source="cgroup", path=cgroup.path)
        if limits:
            hidden = replace(limits[-1], limit_bytes=hidden_bytes, path=cgroup.path)
        limits.append(hidden)
    return Levels(tuple(limits), high_bytes)
