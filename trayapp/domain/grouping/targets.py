"""Which process belongs to which target: rules, first match wins, children follow."""

from __future__ import annotations

from dataclasses import dataclass

from trayapp.domain.grouping.expressions import Searchable
from trayapp.domain.records.frames import TargetSample, size_of_sample
from trayapp.domain.records.levels import Amounts
from trayapp.domain.records.limits import Limit, machine_limit
from trayapp.domain.records.samples import ProcessFacts, SystemSample


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRule:
    """What a person calls a target, and how its processes are recognised."""

    name: str
    match: str | None = None
    """A substring of the command line; case counts."""
    regex: Searchable | None = None
    """Searched in the command line, where `match` is None."""
    children: bool = True
    """Whether descendants that match no rule of their own belong to it, too."""
    limit_bytes: int | None = None
    limit_share: float | None = None
    """Limit as a share of the machine's memory, 0 to 1, where `limit_bytes` is None."""
    sizes: Amounts | None = None
    """Bytes in use from which it has a level; None: those of all targets."""
    watch_growth: bool = True
    watch_spikes: bool = True

    def matches(self, facts: ProcessFacts) -> bool:
        """Return whether the rule names this process itself."""
        if self.match is not None:
            return self.match in facts.command_line
        return self.regex is not None and self.regex.search(facts.command_line) is not None

    def limit_of(self, total_bytes: int) -> int | None:
        """The limit in bytes on a machine with `total_bytes` of memory; None: no limit."""
        if self.limit_bytes is not None:
            return self.limit_bytes
        return None if self.limit_share is None else round(self.limit_share * total_bytes)


def limits_of(rule: TargetRule, sample: TargetSample, system: SystemSample) -> tuple[Limit, ...]:
    """All limits of a target: the settings' first, then the system's; the machine's comes last."""
    machine = machine_limit(system)
    wanted_bytes = rule.limit_of(system.total_bytes)
    if wanted_bytes is None:
        return (*sample.limits, machine)
    size = size_of_sample(sample)
    used_bytes = size.size_bytes if size else None
    wanted = Limit(limit_bytes=wanted_bytes, source="settings", used_bytes=used_bytes)
    return (wanted, *sample.limits, machine)
