"""Growth that a verdict stands for: told by the running applet, or judged from the samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trayapp.domain.judging.growth_line import Growth
from trayapp.domain.judging.leaks import LeakDetector, Signal, room_of
from trayapp.domain.records.series import Point, Series
from trayapp.history.sources import CurveSource

MOST_JUDGED = 10
"""More targets at once are not judged again: each takes a twentieth of a second."""
POINTS_JUDGED = 1000
"""Of all of them together."""
_JUDGED = ("heap_live_bytes", "kept_bytes", "anon_bytes")
_HEAP_SIGNAL: Signal = "heap after collection"
_MACHINE = Series("system", "", "used_bytes"), Series("system", "", "total_bytes")
LONGEST_STEP_SECONDS = 600.0
"""Samples further apart than this are none to the detector."""


def growths_of_status(told: Mapping[str, Any]) -> dict[str, Growth]:
    """Return the growth in the applet's status by name; leaves out what is not clear."""
    found: dict[str, Growth] = {}
    now = told.get("taken_at")
    # Of what goes by one name, the target is shown.
    for target in [*(told.get("applications") or ()), *(told.get("targets") or ())]:
        found.pop(target["name"], None)
        level = target.get("verdict")
        since = target.get("leak_since") or target.get("growing_since")
        rate = target.get("leak_rate_bytes_per_second") or target.get("slope_bytes_per_second")
        left = target.get("seconds_to_limit")
        # Over the limit, what the detector said before is no longer true.
        is_over = left is not None and left <= 0
        left = None if is_over else left or target.get("leak_seconds_to_limit")
        if level in ("growing", "leaking") and since and rate and rate > 0 and now:
            found[target["name"]] = Growth(
                level=level,
                since=since,
                bytes_per_second=rate,
                until=None if left is None else now + left,
                limit_source=str(target.get("nearest_limit_source") or "machine"),
                is_over_limit=is_over,
                is_of_heap=target.get("leak_signal") == _HEAP_SIGNAL,
            )
    return found


def limits_of_status(told: Mapping[str, Any]) -> dict[str, float]:
    """Return the limits of targets that a chart of sizes can show, in bytes, by target."""
    return {
        target["name"]: float(target["size_limit_bytes"])
        for target in told.get("targets") or ()
        if target.get("size_limit_bytes")
    }


def heap_limits_of_status(told: Mapping[str, Any]) -> dict[str, float]:
    """Return the maximum of each target's heap, in bytes, by target."""
    return {
        target["name"]: float(target["heap"]["limit_bytes"])
        for target in told.get("targets") or ()
        if target.get("heap") and target["heap"].get("limit_bytes")
    }


def judge_again(
    reader: CurveSource, sizes: Sequence[Series], since: float, until: float
) -> dict[str, Growth]:
    """Return the detector's verdicts at the end of a stretch of recorded time, by name.

    sizes: a curve of each target or application. Judged is what collections left of its heap, else
    anonymous memory, else the resident set, whichever was recorded. Whether the heap held garbage
    is not known of the past: of one it is never said that it leaks. Nothing is said of a stretch
    too long for samples that are near enough to each other, or of too many curves.

    Raises: HistoryError if the store cannot be read.
    """
    if not 0 < len(sizes) <= MOST_JUDGED:
        return {}
    points_each = POINTS_JUDGED // len(sizes)
    if (until - since) / points_each > LONGEST_STEP_SECONDS:
        return {}
    recorded = {*reader.series()}
    series = [
        next(
            (one for metric in _JUDGED if (one := shown._replace(metric=metric)) in recorded),
            shown._replace(metric="rss_bytes"),
        )
        for shown in sizes
    ]
    restarts = reader.events(since, until, ("restart",))
    used, total, *curves = reader.curves((*_MACHINE, *series), since, until, points_each)
    room_bytes = room_of(_last(total), _last(used), until - since)
    found = {}
    for (_kind, name, metric), points in zip(series, curves, strict=True):
        starts = [event.wall_seconds for event in restarts if event.subject == name]
        detector = LeakDetector(room_bytes=room_bytes)
        last = since
        for point in points:
            if point.mean is not None:
                restarted = any(last < start <= point.wall_seconds for start in starts)
                detector.fold(point.wall_seconds, point.mean, restarted=restarted)
                last = point.wall_seconds
        verdict = detector.refresh()
        onset, rate = verdict.onset_monotonic_seconds, verdict.rate_bytes_per_second
        if verdict.level != "healthy" and onset is not None and rate and rate > 0:
            is_of_heap = metric == _JUDGED[0]
            found[name] = Growth(
                level="growing" if is_of_heap else verdict.level,
                since=onset,
                bytes_per_second=rate,
                is_of_heap=is_of_heap,
            )
    return found


def _last(points: Sequence[Point]) -> float | None:
    return next((point.mean for point in reversed(points) if point.mean is not None), None)
