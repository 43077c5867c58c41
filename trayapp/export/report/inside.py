"""What a report says of a program's heap, as runtimes and probes have told of it."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.export.parts import Part
from trayapp.language.catalogue import _, listed
from trayapp.language.units import format_percent, format_size

INSIDE_METRICS = (
    "heap_used_bytes",
    "heap_live_bytes",
    "heap_free_bytes",
    "arena_free_bytes",
    "caches_bytes",
    "fragmentation_percent",
    "collecting_percent",
)


class InsideFigures:
    """A target's figures from inside, first and last, gathered while the parts pass."""

    def __init__(self, places: Mapping[str, int]) -> None:
        """places: of its series, by metric."""
        self._places = {one: places[one] for one in INSIDE_METRICS if one in places}
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def add(self, part: Part) -> None:
        """Take in the next part."""
        for metric, place in self._places.items():
            known = [mean for mean in part.column(place, "means") or () if mean is not None]
            if known:
                self._first.setdefault(metric, known[0])
                self._last[metric] = known[-1]

    @property
    def sentence(self) -> str:
        """The last figures, and how those of its heap have changed; empty: none were told."""
        if "heap_used_bytes" not in self._last:
            return ""
        parts = [self._with_change("heap_used_bytes", _("{size} in use ({change})"))]
        if "heap_live_bytes" in self._last:
            text = _("{size} left after collections ({change})")
            parts.append(self._with_change("heap_live_bytes", text))
        sizes = {
            "heap_free_bytes": _("{size} free in the C library"),
            "arena_free_bytes": _("{size} free in Python's arenas"),
            "caches_bytes": _("{size} in caches"),
        }
        shares = {
            "fragmentation_percent": _("{share} fragmentation"),
            "collecting_percent": _("{share} of the time spent collecting"),
        }
        for metric, text in sizes.items():
            if metric in self._last:
                parts.append(text.format(size=format_size(self._last[metric])))
        for metric, text in shares.items():
            if metric in self._last:
                parts.append(text.format(share=format_percent(self._last[metric] / 100)))
        # Translators: {figures} is a list such as "47 MiB in use (+3.00 MiB), 9.00 MiB in caches".
        return _("Its heap at the end: {figures}.").format(figures=listed(parts))

    def _with_change(self, metric: str, text: str) -> str:
        last, first = self._last[metric], self._first[metric]
        sign = "+" if last > first else ""
        return text.format(size=format_size(last), change=sign + format_size(last - first))
