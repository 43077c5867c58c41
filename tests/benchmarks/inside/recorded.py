"""Recordings of programs whose heap is known from inside, replayed through the whole judgement.

A file is a table in gzip, a line every two seconds: the memory of the process as the system shows
it, and the figures of the heap as the runtime counts them; before it a line with what ran, how
long, and whether it died.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Everything, Frame, TargetSample
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import (
    AppSample,
    MemoryReading,
    ProcessFacts,
    ProcessKey,
    ProcessUse,
    SystemSample,
)
from trayapp.readers.java_counters import JavaCounts, JavaHeap, direct_bytes_of

FOLDER = Path(__file__).parents[2] / "traces" / "inside"
TOTAL_BYTES = 16 * 1024**3
OTHERS_SECONDS = 10.0
Look = Literal["inside", "resident set", "application"]
"""How it is judged: as a target with its heap, by its resident set alone, or named by nobody."""
_KEY = ProcessKey(7, 7)
_BANNERS = ("raised", "escalated", "worsened")


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a recording."""

    seconds: float
    reading: MemoryReading
    heaps: tuple[RuntimeHeap, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """One program, until it died or was ended."""

    name: str
    command: str
    life_seconds: float
    is_leak: bool
    moments: tuple[Moment, ...]


@dataclass(slots=True)
class Judged:
    """What a person was shown of it: banners, each with when and what."""

    banners: list[tuple[float, str, str]] = field(default_factory=list)
    levels: list[tuple[float, str]] = field(default_factory=list)
    """When the leak detector changed its mind."""
    leak_verdicts: list[tuple[float, Verdict]] = field(default_factory=list)
    """What it said whenever it began to call it a leak."""

    @property
    def named_seconds(self) -> float | None:
        """When it was named as something that grows or leaks, or that runs full; None: never."""
        return next((seconds for seconds, _key, _text in self.banners), None)


def recordings(folder: Path = FOLDER) -> Iterator[Recording]:
    """Yield all that are kept, by name."""
    for file in sorted(folder.glob("*.csv.gz")):
        yield read_recording(file)


def read_recording(file: Path) -> Recording:
    """Return one recording."""
    with gzip.open(file, "rt") as lines:
        words, _, command = next(lines)[2:].partition(" command=")
        about = dict(word.split("=", 1) for word in words.split())
        about["command"] = command.strip()
        rows = list(csv.DictReader(lines))
    name = file.name.partition(".")[0]
    read = _node_moments if name.startswith("node") else _java_moments
    return Recording(
        name=name,
        command=about.get("command", ""),
        life_seconds=float(about["life"]),
        is_leak=name.endswith("-leak"),
        moments=tuple(read(rows, about)),
    )


def _java_moments(rows: list[dict[str, str]], about: Mapping[str, str]) -> Iterator[Moment]:
    heap = JavaHeap()
    for row in rows:
        seconds = float(row["t_s"])
        counts = JavaCounts(
            old_used_bytes=int(row["old_used_bytes"]),
            used_bytes=int(row["used_bytes"]),
            committed_bytes=int(row["committed_bytes"]),
            limit_bytes=_whole(row["limit_bytes"]),
            metaspace_bytes=_whole(row["metaspace_bytes"]),
            collections=int(row["collections"]),
            full_collections=int(row["full_collections"]),
            collecting_seconds=float(row["collecting_seconds"]),
            since_collection_seconds=float(row.get("since_collection_seconds") or 0.0),
            stopping_collections=int(row.get("stopping_collections") or 0),
        )
        generational = about["generational"] == "1"
        known = heap.take(
            counts,
            seconds,
            about["collector"],
            is_generational=generational,
            direct_bytes=direct_bytes_of(about["command"]),
        )
        yield Moment(seconds, _reading(row), (known,))


def _node_moments(rows: list[dict[str, str]], _about: Mapping[str, str]) -> Iterator[Moment]:
    by_time: dict[float, list[dict[str, str]]] = {}
    for row in rows:
        by_time.setdefault(float(row["t_s"]), []).append(row)
    for seconds, threads in by_time.items():
        yield Moment(seconds, _reading(threads[0]), tuple(map(_node_heap, threads)))


def _node_heap(row: Mapping[str, str]) -> RuntimeHeap:
    kept_bytes = int(row["kept_bytes"])
    return RuntimeHeap(
        runtime="node",
        collector="V8",
        live_bytes=int(row["old_bytes"]),
        kept_bytes=None if kept_bytes < 0 else kept_bytes,
        used_bytes=int(row["used_bytes"]),
        committed_bytes=int(row["total_bytes"]),
        limit_bytes=int(row["limit_bytes"]),
        metaspace_bytes=None,
        collections=int(row["collections"]),
        full_collections=int(row["full_collections"]),
        external_bytes=int(row["external_bytes"]),
        array_buffers_bytes=int(row["array_buffers_bytes"]),
        thread=int(row["thread"]),
    )


def _reading(row: Mapping[str, str]) -> MemoryReading:
    return MemoryReading(
        rss_bytes=int(row["rss_bytes"]),
        anon_bytes=int(row["anon_bytes"]),
        own_shared_bytes=int(row.get("own_shared_bytes") or 0),
    )


def _whole(text: str) -> int | None:
    return int(float(text)) if text else None


def judge(recording: Recording, look: Look) -> Judged:
    """Replay it; nothing is known of anything else on the machine."""
    is_target = look != "application"
    rules = (TargetRule(name="it", match="it"),) if is_target else ()
    monitor = Monitor(MonitorRules(targets=rules, checks_staleness=False))
    judged, level, looked = Judged(), "healthy", -OTHERS_SECONDS
    for moment in recording.moments:
        sample, everything = None, None
        if is_target:
            sample = _sample(moment, with_heap=look == "inside")
        elif moment.seconds - looked >= OTHERS_SECONDS:
            looked, everything = moment.seconds, _everything(moment)
        outcome = monitor.judge_frame(_frame(moment.seconds, sample, everything), Quiet())
        judged.banners += [
            (moment.seconds, each.incident.key, f"{each.incident.title}: {each.incident.body}")
            for each in outcome.announcements
            if each.what in _BANNERS
        ]
        views = outcome.view.targets or outcome.view.applications
        if views and views[0].leak.level != level:
            verdict = views[0].leak
            level = verdict.level
            judged.levels.append((moment.seconds, level))
            if level == "leaking":
                judged.leak_verdicts.append((moment.seconds, verdict))
    return judged


def _sample(moment: Moment, *, with_heap: bool) -> TargetSample:
    if with_heap:
        return TargetSample(name="it", readings=((_KEY, moment.reading),), heaps=moment.heaps)
    return TargetSample(name="it", readings=((_KEY, MemoryReading(moment.reading.rss_bytes)),))


def _everything(moment: Moment) -> Everything:
    facts = ProcessFacts(key=_KEY, parent_pid=1, name="it")
    use = ApplicationUse(
        key=ApplicationKey("program", "it"),
        name="it",
        processes=(_KEY,),
        rss_bytes=moment.reading.rss_bytes,
        largest=ProcessUse(facts=facts, rss_bytes=moment.reading.rss_bytes),
    )
    return Everything(
        applications=(use,), readings={_KEY: moment.reading}, heaps={_KEY: moment.heaps}
    )


def _frame(seconds: float, sample: TargetSample | None, everything: Everything | None) -> Frame:
    return Frame(
        monotonic_seconds=seconds,
        wall_seconds=1.8e9 + seconds,
        interval_seconds=2.0,
        system=SystemSample(total_bytes=TOTAL_BYTES, available_bytes=TOTAL_BYTES // 2),
        app=AppSample(pid=1),
        targets=(sample,) if sample else (),
        everything=everything,
    )
