"""How well advice fits its cause: `python -m tests.benchmarks.advice_judge`.

Real programs with a known disease, and healthy ones, are asked by their probes and the counters of
their virtual machines; a second stands for a minute. Leaks and other healthy courses are recorded
(tests/traces) or made up (leak_families), as are limits. Each program counts once.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.benchmarks.advice_programs import Program, folder, python
from tests.benchmarks.leak_families import Family, healthy, leaks
from tests.benchmarks.leak_traces import TRACES, read_traces
from tests.domain.building import MIB
from tests.domain.judging.advice.building import CALM
from tests.domain.judging.advice.test_evidence import History
from trayapp.domain.judging.advice.asking import advise
from trayapp.domain.judging.advice.case import Case, InsideLately, Past
from trayapp.domain.judging.advice.past import past_of
from trayapp.domain.judging.advice.watches import InsideWatch, told_of
from trayapp.domain.judging.leaks import LeakDetector, Verdict
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.readers.runtimes import RuntimeReader

ROOM_BYTES = 8e9
MINUTES = 40
DAY_SECONDS = 86_400.0
JAVA = """
import java.util.*;
public class Idle { public static void main(String[] a) throws Exception {
 int mib = Integer.parseInt(a[0]); List<byte[]> kept = new ArrayList<>();
 for (int i = 0; i < mib * 4; i++) kept.add(new byte[256 << 10]);
 System.gc(); System.out.println("ready");
 while (true) { Thread.sleep(100);
  for (int i = 0; i < 12; i++) { byte[] passing = new byte[200000]; } } } }
