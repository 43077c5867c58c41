"""How many banners a person gets: `python -m tests.benchmarks.alerts`.

Every recorded program is replayed through the whole judgement of the applet with its default
settings, as a target and as an application that nobody named, with the incidents' state machine
behind it; then a made-up week of an office machine. Prints banners by program and per process-day,
how often each real leak was told, and what judging costs. Asserts nothing.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.benchmarks.leak_traces import TRACES, Trace, read_traces
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import AlertPolicy, Condition, Quiet
from trayapp.domain.judging.incidents import IncidentBook
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Everything, Frame, TargetSample
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import (
    AppSample,
    MemoryReading,
    ProcessFacts,
    ProcessKey,
    ProcessUse,
    SystemSample,
)

TOTAL_BYTES = 16 * 1024**3
DAY = 86_400.0
HOUR = 3600.0
MB = 1e6
BANNERS = ("raised", "escalated", "worsened")
Size = Callable[[float], float]


def main() -> None:
    """Print all of it."""
    for as_target in (True, False):
        print(f"\n{'Named as a target' if as_target else 'Named by nobody'}:\n")
        print("| recordings | healthy | their days | banners | most of one | leaks | told |")
        print("| :-- | --: | --: | --: | --: | --: | :-- |")
        for name, folder, column in (
            ("24 programs", TRACES, "rss_bytes"),
            ("49 lab programs", TRACES / "lab", "anon_bytes"),
        ):
            show_traces(name, folder, column, as_target=as_target)
    show_week()
    show_costs()


def show_traces(name: str, folder: Path, column: str, *, as_target: bool) -> None:
    """A row of the table, and what was told of whom."""
    days, banners, most, leaks = 0.0, 0, 0, Counter[str]()
    details = []
    for trace in read_traces(folder, column):
        told = replay(trace, as_target=as_target)
        keys = Counter(key.partition(":")[0] for key in told)
        if trace.leak:
            count = keys["leak"] + keys["leak-of-application"]
            leaks[("never", "once", "twice")[count] if count < 3 else "more"] += 1
            days_of_others = 0
        else:
            days += trace.rows[-1][0] / DAY
            banners += len(told)
            most = max(most, len(told))
            days_of_others = len(told)
        if days_of_others:
            details.append(f"{trace.name} {dict(keys)}")
    print(
        f"| {name} | {sum(1 for _ in read_traces(folder, column)) - leaks.total()} | {days:.2f} "
        f"| {banners} | {most} | {leaks.total()} "
        f"| {', '.join(f'{how} {count}' for how, count in leaks.items())} |"
    )
    for detail in details:
        print(f"    {detail}", file=sys.stderr)


def replay(trace: Trace, *, as_target: bool) -> list[str]:
    """The keys of all banners."""
    rule = TargetRule(name="it", match="it")
    monitor = Monitor(MonitorRules(targets=(rule,) if as_target else ()))
    told, run, looked = [], 1, -math.inf
    for at, size, restarted in trace.rows:
        run += restarted
        sample, everything = None, None
        reading = {ProcessKey(run, run): MemoryReading(round(size), round(size))}
        if as_target:
            sample = TargetSample(name="it", readings=tuple(reading.items()))
        elif at - looked >= 10:
            looked, everything = at, machine(reading)
        outcome = monitor.judge_frame(frame(at, sample, everything), Quiet())
        told += [each.incident.key for each in outcome.announcements if each.what in BANNERS]
    return told


def machine(readings: dict[ProcessKey, MemoryReading]) -> Everything:
    """Each process is an application of its own."""
    uses = []
    for key, reading in readings.items():
        facts = ProcessFacts(key=key, parent_pid=1, name=f"p{key.pid}")
        uses.append(
            ApplicationUse(
                key=ApplicationKey("program", facts.name),
                name=facts.name,
                processes=(key,),
                rss_bytes=reading.rss_bytes,
                largest=ProcessUse(facts=facts, rss_bytes=reading.rss_bytes),
            )
        )
    return Everything(applications=tuple(uses), readings=readings)


def frame(
    at: float,
    target: TargetSample | None,
    everything: Everything | None,
    available: float = 0.6 * TOTAL_BYTES,
) -> Frame:
    """One look."""
    return Frame(
        monotonic_seconds=at,
        wall_seconds=1.7e9 + at,
        interval_seconds=2.0,
        system=SystemSample(total_bytes=TOTAL_BYTES, available_bytes=round(available)),
        app=AppSample(pid=1),
        targets=(target,) if target else (),
        everything=everything,
    )


def week() -> Iterator[tuple[float, dict[ProcessKey, MemoryReading]]]:
    """A week of an office machine, every 10 s: five days of nine hours, asleep in between."""
    rng = random.Random(11)
    for day in range(5):
        began = day * DAY + 8 * HOUR
        programs = list(day_of_programs(rng, day))
        for second in range(0, int(9 * HOUR), 10):
            lunch = 4 * HOUR < second < 4.75 * HOUR
            readings = {}
            for pid, (start, end, size) in enumerate(programs, 100 * (day + 1)):
                if start <= second < end:
                    load = 0.0 if lunch else second - start
                    value = max(1 * MB, size(load) + rng.gauss(0, 0.3 * MB))
                    readings[ProcessKey(pid, pid)] = MemoryReading(round(value), round(value))
            yield began + second, readings


def day_of_programs(rng: random.Random, day: int) -> Iterator[tuple[float, float, Size]]:
    """When each begins and ends, and its size by the seconds since."""
    all_day = 0.0, 9 * HOUR
    yield *all_day, lambda t: (350 + 250 * (1 - math.exp(-t / 1800))) * MB  # browser
    for _ in range(60):  # its tabs
        start = rng.uniform(0, 8.5 * HOUR)
        size = rng.uniform(40, 250)
        end = start + rng.uniform(120, 2 * HOUR)
        yield start, end, _tab(size)
    yield *all_day, lambda t: (400 + 120 * math.sin(t / 900)) * MB  # editor
    yield *all_day, lambda t: (200 + 180 * ((t % 40) / 40)) * MB  # its language server
    yield *all_day, lambda t: (120 + min(300, t / 20)) * MB  # database that fills its cache
    yield *all_day, lambda t: (80 + 60 * ((t % 2400) / 2400)) * MB  # chat
    for _ in range(25 * 6):  # compilers
        start, rate = rng.uniform(0, 8.5 * HOUR), rng.uniform(1, 8)
        yield start, start + 90, _compiler(rate)
    yield rng.uniform(0, 4 * HOUR), 9 * HOUR, lambda t: (150 + 0.4 * min(t, 900)) * MB  # video
    if day == 3:
        yield 2 * HOUR, 9 * HOUR, lambda t: (90 + 0.05 * t) * MB  # and one real leak


def _tab(size: float) -> Size:
    return lambda t: size * (1 - 0.6 * math.exp(-t / 20)) * MB


def _compiler(rate: float) -> Size:
    return lambda t: (30 + min(t, 60) * rate) * MB


def show_week() -> None:
    """Banners of the week, nothing named as a target."""
    monitor = Monitor(MonitorRules())
    told: list[tuple[float, str, str]] = []
    processes: set[ProcessKey] = set()
    process_days = 0.0
    for at, readings in week():
        processes |= readings.keys()
        process_days += len(readings) * 10 / DAY
        used = 4e9 + sum(reading.rss_bytes for reading in readings.values())
        outcome = monitor.judge_frame(
            frame(at, None, machine(readings), TOTAL_BYTES - used), Quiet()
        )
        told += [
            (at, each.what, f"{each.incident.key}: {each.incident.body}")
            for each in outcome.announcements
            if each.what != "held"
        ]
    banners = [each for each in told if each[1] in BANNERS]
    print(
        f"\nA busy week: {len(processes)} processes, {process_days:.1f} process-days, "
        f"{len(banners)} banners"
    )
    for at, what, text in told:
        print(f"- day {at // DAY + 1:.0f}, {at % DAY / HOUR:.1f} h: {what} {text}")


def show_costs() -> None:
    """Judging 1,000 applications, and the state of 1,000 incidents."""
    rng = random.Random(1)
    monitor = Monitor(MonitorRules())
    times = []
    for second in range(0, 1200, 10):
        readings = {
            ProcessKey(pid, pid): MemoryReading(size := rng.randrange(10**7, 10**8), size)
            for pid in range(1, 1001)
        }
        each = frame(float(second), None, machine(readings))
        started = time.thread_time_ns()
        monitor.judge_frame(each, Quiet())
        times.append(time.thread_time_ns() - started)
    looks = sorted(times)
    book = IncidentBook(AlertPolicy())
    conditions: Sequence[Condition] = [
        Condition(
            key=f"leak:{number}",
            subject=str(number),
            level=Level.WARNING,
            title=f"program {number} is probably leaking memory",
            body="It has grown by 128 MiB in 30 min, without giving it back. " * 2 + str(number),
            has_lasted=True,
        )
        for number in range(1000)
    ]
    import tracemalloc

    tracemalloc.start()
    for second in range(3):
        book.update(float(second), 0.0, conditions, Quiet())
    state_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    started = time.thread_time_ns()
    for second in range(3, 103):
        book.update(float(second), 0.0, conditions, Quiet())
    fold_ms = (time.thread_time_ns() - started) / 1e8
    print(
        f"\nJudging 1,000 wildly moving processes, a look every 10 s: "
        f"median {looks[len(looks) // 2] / 1e6:.1f} ms, worst {looks[-1] / 1e6:.1f} ms a look.\n"
        f"1,000 open incidents: {state_bytes / 2**20:.2f} MiB, {fold_ms:.1f} ms a tick."
    )


if __name__ == "__main__":
    main()
