"""What only a program itself can tell of its memory: asked of its probe, told in two lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from trayapp.control.client import call
from trayapp.control.personal import PROBE, endpoint_name, find_names
from trayapp.domain.language import _, format_count
from trayapp.domain.names import short_name
from trayapp.domain.table import as_number
from trayapp.domain.units import format_size
from trayapp.errors import MemtrayError

_MOST_PROBES, _MOST_CACHES, _GENERATIONS = 8, 6, 3
_PATIENCE_SECONDS = 3.0
_ANSWER_LIMIT_BYTES = 256 * 1024


def process_keys(told: object) -> list[tuple[int, int]]:
    """Pid and start time of each process, of an answer of the applet."""
    return [
        (key[0], key[1])
        for key in (told if isinstance(told, list) else [])
        if isinstance(key, list) and len(key) == 2 and all(isinstance(part, int) for part in key)
    ]


def probe_report(runtime: Path, keys: Sequence[tuple[int, int]]) -> Mapping[str, object]:
    """What the first of the processes that has a probe tells; empty: none has one. Blocks."""
    names = {endpoint_name(PROBE, pid, started): pid for pid, started in keys}
    for name in [name for name in find_names(runtime, PROBE) if name in names][:_MOST_PROBES]:
        who = _("The probe of process {pid}").format(pid=names[name])
        try:
            return call(
                runtime, "report", {}, _PATIENCE_SECONDS,
                name=name, who=who, answer_limit_bytes=_ANSWER_LIMIT_BYTES,
            )  # fmt: skip
        except MemtrayError:
            continue
    return {}


def no_probe() -> str:
    """What to say where nobody can be asked."""
    return _(
        "–  A Python program tells of its garbage collector, tasks and caches here if it calls "
        "trayapp.probe.start()."
    )


def inside_text(told: Mapping[str, object]) -> str:
    """Two lines of what a probe tells, which is a stranger's word."""
    collections = told.get("collections")
    runs = (
        [count for count in collections if isinstance(count, int)]
        if isinstance(collections, list)
        else []
    )
    is_on = told.get("collector_enabled")
    parts = [
        _("Garbage collector –")
        if not isinstance(is_on, bool)
        else _("Garbage collector on")
        if is_on
        else _("Garbage collector off"),
        _("collections {counts}").format(
            counts=" / ".join(map(format_count, runs[:_GENERATIONS])) or "–"
        ),
        _("collected {count}").format(count=_count(told.get("collected_count"))),
        _("uncollectable {count}").format(count=_count(told.get("uncollectable_count"))),
        _("threads {count}").format(count=_count(told.get("thread_count"))),
        _("tasks {count}").format(count=_count(told.get("task_count"))),
    ]
    caches = told.get("caches")
    names = [
        f"{short_name(cache['name'])} {format_size(as_number(cache.get('bytes')))}"
        for cache in (caches if isinstance(caches, list) else [])
        if isinstance(cache, dict) and isinstance(cache.get("name"), str)
    ]
    listed = ", ".join(names[:_MOST_CACHES]) if names else _("none registered")
    return "  ·  ".join(parts) + "\n" + _("Caches: {caches}").format(caches=listed)


def _count(value: object) -> str:
    return format_count(value) if isinstance(value, int) else "–"