"""


@dataclass(slots=True)
class Patient:
    """One program, what is wrong with it, and what was advised."""

    cause: str
    right: frozenset[str]
    """Kinds that fit."""
    advised: set[str] = field(default_factory=set)
    where: str = "real"


def view_of(size_bytes: float, **changes: object) -> TargetView:
    view = TargetView(name="patient", pids=(1,), rss_bytes=round(size_bytes))
    return replace(view, **changes)  # type: ignore[arg-type]


def ask(
    patient: Patient, view: TargetView, inside: InsideLately | None = None, past: Past | None = None
) -> None:
    case = Case("target:patient", view, inside=inside, past=past)
    patient.advised |= {advice.kind for advice, _case in advise([case], CALM)}


def with_probes(path: Path) -> Iterator[Patient]:
    """Ten of each that retain, pin, cache without bound, and of healthy ones."""
    rng = random.Random(7)
    found: list[tuple[Patient, Program]] = []
    for number in range(10):
        seed = rng.randrange(10**6)
        for cause, right, want in (
            ("retained", "trim", {"kind": "retained", "mib": rng.randrange(60, 150), "every": 100}),
            ("pinned", "restart", {"kind": "pinned", "mib": rng.randrange(90, 150), "every": 500,
                                   "each": 120}),
            ("cache without bound", "bound_cache", {"kind": "cache",
                                                    "mib": rng.randrange(90, 150)}),
            ("healthy", "", {"kind": "healthy", "mib": rng.randrange(40, 120)}),
            ("healthy", "", {"kind": "cache", "mib": rng.randrange(90, 160), "most": 12}),
        ):  # fmt: skip
            fits = frozenset({right} - {""})
            program = python(path, f"{cause}-{number}", seed=seed, **want)
            found.append((Patient(cause, fits), program))
    try:
        for _patient, program in found:
            program.start(program.command)
        for _patient, program in found:
            program.wait()
        watches = [InsideWatch() for _ in found]
        for minute in range(MINUTES):
            begun = time.monotonic()
            for (patient, program), watch in zip(found, watches, strict=True):
                answer = program.ask("report")
                if answer is None:
                    continue
                watch.add(60.0 * minute, {"target:patient": told_of([answer])})
                ask(patient, view_of(program.rss_bytes()), watch.insides["target:patient"])
            time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))
    finally:
        for _patient, program in found:
            program.end()
    yield from (patient for patient, _program in found)


def with_heaps(path: Path) -> Iterator[Patient]:
    """Real virtual machines: ten with heaps far too large, ten that fit."""
    if shutil.which("java") is None:
        return
    (path / "Idle.java").write_text(JAVA)
    rng, found = random.Random(8), list[tuple[Patient, Program]]()
    for number in range(10):
        for cause, kept_mib, committed, limit in (
            ("Java heap too large", rng.randrange(20, 60), 900, 3000),
            ("healthy", rng.randrange(60, 110), 192, 256),
        ):
            command = [
                "java", "-XX:+UseSerialGC", f"-Xms{committed}m", f"-Xmx{limit}m",
                str(path / "Idle.java"), str(kept_mib),
            ]  # fmt: skip
            program = Program(f"java-{number}", command, command, "restart", path / "run")
            right = frozenset({"heap_limit"} if cause != "healthy" else ())
            found.append((Patient(cause, right), program))
    reader = RuntimeReader()
    try:
        for _patient, program in found:
            program.start(program.command)
        for _patient, program in found:
            program.wait()
        keys = {program.name + program.command[-1]: program.key for _patient, program in found}
        live = Counter[str]()
        for look in range(40):
            heaps = reader.read(list(keys.values()), time.monotonic())
            for patient, program in found:
                for heap in heaps.get(program.key, ()):
                    name = str(program.key)
                    live[name] = max(live[name], heap.live_bytes or 0)
                    # As the history tells after three days of the same.
                    past = Past(days=3.0, live_bytes=live[name]) if look > 20 else None
                    busy: RuntimeHeap = heap
                    ask(
                        patient,
                        view_of(program.rss_bytes() + committed_extra(heap), heap=busy),
                        None,
                        past,
                    )
            time.sleep(1.0)
    finally:
        reader.close()
        for _patient, program in found:
            program.end()
    yield from (patient for patient, _program in found)


def committed_extra(heap: RuntimeHeap) -> int:
    """Return what of its heap it has not touched yet, and would have after days."""
    return max(0, heap.committed_bytes - heap.used_bytes)


def with_limits() -> Iterator[Patient]:
    """Two made-up weeks under a limit that is nearly reached, or has room."""
    rng = random.Random(9)
    for number in range(20):
        peak = rng.uniform(200, 900) * MIB
        sizes = [
            peak * (0.55 + 0.45 * abs((quarter % 96) / 48 - 1)) * rng.uniform(0.97, 1.0)
            for quarter in range(14 * 96)
        ]
        is_tight = number % 2 == 0
        limit = round(peak * (rng.uniform(1.0, 1.05) if is_tight else rng.uniform(1.4, 2.5)))
        patient = Patient(
            "limit too tight" if is_tight else "healthy",
            frozenset({"limit"} if is_tight else ()),
            where="made up",
        )
        past = past_of(History({"rss_bytes": sizes}), "patient", 1.7e9)
        view = view_of(sizes[-1], limit_bytes=limit, limit_source="cgroup", limit_share=0.7)
        ask(patient, view, None, past)
        yield patient


def judged(cause: str, where: str, rows: Iterable[tuple[float, float, bool]]) -> Patient:
    """Return what is advised over a course, looked at every ten minutes."""
    right = frozenset({"restart"} if cause == "leak" else ())
    patient, detector, due = Patient(cause, right, where=where), LeakDetector(), 0.0
    verdict, size = Verdict(), 0.0
    for at, size, restarted in rows:
        verdict = detector.fold(at, size, restarted=restarted, room_bytes=ROOM_BYTES)
        if at >= due:
            due = at + 600.0
            ask(patient, view_of(size, leak=verdict))
    ask(patient, view_of(size, leak=verdict))
    return patient


def leaking_courses() -> Iterator[Patient]:
    """Leaks of 20 KB/s and more, six hours long; and healthy days."""
    fast: list[Family] = [each for each in leaks() if (each.rate or 0.0) >= 20e3]
    for family in fast:
        yield judged("leak", "made up", family.samples(1))
    for seed in range(2):
        for family in healthy(1.0):
            yield judged("healthy", "made up", family.samples(seed))
    for trace in read_traces(TRACES, "rss_bytes"):
        if not trace.leak:
            yield judged("healthy", "recorded", trace.rows)


def table(patients: list[Patient]) -> Iterator[str]:
    yield "| cause | programs | right advice | other advice |"
    yield "|---|---|---|---|"
    for cause in dict.fromkeys(each.cause for each in patients):
        own = [each for each in patients if each.cause == cause]
        right = sum(bool(each.advised & each.right) for each in own)
        other = Counter(kind for each in own for kind in each.advised - each.right)
        told = ", ".join(f"{kind} {count}" for kind, count in other.items()) or "none"
        where = Counter(each.where for each in own)
        kinds = ", ".join(f"{count} {name}" for name, count in where.items())
        right_said = "–" if cause == "healthy" else right
        yield f"| {cause} | {len(own)} ({kinds}) | {right_said} | {told} |"
    sick = [each for each in patients if each.right]
    well = [each for each in patients if not each.right]
    hits = sum(len(each.advised & each.right) for each in patients)
    given = sum(len(each.advised) for each in patients)
    found = sum(bool(each.advised & each.right) for each in sick)
    quiet = sum(not each.advised for each in well)
    precision, recall = hits / max(1, given), found / len(sick)
    yield f"precision {precision:.2f} ({hits} of {given}), recall {recall:.2f} of {len(sick)}"
    yield f"healthy without any advice: {quiet} of {len(well)}"


def main() -> None:
    patients = [*with_limits(), *leaking_courses()]
    with folder() as path:
        patients += with_probes(path)
        patients += with_heaps(path)
    for line in table(patients):
        print(line, flush=True)


if __name__ == "__main__":
    main()
