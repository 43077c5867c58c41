"""Logs of `collectl` on programs (`-sZ`) and the machine (`-sm`), with `-P` or without.

Tried with 4.3.1. Of programs VmRSS (RSS) is read; of the machine [MEM]Used (Used), which holds
caches, without buffers and cached, and swap used; in KiB, or with a letter. What `-sm` prints for
terminals without `--verbose` tells only what is free, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.program_rows import ProgramRows, program_name
from trayapp.recording.quantities import number_of, size_in
from trayapp.recording.reading import LoopReading, read_lines
from trayapp.recording.source import Source, Start

NAME = "collectl"
EXPECTS = N_("a log of collectl -P")
_WITHOUT_MEMORY = N_(
    "{path} is from collectl, but has no memory in it; create it with collectl -sm -P or -sZ -P"
)
_PLAIN = ("#Date Time ", "#UTC ", "#Date,Time,", "#Date\tTime\t")
_RECORD = re.compile(r"### RECORD +\d+ >>> .*? <<< \((\d+(?:\.\d+)?)\)")
_DAY = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)")


def resembles(start: Start) -> float:
    return (
        1.0 if any(line.startswith(_PLAIN) for line in start.lines) or _is_terminal(start) else 0.0
    )


def _is_terminal(start: Start) -> bool:
    return any(
        line.startswith(("### RECORD ", "# MEMORY S", "# PROCESS SUMMARY"))
        or (line.startswith("#") and "-Memory--" in line)
        for line in start.lines
    )


def read(source: Source, found: Gathering) -> None:
    if _is_terminal(source.start):
        read_lines(source, _Terminal(source, found))
    else:
        _read_plain(source, found)


class _Terminal(LoopReading):
    """Reads what is printed for terminals, where each subject has a table of its own."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self._rows = ProgramRows(found)
        self._titles: list[str] = []
        """Of the machine's memory; empty below another heading."""
        self._is_below_programs = False

    def add_line(self, number: int, line: str) -> None:
        if line.startswith("#"):
            self._add_heading(line)
            return
        rest = self._clock.unstamped(_DAY.sub(r"\1-\2-\3", line, count=1))
        if self._titles:
            self._add_machine(number, line, rest.split())
        elif self._is_below_programs and line.strip():
            if not self._clock.has_times and self._rows.is_next_sample(rest):
                self._clock.begin_block()
            if not self._rows.add_row(rest, self._clock.at):
                self._found.pass_line(number, line, _("not a row of collectl"))

    def _add_heading(self, line: str) -> None:
        if (record := _RECORD.match(line)) is not None:
            self._clock.set_time(record[1])
        words = [word for word in line.strip("# \n").split() if word not in ("Date", "Time")]
        if words and "-" not in words[-1]:
            self._titles = words if words[:2] == ["Total", "Used"] else []
            self._is_below_programs = "RSS" in words and self._rows.set_heading(words)
            if self._is_below_programs:
                self._clock.begin_block()

    def _add_machine(self, number: int, line: str, words: list[str]) -> None:
        if len(words) != len(self._titles) or not line.endswith("\n"):
            self._found.pass_line(number, line, _("not a row of collectl"))
            return
        self._clock.begin_block()
        # The titles of swap, which come later, are the same.
        pairs = zip(reversed(self._titles), reversed(words), strict=True)
        sizes = {title: size_in(word, KIB) for title, word in pairs}
        meaning = _("the machine's memory in use, without caches, in KiB")
        self._found.mark_read("Used-Buff-Cached", meaning)
        used = sizes["Used"] - sizes.get("Buff", 0) - sizes.get("Cached", 0)
        self._found.machine_memory().add(self._clock.at, used)
        if "Used" in self._titles[2:]:
            swap = words[self._titles.index("Used", 2)]
            self._found.machine_swap().add(self._clock.at, size_in(swap, KIB))

    def finish(self) -> None:
        if not self._found.everyone:
            raise self._source.refusal(_(_WITHOUT_MEMORY))
        super().finish()


def _read_plain(source: Source, found: Gathering) -> None:
    clock = source.clock()
    titles: list[str] = []
    separator: str | None = None
    has_memory = is_program = False
    last: list[str] = []
    at = float("nan")
    known: dict[tuple[str, str], Gathered] = {}
    for number, line in enumerate(source.lines(), 1):
        if line.startswith(("#Date", "#UTC")):
            separator = next((one for one in ",;\t|" if one in line), None)
            titles = [title.strip() for title in line[1:].split(separator)]
            is_program = "VmRSS" in titles and "PID" in titles
            has_memory = has_memory or "VmRSS" in titles or "[MEM]Used" in titles
            continue
        if not titles or line.startswith("#") or not line.strip():
            continue
        words = line.strip().split(separator, len(titles) - 1 if is_program else -1)
        if words[:2] != last:
            last, at = words[:2], found.moment(_seconds(clock, titles, words))
        if at != at or len(words) < len(titles) - is_program:
            found.pass_line(number, line, _("not a row of collectl"))
        elif not line.endswith("\n"):
            continue
        elif is_program:
            pid, size = words[titles.index("PID")], number_of(words[titles.index("VmRSS")])
            if not pid.isdecimal() or size != size:
                found.pass_over(number, line, _("no pid or no VmRSS"))
                continue
            command = words[-1].strip() if len(words) == len(titles) else ""
            series = known.get((pid, command))
            if series is None:
                found.mark_read("VmRSS", _("resident set"))
                series = found.program(pid, program_name(command), command)
                known[pid, command] = series
            series.add(at, size * KIB)
        elif "[MEM]Used" in titles:
            _machine(found, dict(zip(titles, words, strict=False)), at)
    if titles and not has_memory:
        raise source.refusal(_(_WITHOUT_MEMORY))
    found.note_guesses(clock)


def _seconds(clock: Clock, titles: Sequence[str], words: Sequence[str]) -> float:
    if titles[0] == "UTC":
        return number_of(words[0])
    day = _DAY.fullmatch(words[0])
    if day is None or len(words) < 2:
        return float("nan")
    return clock.read(f"{day[1]}-{day[2]}-{day[3]} {words[1]}")


def _machine(found: Gathering, row: dict[str, str], at: float) -> None:
    used = number_of(row["[MEM]Used"])
    for cache in ("[MEM]Buf", "[MEM]Cached"):
        used -= number_of(row.get(cache, "0"))
    found.mark_read("[MEM]Used", _("the machine's memory in use, without caches, in KiB"))
    found.machine_memory().add(at, used * KIB)
    if (swap := number_of(row.get("[MEM]SwapUsed", ""))) == swap:
        found.machine_swap().add(at, swap * KIB)
