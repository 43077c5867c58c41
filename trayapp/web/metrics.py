"""What the running Memtray sees, as OpenMetrics text: for Prometheus and whoever reads the same.

The number of series is bounded: tracked programs, and the largest applications. Names are label
values only, escaped; nothing of a command line is in them. Unknown values are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MOST_TARGETS, MOST_APPLICATIONS = 200, 50
LEVELS = ("normal", "warning", "critical", "emergency")
VERDICTS = ("gone", "healthy", "growing", "leaking")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_LABEL = 200
Labels = Mapping[str, str]
Sample = tuple[Labels, float | int | None]

_SYSTEM = (
    ("total_bytes", "system_memory_total_bytes", "Memory of the machine."),
    ("available_bytes", "system_memory_available_bytes", "Memory available without swapping."),
    ("used_bytes", "system_memory_used_bytes", "Memory in use: total less available."),
    ("swap_total_bytes", "system_swap_total_bytes", "Swap space."),
    ("swap_used_bytes", "system_swap_used_bytes", "Swap in use."),
    ("stall_some_percent", "system_stall_some_percent", "Time in which some task waited for "
     "memory, of the last 10 s."),
    ("stall_full_percent", "system_stall_full_percent", "Time in which all tasks waited for "
     "memory, of the last 10 s."),
)  # fmt: skip
_PROGRAM = (
    ("size_bytes", "size_bytes", "Memory of its processes together, shared pages counted once "
     "where the system tells."),
    ("rss_bytes", "resident_bytes", "Sum of its processes' resident sets."),
    ("uss_bytes", "private_bytes", "Memory that only its processes have."),
    ("pss_bytes", "proportional_bytes", "Memory with shared pages divided by who shares them."),
    ("swap_bytes", "swap_bytes", "What of it is swapped out."),
    ("peak_bytes", "peak_bytes", "Largest size since Memtray started."),
    ("limit_bytes", "limit_bytes", "The limit of which most is taken."),
    ("slope_bytes_per_second", "change_bytes_per_second", "How fast it grows now; negative: it "
     "shrinks."),
    ("leak_rate_bytes_per_second", "leak_rate_bytes_per_second", "How fast it leaks; only where "
     "growth is proven."),
    ("seconds_to_limit", "time_to_limit_seconds", "Time until the first limit is reached at this "
     "rate."),
)  # fmt: skip
_APP = (
    ("rss_bytes", "self_resident_bytes", "Resident set of Memtray itself."),
    ("uss_bytes", "self_private_bytes", "Memory that only Memtray has."),
    ("cpu_percent", "self_cpu_percent", "CPU time of Memtray, in percent of one core."),
    ("thread_count", "self_threads", "Threads of Memtray."),
    ("descriptor_count", "self_descriptors", "Open descriptors of Memtray."),
)


def metrics_text(status: Mapping[str, Any] | None, viewers: int) -> str:
    """Return the page; status: as `memtray status --json`, None: Memtray does not run."""
    lines = [
        *_family("memtray_up", "gauge", "Whether Memtray itself runs.", [({}, int(bool(status)))]),
        *_family("memtray_viewers", "gauge", "Pages that watch this dashboard.", [({}, viewers)]),
    ]
    if status is not None:
        lines += _running(status)
    return "\n".join((*lines, "# EOF", ""))


def _running(status: Mapping[str, Any]) -> Iterator[str]:
    version = {"version": str(status["version"])}
    yield from _family("memtray_build", "info", "This Memtray.", [(version, 1)])
    seconds = "memtray_sampling_interval_seconds"
    yield from _family(
        seconds, "gauge", "Time between two samples.", [({}, status["interval_seconds"])]
    )
    samples: list[Sample] = [({}, status["sample_count"])]
    yield from _family("memtray_samples", "counter", "Samples taken.", samples)
    yield from _figures(_SYSTEM, "memtray_", [({}, status["system"] or {})])
    yield from _figures(_APP, "memtray_", [({}, status["app"] or {})])
    if status["system"]:
        level = status["system"]["level"]
        yield from _states("memtray_system_level", LEVELS, [({}, level)], "State of memory.")
    for kind, most in (("target", MOST_TARGETS), ("application", MOST_APPLICATIONS)):
        yield from _programs(kind, status[f"{kind}s"][:most])
    yield from _incidents(status["incidents"])


def _programs(kind: str, programs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the families of tracked programs, or of applications; each name once."""
    named = {str(one["name"]): one for one in reversed(programs)}
    labelled = [({"name": name}, one) for name, one in reversed(named.items())]
    yield from _figures(_PROGRAM, f"memtray_{kind}_", labelled)
    counts = [(labels, len(one["pids"])) for labels, one in labelled]
    yield from _family(f"memtray_{kind}_processes", "gauge", "How many processes it has.", counts)
    verdicts = [(labels, one["verdict"]) for labels, one in labelled]
    text = "What the leak detector finds."
    yield from _states(f"memtray_{kind}_verdict", VERDICTS, verdicts, text)
    if kind == "target":
        levels = [(labels, one["level"]) for labels, one in labelled]
        text = "The worst open incident about it."
        yield from _states("memtray_target_level", LEVELS, levels, text)
        restarts = [(labels, one["restart_count"]) for labels, one in labelled]
        yield from _family("memtray_target_restarts", "counter", "Restarts seen.", restarts)


def _incidents(incidents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    samples = []
    for level in LEVELS[1:]:
        open_ones = [one for one in incidents if one["level"] == level]
        for known in (False, True):
            count = sum(bool(one["acknowledged"]) is known for one in open_ones)
            samples.append(({"level": level, "acknowledged": str(known).lower()}, count))
    yield from _family("memtray_incidents", "gauge", "Open incidents by level.", samples)


def _figures(
    table: Iterable[tuple[str, str, str]],
    prefix: str,
    labelled: Sequence[tuple[Labels, Mapping[str, Any]]],
) -> Iterator[str]:
    for key, name, text in table:
        samples = [(labels, one.get(key)) for labels, one in labelled]
        yield from _family(prefix + name, "gauge", text, samples)


def _states(
    name: str,
    states: Sequence[str],
    found: Iterable[tuple[Labels, str]],
    text: str,
) -> Iterator[str]:
    """Yield a state set: one sample for each state, 1 for the one that it is in."""
    # The label of a state set is called like its family.
    samples = [
        ({**labels, name: state}, int(state == now)) for labels, now in found for state in states
    ]
    yield from _family(name, "stateset", text, samples)


def _family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Yield a family's lines; nothing where no value is known."""
    known = [(labels, value) for labels, value in samples if value is not None]
    if not known:
        return
    yield f"# TYPE {name} {kind}"
    unit = next((unit for unit in ("bytes", "seconds") if name.endswith(f"_{unit}")), None)
    if unit and kind == "gauge":
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {text}"
    ending = {"counter": "_total", "info": "_info"}.get(kind, "")
    for labels, value in known:
        pairs = ",".join(f'{key}="{_escaped(one)}"' for key, one in labels.items())
        yield f"{name}{ending}{'{' + pairs + '}' if pairs else ''} {value}"


def _escaped(text: str) -> str:
    """Return a label's value: whatever strangers called their programs, one line stays one."""
    clean = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)[:_LONGEST_LABEL]
    return clean.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
