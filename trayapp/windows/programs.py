"""A program as the applet describes it to those who want to act on it, and the words for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trayapp.charts.labels import plain_name
from trayapp.dataclass import NamedTuple, dataclass, fields
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.showing.table import as_number
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_duration, format_size

GRACE_SECONDS = 5.0
"""So long a program may take to end before it can be ended by force."""
MOST_LINES = 6
NAME_LENGTH = 40
PROBE_LINES = "import trayapp.probe\n\ntrayapp.probe.start()\n"
"""What a person adds to a program."""


class Process(NamedTuple):
    """One process of a program; its name is a stranger's word."""

    pid: int
    started: int
    """In the system's own unit; only compared."""
    name: str
    rss_bytes: float | None
    started_wall_seconds: float | None

    @property
    def pair(self) -> list[int]:
        """How the applet is told which one is meant."""
        return [self.pid, self.started]

    def line(self, now: float) -> str:
        """Return it in one line; now: wall seconds."""
        text = _("{name}  ·  process {pid}  ·  {size}").format(
            name=plain_name(self.name, NAME_LENGTH), pid=self.pid, size=format_size(self.rss_bytes)
        )
        if self.started_wall_seconds is None:
            return text
        age = format_duration(now - self.started_wall_seconds)
        return text + "  ·  " + _("running for {time}").format(time=age)


@dataclass(frozen=True, slots=True)
class Program:
    """What a person acts on, as it was when it was asked for."""

    kind: str
    """"app", "target", "application" or "process"."""
    name: str
    """As the applet knows it: of a process, "pid:started"."""
    title: str
    """As people know it."""
    processes: tuple[Process, ...] = ()
    """Largest first; empty: it does not run."""
    facts: ProgramFacts | None = None
    """None: it does not run."""

    @property
    def arguments(self) -> dict[str, object]:
        """How the applet is told what is meant."""
        return {"kind": self.kind, "name": self.name}


def program_from(kind: str, name: str, title: str, told: Mapping[str, object]) -> Program:
    """Read the applet's answer, which may be of another version: what fits is taken."""
    found, facts = told.get("processes"), told.get("facts")
    known = {field.name for field in fields(ProgramFacts)}
    return Program(
        kind=kind,
        name=name,
        title=title,
        processes=tuple(
            Process(
                each["pid"],
                each["started"],
                str(each.get("name", "")),
                as_number(each.get("rss_bytes")),
                as_number(each.get("started_at")),
            )
            for each in (found if isinstance(found, list) else [])
            if isinstance(each, dict) and isinstance(each.get("pid"), int)
            if isinstance(each.get("started"), int)
        ),
        facts=(
            ProgramFacts(**{key: value for key, value in facts.items() if key in known})
            if isinstance(facts, dict)
            else None
        ),
    )


def process_lines(processes: Sequence[Process], now: float) -> str:
    """Return the largest processes, one a line, and how many there are beside them."""
    lines = [process.line(now) for process in processes[:MOST_LINES]]
    if len(processes) > MOST_LINES:
        count = len(processes) - MOST_LINES
        lines.append(
            ngettext("and {count} more process", "and {count} more processes", count).format(
                count=count
            )
        )
    return "\n".join(lines)


def end_warning(system: str) -> str:
    """Return what ending means on a system, as `sys.platform` calls it."""
    if system == "win32":
        return _("Windows ends it immediately: unsaved work is lost.")
    return _("It is asked to end and can save its work first.")


def restart_warning(facts: ProgramFacts) -> str:
    """Return who starts it again, and what ends with it."""
    if facts.is_guarded:
        return _("`memtray run`, which started it, restarts it.")
    text = _("systemd restarts {unit} with all its processes.")
    return text.format(unit=plain_name(facts.unit, NAME_LENGTH))
