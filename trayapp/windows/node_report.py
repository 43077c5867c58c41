"""The report of a program that Node.js runs, in words."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.domain.records.names import short_name
from trayapp.domain.showing.table import as_number
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import format_duration, format_size

_TOO_MANY = 10**15
_LONGEST_VERSION = 20


def is_node(told: Mapping[str, object]) -> bool:
    """Whether a report is the script's in Node.js."""
    return told.get("runtime") == "node"


def node_parts(told: Mapping[str, object]) -> list[str]:
    """Return a few words each on heap, buffers, collections and threads; "–" is not known."""
    heap = told.get("heap")
    figures: Mapping[str, object] = heap if isinstance(heap, dict) else {}
    version = told.get("version")
    shown = short_name(version, _LONGEST_VERSION) if isinstance(version, str) else "–"
    seconds = as_number(figures.get("collecting_seconds"))
    return [
        _("Node.js {version}").format(version=shown),
        _("heap {used} of {limit}").format(
            used=format_size(as_number(figures.get("used_bytes"))),
            limit=format_size(as_number(figures.get("limit_bytes"))),
        ),
        _("buffers {size}").format(size=format_size(as_number(figures.get("array_buffers_bytes")))),
        _("collections {count} ({full} full) in {time}").format(
            count=_count(figures.get("collections")),
            full=_count(figures.get("full_collections")),
            time="–" if seconds is None or seconds < 0 else format_duration(seconds),
        ),
        _("worker threads {count}").format(count=_count(told.get("worker_count"))),
    ]


def _count(value: object) -> str:
    return format_count(value) if type(value) is int and 0 <= value < _TOO_MANY else "–"
