"""How often causes of growth are found where there are some, and where there are none.

`python -m tests.benchmarks.causes [--count 100]` makes histories of two to four weeks, and of
twelve for days of the week: a program that swings, tasks at fixed and at random times, other
programs that start, load that comes in waves, and runs of three versions. In the *planted* ones
growth follows one of them four times of five, and now and then nothing; in the *shuffled* ones the
same growth begins at other moments, alone or in bursts of several within some hours.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.domain.judging.advice.building import CALM, target
from trayapp.domain.judging.advice.case import Case, Past
from trayapp.domain.judging.advice.kinds.version import GrowingVersion
from trayapp.domain.judging.advice.versions import compare_versions
from trayapp.domain.judging.causes import Cause, Happening, RunOutcome, find_causes
from trayapp.domain.judging.growth_onsets import STEP_SECONDS, find_course
from trayapp.domain.records.run_program import RunProgram, Version, program_event
from trayapp.domain.records.series import Event, Point

MIB = 1024.0 * 1024.0
DAY, HOUR = 86_400.0, 3600.0
BEGIN = 1_699_833_600.0
"""A Monday, 00:00."""
KINDS = ("task", "start", "load", "hour", "weekday", "version", "arguments")
SURE = 0.8
"""How often growth follows what it is to follow."""
VERSIONS = tuple(Version("app.py", 1_690_000_000 + 86_400 * at, 5000 + at) for at in range(3))


class History(NamedTuple):
    """What a history tells of one program."""

    points: list[Point]
    happenings: dict[Happening, list[float]]
    runs: list[RunOutcome]


def make(random: Random, kind: str, *, shuffled: str = "") -> History:
    """Make a history in which growth follows one kind of thing.

    shuffled: "alone" or "bursts": the growth begins elsewhere.
    """
    days = 84 if kind == "weekday" else random.choice((14, 21, 28))
    end = BEGIN + days * DAY
    happenings = _happenings(random, end)
    onsets = _onsets(random, kind, happenings, days)
    if shuffled:
        onsets = _shuffled(random, len(onsets), end, in_bursts=shuffled == "bursts")
    runs = _runs(random, kind, end)
    if shuffled:
        outcomes = [run.grown_bytes for run in runs]
        random.shuffle(outcomes)
        runs = [run._replace(grown_bytes=grown) for run, grown in zip(runs, outcomes, strict=True)]
    return History(_points(random, sorted(onsets), end), happenings, runs)


def _happenings(random: Random, end: float) -> dict[Happening, list[float]]:
    span = end - BEGIN
    days = round(span / DAY)
    found = {
        Happening("task", "nightly"): [BEGIN + day * DAY + 3.4 * HOUR for day in range(days)],
        Happening("task", "often"): [BEGIN + at * 1200.0 for at in range(round(span / 1200))],
    }
    for number in range(6):
        found[Happening("task", f"task {number}")] = _at_random(random, 10 + 5 * number, end)
    for number in range(10):
        found[Happening("start", f"program {number}")] = _at_random(random, 4 + 4 * number, end)
    # Load comes in waves: what follows one rise is another, soon.
    waves = [
        wave + random.expovariate(1 / 1800) for wave in _at_random(random, days, end)
        for _ in range(3)
    ]  # fmt: skip
    found[Happening("load")] = sorted(waves)
    return found


def _at_random(random: Random, count: int, end: float) -> list[float]:
    return sorted(random.uniform(BEGIN + HOUR, end - HOUR) for _ in range(count))


def _onsets(
    random: Random, kind: str, happenings: dict[Happening, list[float]], days: int
) -> list[float]:
    end = BEGIN + days * DAY
    onsets = _at_random(random, days // 4, end)
    if kind in ("task", "start", "load"):
        names = {"task": "task 1", "start": "program 4", "load": ""}
        for at in happenings[Happening(kind, names[kind])]:  # type: ignore[arg-type]
            if random.random() < SURE:
                onsets.append(at + random.uniform(5, 240))
    elif kind == "hour":
        onsets += [
            BEGIN + day * DAY + 17 * HOUR + random.uniform(0, HOUR - 300)
            for day in range(days)
            if random.random() < SURE
        ]
    elif kind == "weekday":
        onsets += [
            BEGIN + (7 * week + 2) * DAY + random.uniform(6 * HOUR, 20 * HOUR)
            for week in range(days // 7)
            if random.random() < SURE
        ]
    return onsets


def _shuffled(random: Random, count: int, end: float, *, in_bursts: bool) -> list[float]:
    if not in_bursts:
        return _at_random(random, count, end)
    onsets: list[float] = []
    while len(onsets) < count:
        middle = random.uniform(BEGIN + HOUR, end - 6 * HOUR)
        onsets += [middle + random.uniform(0, 5 * HOUR) for _ in range(random.randint(2, 5))]
    return onsets


def _runs(random: Random, kind: str, end: float) -> list[RunOutcome]:
    """Return two runs a day of three versions, one after the other; the last one grows."""
    count = 2 * round((end - BEGIN) / DAY)
    runs = []
    for at in range(count):
        version = VERSIONS[3 * at // count]
        arguments = "new" if at % 3 == 0 else "old"
        likely = 0.1
        if kind == "version" and version is VERSIONS[-1]:
            likely = SURE
        if kind == "arguments" and arguments == "new":
            likely = SURE
        start = BEGIN + at * DAY / 2
        grown = 40 * MIB if random.random() < likely else 0.0
        program = RunProgram(version, arguments, start)
        runs.append(RunOutcome(start, start + 8 * HOUR, grown, program))
    return runs


def _points(random: Random, onsets: list[float], end: float) -> list[Point]:
    """Return a size that swings and drifts, and grows from each onset on for a while."""
    base, size_bytes, swing = 300 * MIB, 0.0, 0.0
    growths = [(at, random.choice((60.0, 900.0)), random.uniform(12, 40) * MIB) for at in onsets]
    points = []
    at, place = BEGIN, 0
    running: list[tuple[float, float, float]] = []
    while at < end:
        while place < len(growths) and growths[place][0] < at + STEP_SECONDS:
            running.append(growths[place])
            place += 1
        lows = []
        for part in range(5):
            moment = at + part * STEP_SECONDS / 5
            grown = sum(
                min(1.0, max(0.0, (moment - begun) / seconds)) * size
                for begun, seconds, size in running
            )
            swing = 0.9 * swing + random.gauss(0, 0.3 * MIB)
            tooth = 4 * MIB * ((moment / 700) % 1)
            lows.append(base + size_bytes + grown + swing + tooth)
        done = [each for each in running if each[0] + each[1] < at]
        size_bytes += sum(size for _begun, _seconds, size in done)
        running = [each for each in running if each not in done]
        points.append(Point(at, min(lows), sum(lows) / len(lows), max(lows)))
        at += STEP_SECONDS
    return points


def causes_of(history: History) -> list[Cause]:
    course = find_course(history.points)
    return list(find_causes(course, history.happenings, history.runs, 0.0).found)


def is_planted(cause: Cause, kind: str) -> bool:
    """Whether this is what growth was made to follow."""
    wanted: dict[str, Callable[[Cause], bool]] = {
        "task": lambda one: one.name == "task 1",
        "start": lambda one: one.name == "program 4",
        "load": lambda _one: True,
        "hour": lambda one: one.number == 17,
        "weekday": lambda one: one.number == 2,
        "version": lambda one: one.version == VERSIONS[-1],
        "arguments": lambda one: one.name == "new",
    }
    return cause.kind == kind and wanted[kind](cause)


def count_versions(random: Random, rate_mib: float, count: int) -> int:
    """Return of how many programs a new version, growing by so much an hour, is advised against."""
    found = 0
    for _ in range(count):
        events: list[Event] = []
        points: list[Point] = []
        at, noise = BEGIN, random.uniform(0.5, 20) * MIB
        for run, version in enumerate((VERSIONS[0],) * random.randint(1, 4) + (VERSIONS[1],) * 2):
            events.append(program_event("web", RunProgram(version, "a", at), at + 8))
            size, end = 300 * MIB, at + random.uniform(6, 40) * HOUR
            while at < end:
                size += (rate_mib * MIB / 4 if version is VERSIONS[1] else 0.0) * (run > 0)
                points.append(Point(at, *(size + random.gauss(0, noise),) * 3))
                at += 900.0
        view = target()
        past = Past(days=5, version=compare_versions(points, events))
        found += bool(GrowingVersion().advise(Case("target:web", view, past=past), CALM))
    return found


def main() -> None:
    """Print recall of each planted cause, and how often anything is found in shuffled ones."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, default=100)
    count = parser.parse_args().count
    print("planted     found   others beside it   seconds each")
    for kind in KINDS:
        hits, others, began = 0, Counter[str](), time.process_time()
        for seed in range(count):
            found = causes_of(make(Random(f"{kind} {seed}"), kind))
            hits += any(is_planted(cause, kind) for cause in found)
            others.update({cause.kind for cause in found if not is_planted(cause, kind)})
        seconds = (time.process_time() - began) / count
        told = ", ".join(f"{name} {number}" for name, number in others.items()) or "none"
        print(f"{kind:10} {hits:4d}/{count}   {told:20} {seconds:.3f}")
    for way in ("alone", "bursts"):
        wrong, kinds = 0, Counter[str]()
        for kind in KINDS:
            for seed in range(count):
                found = causes_of(make(Random(f"{kind} {seed}"), kind, shuffled=way))
                wrong += bool(found)
                kinds.update(cause.kind for cause in found)
        total = count * len(KINDS)
        print(f"shuffled, {way}: {wrong}/{total} histories with any finding: {dict(kinds)}")

    for rate_mib in (0.0, 1.0, 4.0, 16.0):
        advised = count_versions(Random(f"versions {rate_mib}"), rate_mib, 4 * count)
        print(f"a version that grows by {rate_mib:g} MiB an hour: advised {advised}/{4 * count}")


if __name__ == "__main__":
    main()
