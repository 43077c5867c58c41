"""The state that viewers see, and the small message by which one becomes the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

State = dict[str, Any]
"""As the first message: "rows" and "incidents" by their keys, and the keys in order."""

_ROW_KEYS = (
    "kind", "name", "pids", "rss_bytes", "size_bytes", "size_kind", "uss_bytes", "cpu_percent",
    "peak_bytes", "limit_bytes", "limit_source", "slope_bytes_per_second", "seconds_to_limit",
    "restart_count", "bars", "verdict", "level", "sentence",
    "leak_since", "leak_rate_bytes_per_second", "growing_since",
)  # fmt: skip
"""What a page shows of a program all the time; the rest is there for the asking."""
_WHOLE = ("_bytes", "_per_second", "seconds_to_limit")
_TOP = ("taken_at", "paused", "problems", "alerts", "interval_seconds", "order", "incident_order")
_SHARE_DIGITS, _TIME_DIGITS = 4, 3
STEP_SECONDS = 1.0
"""A clock that goes back by more was set; by less, two samples of one moment differ."""


def nothing(taken_at: float | None = None) -> State:
    """Return the state while Memtray itself does not run."""
    return {
        "running": False, "taken_at": taken_at, "paused": False, "problems": [], "alerts": None,
        "interval_seconds": None, "system": None, "rows": {}, "order": [],
        "incidents": {}, "incident_order": [],
    }  # fmt: skip


def state_of(told: Mapping[str, Any]) -> State:
    """Return the state of what the applet tells its followers, its figures as short as is fit."""
    rows = {
        row_key(row): _short({key: row[key] for key in _ROW_KEYS if key in row})
        for row in told["rows"]
    }
    incidents = {one["key"]: _short(one) for one in told["incidents"]}
    return {
        "running": True,
        "taken_at": _rounded("taken_at", told["taken_at"]),
        "paused": told["paused"],
        "problems": told["problems"],
        "alerts": told["alerts"],
        "interval_seconds": _rounded("interval_seconds", told.get("interval_seconds")),
        "system": None if told["system"] is None else _short(told["system"]),
        "rows": rows,
        "order": list(rows),
        "incidents": incidents,
        "incident_order": list(incidents),
    }


def changes(old: State, new: State) -> State:
    """Return what makes the new state of the old one; empty: they are the same."""
    told: State = {key: new[key] for key in _TOP if new[key] != old[key]}
    system = _changed(old["system"] or {}, new["system"] or {})
    if system:
        told["system"] = system
    for part in ("rows", "incidents"):
        before, after = old[part], new[part]
        changed: dict[str, Any] = {
            key: found
            for key, one in after.items()
            if (found := _changed(before[key], one) if key in before else one)
        }
        changed |= {key: None for key in before if key not in after}
        if changed:
            told[part] = changed
    return told


def sizes_of(state: State) -> dict[str, float | None]:
    """Return the values of the curves at this moment, by the keys of their rows."""
    system = state["system"]
    sizes: dict[str, float | None] = {"system": system["used_bytes"] if system else None}
    for key, row in state["rows"].items():
        # Of Memtray the history has the resident set at each sample.
        size = None if row["kind"] == "app" else row.get("size_bytes")
        sizes[key] = row.get("rss_bytes") if size is None else size
    return sizes


def row_key(row: Mapping[str, Any]) -> str:
    """Return the key by which a row of the table is known here."""
    # What runs in the kernel, or is not known by a key, is known by its name.
    return str(row["key"] or f"{row['kind']}:{row['name']}")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that differ; of bars only the newest, where no other does."""
    found = {key: value for key, value in new.items() if key not in old or old[key] != value}
    found |= {key: None for key in old if key not in new}
    bars, before = found.get("bars"), old.get("bars")
    if bars and before and len(bars) == len(before) and bars[:-1] == before[:-1]:
        del found["bars"]
        found["bar"] = bars[-1]
    return found


def _short(one: Mapping[str, Any]) -> dict[str, Any]:
    has_size = one.get("size_bytes") is not None
    left_out = ("key", "rss_bytes", "uss_bytes") if has_size else ("key",)
    found = {key: _rounded(key, value) for key, value in one.items() if key not in left_out}
    if one.get("kind") == "app":
        # What Memtray itself takes is what would be free without it, as in the table's window.
        found["size_bytes"] = found["rss_bytes"] if one["uss_bytes"] is None else one["uss_bytes"]
    return found


def _rounded(key: str, value: Any) -> Any:
    """Return a figure with the digits that a person sees."""
    if key == "bars":
        return [_whole(bar) for bar in value]
    if not isinstance(value, float):
        return value
    if key.endswith(_WHOLE):
        return _whole(value)
    return round(value, _SHARE_DIGITS if "share" in key else _TIME_DIGITS)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


class Ring:
    """The last points of all curves, up to `most`, by the moments at which they were taken."""

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._points: dict[float, dict[str, float | None]] = {}

    def add(self, taken_at: float, values: Mapping[str, float | None]) -> None:
        """Take the values of now; those that are known already count.

        Where the clock was set back, what was to come by it is forgotten: it would stand after
        everything new, and stay when that has to go.
        """
        if self._points and next(reversed(self._points)) > taken_at + STEP_SECONDS:
            self._points = {at: known for at, known in self._points.items() if at < taken_at}
        self.merge({taken_at: values})

    def merge(self, points: Mapping[float, Mapping[str, float | None]]) -> None:
        """Take the values of many moments, in any order."""
        is_ordered = not self._points or min(points, default=0.0) > next(reversed(self._points))
        for at, values in points.items():
            self._points[at] = {**values, **self._points.get(at, {})}
        if not is_ordered:
            self._points = dict(sorted(self._points.items()))
        for at in [*self._points][: max(0, len(self._points) - self._most)]:
            del self._points[at]

    def newest(self, most: int) -> float:
        """Return a moment after which there are at most so many points."""
        moments = [*self._points]
        return moments[-most - 1] if len(moments) > most else 0.0

    def since(self, moment: float, keys: Iterable[str]) -> dict[str, Any]:
        """Return the points after a moment as columns, of these curves."""
        chosen = {at: values for at, values in self._points.items() if at > moment}
        return {
            "times": list(chosen),
            "curves": {key: [values.get(key) for values in chosen.values()] for key in keys},
        }
