"""What only a program itself knows of its memory: asked of its probe, put into a few lines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names
from trayapp.dataclass import NamedTuple
from trayapp.domain.records.names import short_name
from trayapp.domain.showing.table import as_number
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.language.catalogue import _, format_count, listed, ngettext
from trayapp.language.units import format_duration, format_size
from trayapp.paths import shared_runtime
from trayapp.windows.inside_text import memory_lines
from trayapp.windows.node_report import is_node, node_parts

MOST_COMPONENTS = 8
_MOST_PROBES, _MOST_CACHES, _MOST_RUNNING, _GENERATIONS = 8, 6, 4, 3
_MOST_READ = 1000
_TOO_MANY = 10**15
_PATIENCE_SECONDS = 3.0
_LONGEST_PROBLEM = 200
_ANSWER_LIMIT_BYTES = 1024 * 1024

Report = Mapping[str, object]
"""The answer of a probe, which is a stranger's word."""


class Component(NamedTuple):
    """A part of a program that knows its size."""

    name: str
    """A stranger's, but fit to be shown."""
    bytes: float | None
    share: float | None
    """Of the resident set."""


def process_keys(told: object) -> list[tuple[int, int]]:
    """Return pid and start time of each process in an answer of the applet."""
    return [
        (key[0], key[1])
        for key in (told if isinstance(told, list) else [])
        if isinstance(key, list) and len(key) == 2 and all(isinstance(part, int) for part in key)
    ]


def probe_reports(runtime: Path, keys: Sequence[tuple[int, int]]) -> list[Report]:
    """Return the reports of processes with a probe, at most eight; blocks a few seconds."""
    names = {endpoint_name(PROBE, pid, started): pid for pid, started in keys}
    deadline = time.monotonic() + _PATIENCE_SECONDS
    found: list[Report] = []
    runtime = shared_runtime(runtime)
    for name in [name for name in find_names(runtime, PROBE) if name in names][:_MOST_PROBES]:
        who = _("Python probe of process {pid}").format(pid=names[name])
        left_seconds = deadline - time.monotonic()
        if left_seconds <= 0:
            break
        try:
            told = call(
                runtime, "report", {}, left_seconds,
                name=name, who=who, answer_limit_bytes=_ANSWER_LIMIT_BYTES,
            )  # fmt: skip
        except NotRunningError:
            continue  # it has ended meanwhile
        except MemtrayError as error:
            told = {"problem": str(error)}
        found.append(told)
    return found


def no_probe() -> str:
    """Return the text for a program without a probe."""
    return _(
        "–  A Python program that calls trayapp.probe.start() shows its garbage collector, tasks, "
        "components and caches here."
    )


def components_of(reports: Sequence[Report], rss_bytes: float | None) -> list[Component]:
    """Return the components of all processes added up by name, the largest first.

    What is unknown of one process is unknown in all, and comes last.
    """
    sizes: dict[str, float | None] = {}
    for told in reports:
        for one in _named(told.get("components")):
            name, size = short_name(one["name"]).strip() or "–", _size(one.get("bytes"))
            before = sizes.get(name, 0.0)
            sizes[name] = None if size is None or before is None else before + size
    found = [
        Component(name, size, size / rss_bytes if size is not None and rss_bytes else None)
        for name, size in sizes.items()
    ]
    return sorted(found, key=lambda one: -1.0 if one.bytes is None else one.bytes, reverse=True)


def inside_text(told: Report, now: float, *, is_brief: bool = False) -> str:
    """Return a few lines on a report, which is a stranger's word; now: wall seconds.

    is_brief: without its memory, which the window describes elsewhere.
    """
    if isinstance(problem := told.get("problem"), str):
        # It hangs, or answers nonsense; the text may hold some of it.
        return short_name(problem, _LONGEST_PROBLEM)
    names = [
        f"{short_name(cache['name'])} {format_size(as_number(cache.get('bytes')))}"
        for cache in _named(told.get("caches"))
    ]
    cached = listed(names[:_MOST_CACHES]) if names else _("none registered")
    parts = node_parts(told) if is_node(told) else _python_parts(told)
    lines = [
        *([] if is_node(told) else memory_lines(told, is_brief=is_brief)),
        "  ·  ".join(parts),
        _("Caches: {caches}").format(caches=cached),
    ]
    if running := _running(told.get("running_tasks"), now):
        lines.append(_("Running now: {tasks}").format(tasks=running))
    return "\n".join(lines)


def _python_parts(told: Report) -> list[str]:
    collections = told.get("collections")
    runs = collections[:_GENERATIONS] if isinstance(collections, list) else []
    is_on = told.get("collector_enabled")
    return [
        _("Garbage collector –")
        if not isinstance(is_on, bool)
        else _("Garbage collector on")
        if is_on
        else _("Garbage collector off"),
        _("collections {counts}").format(counts=" / ".join(map(_count, runs)) or "–"),
        _("collected {count}").format(count=_count(told.get("collected_count"))),
        _("uncollectable {count}").format(count=_count(told.get("uncollectable_count"))),
        _("threads {count}").format(count=_count(told.get("thread_count"))),
        _("asyncio tasks {count}").format(count=_count(told.get("task_count"))),
    ]


def _running(tasks: object, now: float) -> str:
    """Return the running tasks and their ages; empty: none."""
    names = [
        f"{short_name(task['name'])} ({_age(now, as_number(task.get('since_unix_s')))})"
        for task in _named(tasks)
    ]
    more = len(names) - _MOST_RUNNING
    if more > 0:
        text = ngettext("and {count} more", "and {count} more", more).format(count=more)
        names = [*names[:_MOST_RUNNING], text]
    return listed(names)


def _named(told: object) -> list[dict[str, Any]]:
    """Return the entries of a list in a report that have a name, of the first thousand."""
    return [
        one
        for one in (told[:_MOST_READ] if isinstance(told, list) else ())
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    ]


def _age(now: float, since: float | None) -> str:
    is_sane = since is not None and 0 <= since <= now + 2
    return format_duration(max(0.0, now - since)) if is_sane and since is not None else "–"


def _size(value: object) -> float | None:
    return float(value) if type(value) is int and 0 <= value <= 2**63 else None


def _count(value: object) -> str:
    return format_count(value) if type(value) is int and 0 <= value < _TOO_MANY else "–"
