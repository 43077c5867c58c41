"""What a target's Python processes consist of, from report to report, and why they grow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.inside_verdict import InsideVerdict, judge_inside
from trayapp.domain.records.inside import Composition, Inside, total_composition
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent, format_size

MOST_KEPT = 48
"""Compositions that are remembered; beyond that, every other of the older half is forgotten."""


class InsideView(NamedTuple):
    """A target's processes from inside, at their latest reports; each None where unknown."""

    composition: Composition | None = None
    verdict: InsideVerdict | None = None
    used_bytes: int | None = None
    live_bytes: int | None = None
    """In use after the latest full collections."""
    components_bytes: int | None = None
    running_count: int | None = None
    """Tasks that run now."""
    collecting_share: float | None = None
    """Share of the time between the last two reports that was spent collecting, 0 to 1."""
    efficiency: float | None = None
    """What collections in that time freed of what they looked at, 0 to 1, at least."""
    process_count: int = 0
    """Of how many processes this is the sum."""

    @property
    def heap_fragmentation(self) -> float | None:
        return self.composition.heap_fragmentation if self.composition else None

    @property
    def fragmentation(self) -> float | None:
        """Of the resident set."""
        return self.composition.fragmentation if self.composition else None

    @property
    def sentence(self) -> str:
        """The figures in one line, then why it is so large; empty: neither is known."""
        reason = self.verdict.sentence if self.verdict else ""
        return "\n".join(filter(None, (self.figures, reason)))

    @property
    def label(self) -> str:
        """Fragmentation and the reason for its size in a few words; empty: not known."""
        if self.heap_fragmentation is None:
            return ""
        share = format_percent(self.heap_fragmentation)
        if self.verdict is None:
            return _("Python heap: {share} fragmentation").format(share=share)
        # Translators: {reason} is such as "pinned in Python's arenas" or "live growth".
        text = _("Python heap: {share} fragmentation, {reason}")
        return text.format(share=share, reason=self.verdict.label)

    @property
    def figures(self) -> str:
        """What is in use and what is free inside, in one line; empty: it is not known."""
        composition = self.composition
        if composition is None:
            return ""
        text = _("Python heap: {used} in use, {free} free inside ({share} fragmentation)").format(
            used=format_size(composition.used_bytes),
            free=format_size(composition.free_bytes),
            share=format_percent(composition.heap_fragmentation),
        )
        if self.live_bytes is not None:
            more = _("{size} left after the last full collection")
            text = f"{text}, {more.format(size=format_size(self.live_bytes))}"
        if self.collecting_share is not None:
            more = _("{share} of the time spent collecting")
            text = f"{text}, {more.format(share=format_percent(self.collecting_share, 1))}"
        return text


class InsideCourse:
    """Follows one target's reports. Remembers at most `MOST_KEPT` compositions."""

    def __init__(self) -> None:
        self._reports: Sequence[Inside] = ()
        self._past: list[tuple[float, Composition]] = []
        self._view: InsideView | None = None
        self._growing_since: float | None = None

    def add(
        self, now: float, reports: Sequence[Inside], growing_since: float | None
    ) -> InsideView | None:
        """Take in the latest reports of its processes; None: none has a probe.

        now, growing_since: monotonic; since when it is said to grow, None: it is not.
        """
        if reports == self._reports and growing_since == self._growing_since:
            return self._view
        before, self._reports, self._growing_since = self._reports, reports, growing_since
        if not reports:
            self._past, self._view = [], None
            return None
        if len(reports) != len(before):
            # With other processes it is another sum.
            self._past = []
        composition = total_composition(reports)
        if composition is not None and reports != before:
            self._past.append((now, composition))
            self._thin_out()
        self._view = _view(reports, before, composition, self._since(growing_since))
        return self._view

    def _since(self, growing_since: float | None) -> Composition | None:
        """Return what it consisted of when its growth began, or soon after."""
        if growing_since is None or len(self._past) < 2:
            return None
        earlier = [each for at, each in self._past if at <= growing_since]
        return earlier[-1] if earlier else self._past[0][1]

    def _thin_out(self) -> None:
        if len(self._past) > MOST_KEPT:
            half = len(self._past) // 2
            self._past = [*self._past[:half:2], *self._past[half:]]


def _view(
    reports: Sequence[Inside],
    before: Sequence[Inside],
    composition: Composition | None,
    since: Composition | None,
) -> InsideView:
    share, efficiency = _collecting(reports, before)
    return InsideView(
        composition=composition,
        verdict=judge_inside(composition, since) if composition is not None else None,
        used_bytes=_sum(each.used_bytes for each in reports),
        live_bytes=_sum(each.live_bytes for each in reports),
        components_bytes=_sum((each.components_bytes for each in reports), partly=True),
        running_count=_sum(each.running_count for each in reports),
        collecting_share=share,
        efficiency=efficiency,
        process_count=len(reports),
    )


def _collecting(
    reports: Sequence[Inside], before: Sequence[Inside]
) -> tuple[float | None, float | None]:
    """Return the share of time and the efficiency of collections since the reports before."""
    if len(reports) != len(before):
        before = [Inside()] * len(reports)
    seconds = watched = 0.0
    freed = examined = 0
    for now, then in zip(reports, before, strict=True):
        if now.collecting_seconds is None or now.watched_seconds is None:
            return None, None
        is_new = (then.watched_seconds or 0.0) > now.watched_seconds
        then = Inside() if is_new else then
        seconds += max(0.0, now.collecting_seconds - (then.collecting_seconds or 0.0))
        watched += now.watched_seconds - (then.watched_seconds or 0.0)
        freed += max(0, (now.freed_count or 0) - (then.freed_count or 0))
        examined += max(0, (now.examined_count or 0) - (then.examined_count or 0))
    share = min(1.0, seconds / watched) if watched > 0 else None
    return share, min(1.0, freed / examined) if examined else None


def _sum(values: Iterable[int | None], *, partly: bool = False) -> int | None:
    """Return the sum; None: one is unknown, or, if `partly`, all are."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if known and (partly or len(known) == len(found)) else None
