"""Recordings of an hour and a half, where caches fill for most of it: who is said to leak.

Run by `python -m tests.benchmarks.leaks`; alone: `python -m tests.benchmarks.long_leaks [FOLDER]`,
for other recordings of the same columns with a `labels.json`.

Judged with a machine's room, as a live one is; the level with the counted work where it was
recorded, the banners through the whole judgement of the applet, which is not told of work.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from tests.benchmarks.alerts import BANNERS, TOTAL_BYTES, frame, machine
from tests.benchmarks.leak_families import DAY, HOUR
from tests.benchmarks.leak_fills import HEALTHY, LEAKS, Fill, recordings
from tests.benchmarks.leak_traces import TRACES, Trace
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.leaks import LeakDetector, LeakSettings, Load, SessionPrior
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.samples import MemoryReading, ProcessKey

LONG = TRACES / "long"
ROOM_BYTES = 0.6 * TOTAL_BYTES
"""Of a machine of 16 GiB that is not idle."""
CERTAIN_MINUTES = (20, 30, 40, 50, 60, 70)
_PAGE_BYTES = 4096
_MONTH_DAYS = 30


@dataclass(slots=True)
class Course:
    """What was said of one recording over time. Seconds."""

    trace: Trace
    first: float | None = None
    """When it was first called leaking, of a leak since its onset."""
    is_early: bool = False
    """Whether it was before the onset."""
    episodes: list[tuple[float, float | None]] = field(default_factory=list)
    """From when to when it was called so; None: to the end."""

    @property
    def is_false(self) -> bool:
        return self.is_early or (not self.trace.leak and self.first is not None)

    @property
    def is_hit(self) -> bool:
        return self.trace.leak and self.first is not None

    def fold(self, at: float, *, leaking: bool) -> None:
        """Take in what is said now."""
        was = bool(self.episodes) and self.episodes[-1][1] is None
        if leaking and not was:
            self.episodes.append((at, None))
            if at < self.trace.onset:
                self.is_early = True
            elif self.first is None:
                self.first = at
        elif was and not leaking:
            self.episodes[-1] = self.episodes[-1][0], at


def read_long(folder: Path) -> list[Trace]:
    """Every recording with a label: what is charged to it alone, and the work that it did."""
    found = []
    for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        rows, work, before = [], [], (0.0, 0.0)
        with gzip.open(folder / f"{label['name']}.csv.gz", "rt") as file:
            for row in csv.DictReader(file):
                if not row["anon_bytes"]:
                    continue
                size = float(row["anon_bytes"]) + float(row["swap_bytes"] or 0)
                if row["n_procs"] == "1":  # of more, each counts the shared pages again
                    size += _PAGE_BYTES * float(row["shared_pages"] or 0)
                rows.append((float(row["t_s"]), size, False))
                at, cpu = float(row["t_s"]), float(row["cpu_s"] or before[1])
                # As Memtray reads it: percent of a core since it was read before.
                work.append(100 * max(0.0, cpu - before[1]) / (at - before[0]))
                before = at, cpu
        found.append(
            Trace(
                label["name"],
                label["leak"],
                label["onset_s"] or 0.0,
                label.get("end_s"),
                label["true_rate_bytes_per_s"],
                label["kind"],
                rows,
                work=work,
            )
        )
    return found


def called(
    trace: Trace,
    *,
    settings: LeakSettings | None = None,
    priors: tuple[SessionPrior, ...] = (),
    knows_work: bool = True,
) -> tuple[Course, LeakDetector]:
    """By the detector alone."""
    course = Course(trace)
    detector = LeakDetector(settings=settings or LeakSettings(), priors=priors)
    for number, (at, size, restarted) in enumerate(trace.rows):
        work = trace.work[number] if trace.work and knows_work else None
        verdict = detector.fold(
            at,
            size,
            restarted=restarted,
            room_bytes=ROOM_BYTES,
            load=Load(work=work) if knows_work else None,
        )
        course.fold(at, leaking=verdict.level == "leaking")
    return course, detector


def told(trace: Trace, *, as_target: bool) -> tuple[Course, int]:
    """By banners that something leaks; and how many banners of any kind there were."""
    rules = (TargetRule(name="it", match="it"),) if as_target else ()
    monitor, course, banners, looked = Monitor(MonitorRules(targets=rules)), Course(trace), 0, -10.0
    is_told = False
    for at, size, _ in trace.rows:
        reading = {ProcessKey(1, 1): MemoryReading(round(size), round(size))}
        sample, everything = None, None
        if as_target:
            sample = TargetSample(name="it", readings=tuple(reading.items()))
        elif at - looked >= 10:
            looked, everything = at, machine(reading)
        for each in monitor.judge_frame(frame(at, sample, everything), Quiet()).announcements:
            banners += each.what in BANNERS
            if each.incident.key.startswith("leak"):
                is_told = each.what in BANNERS or (is_told and each.what != "resolved")
        course.fold(at, leaking=is_told)
    return course, banners


def row(name: str, courses: Sequence[Course]) -> str:
    """False alarms first."""
    healthy = [one for one in courses if not one.trace.leak]
    false = [one for one in courses if one.is_false]
    hits = sum(one.is_hit for one in courses)
    leaks = sum(one.trace.leak for one in courses)
    days = sum(one.trace.rows[-1][0] for one in healthy) / DAY
    episodes = sum(len(one.episodes) for one in healthy)
    precision = hits / (hits + len(false)) if hits + len(false) else 0.0
    recall = hits / leaks if leaks else 0.0
    f1 = 2 * hits / (hits + len(false) + leaks) if hits else 0.0
    delays = [one.first - one.trace.onset for one in courses if one.is_hit and one.first]
    delay = f"{median(delays) / 60:.0f} min" if delays else "–"
    return (
        f"| {name} | {len([one for one in false if not one.trace.leak])} of {len(healthy)} "
        f"| {episodes / days if days else 0:.1f} | {precision:.2f} | {recall:.2f} | {f1:.2f} "
        f"| {delay} |"
    )


TABLE = (
    "| said by | false, of healthy programs | a process-day | precision | recall at the end | F1 "
    "| median delay |",
    "|---|---|---|---|---|---|---|",
)


def on_long(folder: Path = LONG) -> Iterator[str]:
    """All tables of the long recordings."""
    traces = read_long(folder)
    yield from ("", f"### {len(traces)} long recordings", "", *TABLE)
    targets = [told(trace, as_target=True) for trace in traces]
    others = [told(trace, as_target=False) for trace in traces]
    judged = [called(trace) for trace in traces]
    courses = [course for course, _ in judged]
    yield row("**banners that it leaks, as a target**", [course for course, _ in targets])
    yield row("the same, as a program that nobody named", [course for course, _ in others])
    yield row("the level *leaking*", courses)
    yield row(
        "the same, its work unknown", [called(trace, knows_work=False)[0] for trace in traces]
    )
    yield row("the same, after two earlier runs", [_with_priors(trace) for trace in traces])
    yield ""
    grown = sum(count for (course, count) in targets if not course.trace.leak)
    yield (
        f"Banners of any kind about healthy targets, growth and jumps with them: {grown}. "
        "Of each leak, with the time to its limit when it begins, and when it was called one:"
    )
    yield from ("", "| leak | kind | time to the limit | called | share of it | at the end |")
    yield "|---|---|---|---|---|---|"
    for course, detector in judged:
        if course.trace.leak:
            yield _leak_row(course, detector)
    yield from ("", "| healthy program | called leaking | shape at the end |", "|---|---|---|")
    for course, detector in judged:
        if not course.trace.leak:
            yield f"| {course.trace.name} | {_episodes(course)} | {detector.refresh().shape} |"
    yield from _left_out(traces)


def _with_priors(trace: Trace) -> Course:
    """As the third run of the same program on the same machine."""
    priors: tuple[SessionPrior, ...] = ()
    for _ in range(2):
        prior = called(trace, priors=priors)[1].prior
        priors = (*priors, prior) if prior else priors
    return called(trace, priors=priors)[0]


def _leak_row(course: Course, detector: LeakDetector) -> str:
    trace = course.trace
    seconds = ROOM_BYTES / trace.rate if trace.rate else 0.0
    if course.first is None:
        when, share = "never", ""
    else:
        delay = course.first - trace.onset
        when = f"after {delay / 60:.0f} min"
        share = f"{delay / seconds:.1%}" if seconds else ""
    last = detector.refresh()
    days = f"{seconds / DAY:.1f} d" if seconds >= DAY else f"{seconds / HOUR:.1f} h"
    return (
        f"| {trace.name} | {trace.kind} | {days} | {when} | {share} | {last.level}, {last.shape} |"
    )


def _episodes(course: Course) -> str:
    return ", ".join(
        f"{start / 60:.0f} min, "
        + ("to the end" if end is None else f"taken back after {(end - start) / 60:.0f} min")
        for start, end in course.episodes
    )


def _left_out(traces: Sequence[Trace]) -> Iterator[str]:
    """Choose the hour anew without each program, and judge it by what the others choose."""
    by_minutes = {
        minutes: [
            called(trace, settings=replace(LeakSettings(), certain_seconds=60.0 * minutes))[0]
            for trace in traces
        ]
        for minutes in CERTAIN_MINUTES
    }
    left, chosen = [], []
    for out in range(len(traces)):
        scores = {
            minutes: _f1([one for at, one in enumerate(courses) if at != out])
            for minutes, courses in by_minutes.items()
        }
        best = max(scores, key=lambda minutes: (scores[minutes], minutes))
        chosen.append(best)
        left.append(by_minutes[best][out])
    yield ""
    yield (
        "The length of a climb that is proof enough, chosen without each program in turn "
        f"(among {', '.join(map(str, CERTAIN_MINUTES))} min; chosen: "
        f"{', '.join(f'{each} min' for each in sorted(set(chosen)))}), and judged on that one:"
    )
    yield from ("", *TABLE, row("the level, program left out", left))


def _f1(courses: Sequence[Course]) -> float:
    hits = sum(one.is_hit for one in courses)
    wrong = sum(one.is_false for one in courses)
    return 2 * hits / (hits + wrong + sum(one.trace.leak for one in courses))


def on_fills(seeds: int) -> Iterator[str]:
    """Made-up recordings of the same style."""
    yield from ("", f"### Made-up recordings of 85 minutes, {seeds} of each kind", "")
    yield from (
        "| kind | called leaking | median delay | leaking at the end |",
        "|---|---|---|---|",
    )
    found: dict[str, list[tuple[Course, bool]]] = {}
    for fill in recordings(range(seeds)):
        course, detector = called(_as_trace(fill))
        found.setdefault(fill.name, []).append((course, detector.verdict.level == "leaking"))
    for names, what in ((HEALTHY, "healthy"), (LEAKS, "leaks")):
        for name in names:
            yield _fill_row(name, found[name])
        yield _fill_row(f"all {what}", [one for name in names for one in found[name]])


def _fill_row(name: str, found: Sequence[tuple[Course, bool]]) -> str:
    firsts = [course.first - course.trace.onset for course, _ in found if course.first is not None]
    delay = f"{median(firsts) / 60:.0f} min" if firsts else ""
    last = sum(is_leaking for _, is_leaking in found)
    return f"| {name} | {len(firsts)} of {len(found)} | {delay} | {last} |"


def _as_trace(fill: Fill) -> Trace:
    rows = [(at, size, False) for at, size in fill.rows]
    kind = "leak" if fill.is_leak else "none"
    return Trace(fill.name, fill.is_leak, fill.onset, None, None, kind, rows, work=fill.work)


def on_month() -> Iterator[str]:
    """The healthy recordings, one after the other for a month, each day a new run of each."""
    yield from ("", "### A month of healthy recordings", "")
    days, banners, who = 0.0, 0, list[str]()
    for trace in read_long(LONG):
        if trace.leak:
            continue
        count = _month_of(_as_day(trace))
        days += _MONTH_DAYS
        banners += count
        who += [f"{trace.name} {count}"] * bool(count)
    yield (
        f"Each of the healthy ones runs for an hour and a half every day, holds its level until "
        f"night, and is started anew: {days:.0f} process-days, {banners} banners that something "
        f"leaks ({', '.join(who) or 'none'}): {banners / days:.4f} a process-day."
    )


def _as_day(trace: Trace) -> list[float]:
    """A size a minute for 24 hours."""
    sizes, at = [], 0
    for minute in range(24 * 60):
        while at + 1 < len(trace.rows) and trace.rows[at + 1][0] <= 60 * minute:
            at += 1
        sizes.append(trace.rows[at][1])
    return sizes


def _month_of(day: Sequence[float]) -> int:
    """Banners that it leaks, if every day is like this one and begins with a new process."""
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="it", match="it"),)))
    banners = 0
    for number in range(_MONTH_DAYS * len(day)):
        size, run = round(day[number % len(day)]), 1 + number // len(day)
        readings = ((ProcessKey(run, run), MemoryReading(size, size)),)
        sample = TargetSample(name="it", readings=readings)
        outcome = monitor.judge_frame(frame(60.0 * number, sample, None), Quiet())
        banners += sum(
            each.what in BANNERS and each.incident.key.startswith("leak")
            for each in outcome.announcements
        )
    return banners


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else LONG
    for line in on_long(folder):
        print(line, flush=True)


if __name__ == "__main__":
    main()
