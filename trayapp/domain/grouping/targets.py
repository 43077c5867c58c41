"""Which process belongs to which target: rules, first match wins, children follow."""

from __future__ import annotations

from trayapp.dataclass import dataclass
from trayapp.domain.grouping.expressions import Searchable
from trayapp.domain.grouping.groups import container_group, named_group, unit_group
from trayapp.domain.records.frames import TargetSample, size_of_sample
from trayapp.domain.records.levels import Amounts
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.samples import ProcessFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRule:
    """What a person calls a target, and how its processes are recognised."""

    name: str
    match: str | None = None
    """A substring of the command line; case counts."""
    regex: Searchable | None = None
    """Searched in the command line, where `match` is None."""
    exe: str | None = None
    """Path or name of the program, as it was started or as the file is called that it runs."""
    exe_file: str | None = None
    """The file that the path leads to, where that is another one."""
    unit: str | None = None
    """Name of the systemd unit, with or without its kind."""
    container: str | None = None
    """Name or ID of a container around it, or of a pod."""
    cgroup: str | None = None
    """Path of a control group; those below count as well."""
    user: str | None = None
    """Name or number of whose rights it has."""
    children: bool = True
    """Whether descendants that match no rule of their own belong to it, too; not of a group or a
    user: a process that has left it is another's."""
    limit_bytes: int | None = None
    limit_share: float | None = None
    """Limit as a share of the machine's memory, 0 to 1, where `limit_bytes` is None."""
    sizes: Amounts | None = None
    """Bytes in use from which it has a level; None: those of all targets."""
    watch_growth: bool = True
    watch_spikes: bool = True

    def matches(self, facts: ProcessFacts, command_line: str | None = None) -> bool:
        """Return whether the rule names this process itself.

        command_line: its own, where somebody asks many rules and has it at hand.
        """
        if self.match is not None:
            return self.match in (facts.command_line if command_line is None else command_line)
        if self.regex is not None:
            text = facts.command_line if command_line is None else command_line
            return self.regex.search(text) is not None
        if self.exe is not None:
            return _runs(facts, self.exe) or facts.exe == (self.exe_file or "")
        if self.user is not None:
            return _is_of(facts, self.user)
        return self.group_of(facts) is not None

    @property
    def is_by_group(self) -> bool:
        """Whether it names a control group, which the kernel charges."""
        return self.unit is not None or self.container is not None or self.cgroup is not None

    @property
    def adopts(self) -> bool:
        """Whether what its processes start belongs to it, wherever that goes."""
        return self.children and not self.is_by_group and self.user is None

    def group_of(self, facts: ProcessFacts) -> str | None:
        """Return the path of the group that the rule names and the process is in, else None."""
        if not self.is_by_group:
            return None
        paths = (facts.memory_cgroup, facts.cgroup)
        found = (self._group_in(path, facts) for path in paths if path is not None)
        return next(filter(None, found), None)

    def charged_group_of(self, facts: ProcessFacts) -> str | None:
        """Return the same as far as the memory of the process is charged to it."""
        path = facts.memory_cgroup or facts.cgroup
        return self._group_in(path, facts) if self.is_by_group and path else None

    def _group_in(self, path: str, facts: ProcessFacts) -> str | None:
        if self.unit is not None:
            return unit_group(path, self.unit)
        if self.container is not None:
            return container_group(path, self.container, facts.container_names)
        return None if self.cgroup is None else named_group(path, self.cgroup)

    @property
    def text(self) -> str:
        """What it matches by, in one line, as the settings write it."""
        if self.regex is not None:
            return f"regex {self.regex.pattern}"
        ways = ("match", "exe", "unit", "container", "cgroup", "user")
        found = ((way, getattr(self, way)) for way in ways)
        return next((f"{way} {value}" for way, value in found if value is not None), "")

    def limit_of(self, total_bytes: int) -> int | None:
        """The limit in bytes on a machine with `total_bytes` of memory; None: no limit."""
        if self.limit_bytes is not None:
            return self.limit_bytes
        return None if self.limit_share is None else round(self.limit_share * total_bytes)


def _runs(facts: ProcessFacts, program: str) -> bool:
    started = facts.arguments[0] if facts.arguments else facts.name
    return any(_is_program(each, program) for each in (started, facts.exe) if each)


def _is_program(path: str, program: str) -> bool:
    if "/" in program or "\\" in program:
        return path == program
    return path.replace("\\", "/").rpartition("/")[2] == program


def _is_of(facts: ProcessFacts, wanted: str) -> bool:
    user = facts.user
    if user is None:
        return False
    # Windows has names such as "DESKTOP\\anna".
    called = {user.name, user.name.rpartition("\\")[2]}
    return wanted in called or (user.uid is not None and wanted == str(user.uid))


def own_limits_of(rule: TargetRule, sample: TargetSample, total_bytes: int) -> tuple[Limit, ...]:
    """The limits of a target but the machine's, whose memory `total_bytes` is.

    The settings' first, then the system's.
    """
    wanted_bytes = rule.limit_of(total_bytes)
    if wanted_bytes is None:
        return sample.limits
    size = size_of_sample(sample)
    wanted = Limit(
        limit_bytes=wanted_bytes,
        source="settings",
        used_bytes=size.size_bytes if size else None,
        reclaimable_bytes=sample.charge.clean_cache_bytes if sample.charge else None,
    )
    return (wanted, *sample.limits)
