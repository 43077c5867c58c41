"""Samples that come one by one, each series with times of its own, made into a recording.

What a reader of a form calls while it reads: `series` to name a program once, `moment` for each
time, the series' `add` for each sample; `pass_over` for a line that should have been a sample and
is none; `take`, `leave_out` and `note` for what a person should know of how the file was read.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import format_percent
from trayapp.recording.clocks import Clock
from trayapp.recording.records import Decision, Kind, Recording, Track, known_or_none, known_rows

MOST_BYTES = 1e18
"""No memory is larger; whatever says so is no size."""
_MOST_PROCESSES = 1e9
WALL_FROM, WALL_UNTIL = 1e9, 4.1e9
"""Seconds since 1970 are told by their size: from 2001 to 2100, where calendars end."""
MOST_SAMPLES = 1 << 20
"""Beyond these, of every two neighbours the larger is kept: a longer file needs no more memory."""
_ALLOTMENT = 2048
_LONGEST_COMMAND = 4000
_WORTH_WARNING = 0.01


class Gathered:
    """One series: add samples to it in the order of the file."""

    __slots__ = (
        "_allotment", "_anon", "_children", "_owner", "_run", "_runs", "_sizes", "_times",
        "command_line", "is_unsorted", "kind", "name", "pid",
    )  # fmt: skip

    def __init__(
        self, owner: Gathering, name: str, pid: int | None, command_line: str, kind: Kind
    ) -> None:
        self.name = name
        self.pid = pid
        self.command_line = command_line
        self.kind = kind
        self.is_unsorted = False
        self._owner = owner
        self._run = 0
        self._allotment = _ALLOTMENT
        self._times = array("d")
        self._sizes = array("d")
        self._anon: array[float] | None = None
        self._children: array[float] | None = None
        self._runs: array[float] | None = None

    def add(
        self,
        seconds: float,
        size_bytes: float,
        anon_bytes: float = math.nan,
        children: float = math.nan,
    ) -> None:
        """Take in one sample; `seconds` as `Gathering.moment` tells them.

        A size that cannot be is unknown; one without a time is passed over.
        """
        times = self._times
        if times and not seconds >= times[-1]:
            if seconds != seconds:
                return
            self.is_unsorted = True
        elif not -1e18 < seconds < 1e18:
            return
        times.append(seconds)
        self._sizes.append(size_bytes if 0 <= size_bytes < MOST_BYTES else math.nan)
        if anon_bytes == anon_bytes or self._anon is not None:
            self._anon = self._beside(self._anon)
            self._anon.append(anon_bytes if 0 <= anon_bytes < MOST_BYTES else math.nan)
        if children == children or self._children is not None:
            self._children = self._beside(self._children)
            self._children.append(children if 0 <= children < _MOST_PROCESSES else math.nan)
        run = self._run + self._owner.run
        if run or self._runs is not None:
            if self._runs is None:
                self._runs = array("d", bytes(8 * (len(times) - 1)))
            self._runs.append(run)
        self._allotment -= 1
        if not self._allotment:
            self._allotment = _ALLOTMENT
            self._owner.make_room()

    def count_children(self, processes: Mapping[float, float]) -> None:
        """Set the numbers of processes by moments; unknown where none is told."""
        self._children = array("d", (processes.get(at, math.nan) for at in self._times))

    def begin_run(self) -> None:
        """The program of this series was started again: what follows is no growth."""
        self._run += 1

    def __len__(self) -> int:
        return len(self._times)

    @property
    def sizes(self) -> array[float]:
        """All of them, NaN where unknown; not to be changed."""
        return self._sizes

    def scale(self, factor: float) -> None:
        """Multiply all sizes: their unit was known only later."""
        self._sizes = array("d", (size * factor for size in self._sizes))

    def _beside(self, values: array[float] | None) -> array[float]:
        return array("d", [math.nan]) * (len(self._times) - 1) if values is None else values

    def thin(self) -> None:
        """Of every two samples between the first and the last keep the larger."""
        sizes = self._sizes
        count = len(sizes)
        if count < 1000:
            return
        kept = array("l", (0,))
        kept.extend(
            at if sizes[at] >= sizes[at + 1] or sizes[at + 1] != sizes[at + 1] else at + 1
            for at in range(1, count - 2, 2)
        )
        kept.extend(range(count - 2 + count % 2, count))
        self._keep(kept)

    def sort(self) -> None:
        """Bring the samples into the order of their times."""
        self._keep(sorted(range(len(self._times)), key=self._times.__getitem__))
        self.is_unsorted = False

    def _keep(self, rows: Sequence[int]) -> None:
        for name in ("_times", "_sizes", "_anon", "_children", "_runs"):
            values = getattr(self, name)
            if values is not None:
                setattr(self, name, array("d", (values[at] for at in rows)))

    def known(self) -> slice:
        """From the first to the last sample whose size is known."""
        return known_rows(self._sizes)

    def span(self) -> tuple[float, float]:
        """Seconds of the first and the last sample whose size is known."""
        rows = self.known()
        return self._times[rows.start], self._times[rows.stop - 1]

    def track(self, first: float, name: str) -> Track:
        """Return the finished series, its times in seconds since `first`."""
        rows = self.known()
        times = self._times
        if rows != slice(0, len(times)) or first:
            times = array("d", (at - first for at in times[rows]))
        return Track(
            name=name,
            times=memoryview(times),
            memory=self._part(self._sizes, rows),
            anon=None if self._anon is None else known_or_none(self._part(self._anon, rows)),
            children=(
                None if self._children is None else known_or_none(self._part(self._children, rows))
            ),
            runs=None if self._runs is None else self._part(self._runs, rows),
            pid=self.pid,
            command_line=self.command_line,
            kind=self.kind,
        )

    @staticmethod
    def _part(values: array[float], rows: slice) -> array[float]:
        return values if rows == slice(0, len(values)) else values[rows]


class Gathering:
    """Collects the samples of a file of somebody else's, which may hold anything."""

    def __init__(self, path: Path, form: str = "") -> None:
        """`form`: what the file is read as, for errors."""
        self.path = path
        self._form = form
        self.run = 0
        """Number of the run, of all series; see `begin_run`."""
        self.shift_seconds = 0.0
        """Offset of all times: the day of a file that tells only times of day."""
        self.origin_seconds: float | None = None
        """When the recording began, where that was before the first sample."""
        self.began_wall_seconds: float | None = None
        """Seconds since 1970 at the origin of times that count from a start, if that is known."""
        self.is_known_empty = False
        """Whether a file without any size is whole all the same: nothing was there to measure."""
        self.passed_over = 0
        self._found: dict[Hashable, Gathered] = {}
        self._taken: dict[str, str] = {}
        self._left_out: dict[str, Decision] = {}
        self._notes: dict[str, None] = {}
        self._first_broken = ""
        self._offset = 0.0
        self._first: float | None = None
        self._last = -math.inf
        self._step = 0.0
        self._is_thinned = False

    def series(
        self,
        key: Hashable,
        name: str,
        *,
        pid: int | None = None,
        command_line: str = "",
        kind: Kind = "memory",
    ) -> Gathered:
        """The series of this key; named at the first call, later ones change nothing."""
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = Gathered(self, name, pid, command_line, kind)
        return found

    def program(
        self, pid: object, name: str, command_line: str = "", kind: Kind = "resident set"
    ) -> Gathered:
        """Return the series of a process, of which pid and name tell who it is."""
        pid = str(pid)
        return self.series(
            (pid, name),
            f"{name} {pid}".strip(),
            pid=int(pid) if pid.isdecimal() and len(pid) <= 10 else None,
            command_line=command_line[:_LONGEST_COMMAND],
            kind=kind,
        )

    def machine_memory(self) -> Gathered:
        """Return the series of what all programs of the machine use together."""
        return self.series("machine", _("memory used"), kind="machine")

    def machine_swap(self) -> Gathered:
        """Return the series of the machine's swap in use."""
        return self.series("swap", _("swap used"), kind="swap")

    def prefer_programs(self, what: str) -> None:
        """Drop the machine's memory, called `what` in the file, where programs were read."""
        if "machine" in self._found and len(self._found) > 1:
            self.drop("machine")
            self.leave_out(what, _("the machine's memory; programs are read instead"))

    def __contains__(self, key: Hashable) -> bool:
        return key in self._found

    @property
    def everyone(self) -> dict[Hashable, Gathered]:
        """All series that were named so far, by key."""
        return self._found

    def drop(self, key: Hashable) -> None:
        """Forget a series that turned out to be none."""
        del self._found[key]

    def moment(self, seconds: float) -> float:
        """The time of what comes next, in seconds since 1970 or since the start of the first run.

        A clock of seconds since the start that begins again is another run, after the one before.
        """
        if seconds >= WALL_FROM:
            return seconds
        last = self._last
        if seconds < last:
            if (
                self._first is not None
                and last > self._first
                and seconds <= (last + self._first) / 2
            ):
                self._offset += last - seconds + self._step
                self.begin_run()
                self._first = self._last = seconds
        else:
            if self._first is None and seconds == seconds:
                self._first = seconds
            if seconds > last > -math.inf:
                self._step = seconds - last
            self._last = seconds
        return seconds + self._offset

    def begin_run(self) -> None:
        """All that follows is of another run: it is no growth of what comes before."""
        self.run += 1

    def pass_over(self, number: int, text: str, why: str = "") -> None:
        """A line, or whatever has this number, should have been a sample and is none.

        `why`: a part of a sentence in the person's language.
        """
        if not self.passed_over:
            shown = repr(short_name(text.strip(), 60))
            said = _("line {number}: {text}").format(number=format_count(number), text=shown)
            self._first_broken = f"{said}: {why}" if why else said
        self.passed_over += 1

    def pass_line(self, number: int, line: str, why: str) -> None:
        """Pass over a line, unless it may only have been cut off, as a last one without end."""
        if line.endswith("\n"):
            self.pass_over(number, line, why)

    def mark_read(self, what: str, meaning: str) -> None:
        """`what` of the file was read, as this: "resident set, in KiB"."""
        self._taken.setdefault(what, meaning)

    def leave_out(self, what: str, reason: str) -> None:
        """`what` of the file was not read, for this reason."""
        self._left_out.setdefault(what, Decision(what, reason))

    def note(self, text: str) -> None:
        """Add a note for the person: a sentence without its end."""
        self._notes.setdefault(text)

    def note_missing_times(self) -> None:
        """Say that samples were counted, since nothing tells when they were taken."""
        self.note(
            _("it has no times; samples are placed one second apart, so rates are per sample")
        )

    def note_guesses(self, clock: Clock, last_seconds: float = math.nan) -> None:
        """Say what a clock had to guess; times of day end at `last_seconds`, before the file."""
        for note in clock.notes:
            self.note(note)
        if shift := clock.shift_seconds(last_seconds):
            self.shift_seconds = shift

    def make_room(self) -> None:
        """Halve what is held once it is too much."""
        if sum(map(len, self._found.values())) >= MOST_SAMPLES:
            self._is_thinned = True
            for series in self._found.values():
                series.thin()

    def result(self, *, is_cut_off: bool = False) -> Recording:
        """All of it; its times are the wall's if they look like it.

        Raises: RecordingError if there is no sample.
        """
        for series in self._found.values():
            if series.is_unsorted:
                series.sort()
        found = [series for series in self._found.values() if series.known() != slice(0, 0)]
        if not found and not self.is_known_empty:
            raise RecordingError(self._why_empty())
        first = min((series.span()[0] for series in found), default=0.0)
        last = max((series.span()[1] for series in found), default=0.0)
        if self.origin_seconds is not None:
            first = min(first, self.origin_seconds)
        is_wall = first >= WALL_FROM
        if is_wall and last >= WALL_UNTIL:
            text = _("{file}: its times are outside any calendar")
            raise RecordingError(text.format(file=self.path))
        started = first + self.shift_seconds
        if self.began_wall_seconds is not None and not is_wall:
            started += self.began_wall_seconds
        elif not is_wall:
            started = self.path.stat().st_mtime - (last - first)
        return Recording(
            path=self.path,
            started_wall_seconds=max(0.0, started),
            seconds=last - first,
            interval_seconds=None,
            tracks=tuple(series.track(first, series.name) for series in found),
            notes=self._all_notes(is_cut_off=is_cut_off),
            taken=tuple(Decision(what, meaning) for what, meaning in self._taken.items()),
            left_out=tuple(self._left_out.values()),
        )

    def _why_empty(self) -> str:
        if self._first_broken:
            text = _("{path} has no samples that can be read as {form}: {first}")
            return text.format(path=self.path, form=self._form, first=self._first_broken)
        if self._left_out:
            one = next(iter(self._left_out.values()))
            text = _("{path} has no memory that can be read: {name}: {reason}")
            return text.format(path=self.path, name=short_name(one.name), reason=one.reason)
        return _("{path} has no samples").format(path=self.path)

    def _all_notes(self, *, is_cut_off: bool) -> tuple[str, ...]:
        notes = list(self._notes)
        if is_cut_off:
            notes.append(_("truncated while being written; what comes before is shown"))
        if self._is_thinned:
            notes.append(_("too long; neighbouring samples were merged and the larger was kept"))
        rows = self.passed_over + sum(map(len, self._found.values()))
        share = self.passed_over / max(1, rows)
        if share > _WORTH_WARNING:
            text = _("warning: {count} lines ({share}) were skipped; the first is {first}")
            count, first = format_count(self.passed_over), self._first_broken
            notes.append(text.format(count=count, share=format_percent(share, 1), first=first))
        return tuple(notes)
