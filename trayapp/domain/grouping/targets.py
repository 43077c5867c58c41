"""Which process belongs to which target: rules, first match wins, children follow."""

from __future__ import annotations

from dataclasses import dataclass

from trayapp.domain.grouping.containers import place_of
from trayapp.domain.grouping.expressions import Searchable
from trayapp.domain.records.frames import TargetSample, size_of_sample
from trayapp.domain.records.levels import Amounts
from trayapp.domain.records.limits import Limit, machine_limit
from trayapp.domain.records.samples import ProcessFacts, SystemSample

_SHORTEST_ID = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRule:
    """What a person calls a target, and how its processes are recognised."""

    name: str
    match: str | None = None
    """A substring of the command line; case counts."""
    regex: Searchable | None = None
    """Searched in the command line, where `match` is None."""
    exe: str | None = None
    """Path or name of the program, as it was started."""
    unit: str | None = None
    """Name of the systemd unit, with or without its kind."""
    container: str | None = None
    """Name or ID of a container around it."""
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
        if self.regex is not None:
            return self.regex.search(facts.command_line) is not None
        if self.exe is not None:
            return _runs(facts, self.exe)
        place = place_of(facts.cgroup)
        if self.unit is not None:
            full = (place.unit or "").rpartition("/")[2]
            return bool(full) and self.unit in (full, full.rpartition(".")[0], place.unit_name)
        wanted = self.container or ""
        return any(_is_container(name, wanted) for name in place.containers)

    @property
    def text(self) -> str:
        """What it matches by, in one line, as the settings write it."""
        if self.regex is not None:
            return f"regex {self.regex.pattern}"
        ways = ("match", "exe", "unit", "container")
        found = ((way, getattr(self, way)) for way in ways)
        return next((f"{way} {value}" for way, value in found if value is not None), "")

    def limit_of(self, total_bytes: int) -> int | None:
        """The limit in bytes on a machine with `total_bytes` of memory; None: no limit."""
        if self.limit_bytes is not None:
            return self.limit_bytes
        return None if self.limit_share is None else round(self.limit_share * total_bytes)


def _runs(facts: ProcessFacts, program: str) -> bool:
    started = facts.arguments[0] if facts.arguments else facts.name
    if "/" in program or "\\" in program:
        return started == program
    return started.replace("\\", "/").rpartition("/")[2] == program


def _is_container(name: str, wanted: str) -> bool:
    """Whether a container is the one that is wanted; of IDs, the beginning is enough."""
    is_id = len(wanted) >= _SHORTEST_ID and set(wanted) <= set("0123456789abcdef")
    return name == wanted or (is_id and (name.startswith(wanted) or wanted.startswith(name)))


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
