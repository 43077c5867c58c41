"""Events in a chart: how long tasks ran, and marks that stand for several of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trayapp.charts.palette import Palette
from trayapp.dataclass import replace
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import TASK, Event
from trayapp.language.catalogue import _, ngettext

EVENT_SHAPES = {
    "warning": "^",
    "critical": "s",
    "emergency": "X",
    "cleanup": "o",
    "restart": "D",
    "snapshot": "P",
    "task": ">",
    "tracked": "v",
}
"""By level or kind: the mark's shape, so that colour is not all there is."""
BUNDLED = "bundled"
"""The key in an event's data of the number of events that its mark stands for."""


def event_label(key: str) -> str:
    """Return the name of a mark in the legend."""
    return {
        "warning": _("Warning"),
        "critical": _("Critical"),
        "emergency": _("Emergency"),
        "cleanup": _("Memory freed"),
        "restart": _("Restarted"),
        "snapshot": _("Snapshot"),
        "task": _("Task"),
        "tracked": _("Tracked from here"),
    }[key]


def event_key(event: Event) -> str:
    """Return the kind of mark that an event gets."""
    return event.level if event.kind == "alert" else event.kind


def event_colour(key: str, palette: Palette) -> str:
    levels = ("cleanup", "warning", "critical", "emergency")
    return palette.levels[levels.index(key)] if key in levels else palette.muted


def task_growth(event: Event) -> float:
    """Return how much a task kept; 0 where it is not known."""
    return kept_of(event) or 0.0


def bundled_count(event: Event) -> int:
    """Return how many events of its kind a mark stands for."""
    count = event.data.get(BUNDLED)
    return count if isinstance(count, int) else 1


def task_end(event: Event) -> float | None:
    """Return the wall time at which a task ended; None: it is none, or its end is not known."""
    seconds = event.data.get("seconds") if event.kind == TASK else None
    return event.wall_seconds + seconds if isinstance(seconds, int | float) else None


def _severity(event: Event) -> float:
    return float(Level[event.level.upper()]) if event.level else 0.0


def bundle_events(
    events: Sequence[Event],
    since: float,
    until: float,
    *,
    columns: int,
    weight: Callable[[Event], float] = _severity,
) -> tuple[Event, ...]:
    """Keep the worst event of each kind and place, with the number of those it stands for."""
    width = (until - since) / columns
    places: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        places.setdefault((event.kind, int((event.wall_seconds - since) / width)), []).append(event)
    kept = []
    for together in places.values():
        worst = max(together, key=weight)
        if len(together) > 1:
            more = len(together) - 1
            text = ngettext("{text} (and {count} more)", "{text} (and {count} more)", more)
            worst = replace(
                worst,
                text=text.format(text=worst.text, count=more),
                data={**worst.data, BUNDLED: len(together)},
            )
        kept.append(worst)
    return tuple(kept)
