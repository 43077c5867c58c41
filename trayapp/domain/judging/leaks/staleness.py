"""Whether anybody touches what a program grew by: a leak is memory that nobody reads again.

One process a tick, and only of what is growing: its accessed marks are cleared once, and after one,
five and fifteen minutes it is counted what was not touched since. `StalenessPlan` decides whom
to ask and when, without a clock or a file of its own; who reads is `readers.referenced`.

What it does not tell. A collector that marks (Java, Node, Go, Python's for containers) touches all
that lives, leaked or not: "touched" is no defence there. A huge page counts as touched as a whole.
A cache that nobody reads looks like a leak, and is as useless as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.records.referenced import ReferencedRequest, ReferencedSample
from trayapp.domain.records.samples import ProcessKey
from trayapp.language.units import MIB

COUNT_AFTER_SECONDS = (60.0, 300.0, 900.0)
BETWEEN_CLEARINGS_SECONDS = 600.0
"""Least time from one clearing of a process to its next."""
BUDGET_SECONDS = 0.020
"""Most CPU for one look; a process that is expected to cost more is not asked."""
KEPT_SECONDS = 3600.0
"""How long a count is worth something after it was made."""
_FIRST_COST_PER_BYTE = 0.020 / 1024 / MIB
"""12 to 20 ms for each GiB were seen; corrected by what each look costs here."""
_ABOUT_SECONDS = 30.0
_LEAST_GROWN_BYTES = 4 * MIB
_LEAST_SINCE_BYTES, _LEAST_SINCE_SHARE = 8 * MIB, 0.2
"""So much must have come between two rounds for their difference to tell anything."""
UNTOUCHED_SHARE, TOUCHED_SHARE = 0.80, 0.50
"""From here on it is said to lie idle, and up to here not; in between, nothing is said.

In `tests.benchmarks.live`, after five minutes at least 93 % of ten of twelve real leaks lay idle,
and of the other two once they had doubled; of twelve caches that were read, 35 % and less.
"""


class Suspect(NamedTuple):
    """A growing target or application, as the detector sees it."""

    key: ProcessKey
    """Its process to be asked: the one that grows, or the largest."""
    memory_bytes: int
    grown_bytes: float
    """Of that process or, where that is not known, of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """How much of what a program had grown by was not touched again."""

    waited_seconds: float
    grown_bytes: float
    """What it had grown by when its marks were cleared."""
    low_share: float
    high_share: float
    """At least and at most this share of that, 0 to 1, lay idle."""
    huge_share: float = 0.0
    """Of its memory in huge pages: with many of them, little may look like much."""

    @property
    def is_untouched(self) -> bool:
        """Whether nearly all of it lay idle for five minutes or longer."""
        return self.waited_seconds >= COUNT_AFTER_SECONDS[1] and self.low_share >= UNTOUCHED_SHARE

    @property
    def is_touched(self) -> bool:
        """Whether half of it or more was used again, however short the wait."""
        return self.high_share <= TOUCHED_SHARE and self.huge_share < 0.5


class _Watched(NamedTuple):
    key: ProcessKey
    cleared_at: float
    memory_bytes: int
    grown_bytes: float
    counts: int = 0


class _Count(NamedTuple):
    """One count of an earlier round, to compare a later one with."""

    memory_bytes: int
    untouched_bytes: int


class StalenessPlan:
    """Whom to ask next, and what is known. O(suspects) a call; keeps one record per process."""

    def __init__(self, *, enabled: bool = True) -> None:
        """Begin with nothing known; not `enabled`: never ask anybody."""
        self.enabled = enabled
        self._known: dict[ProcessKey, tuple[float, Staleness]] = {}
        self._cleared_at: dict[ProcessKey, float] = {}
        self._refused_until: dict[ProcessKey, float] = {}
        self._first: dict[ProcessKey, tuple[_Count, ...]] = {}
        """The counts of its first round, by the wait."""
        self._watched: dict[ProcessKey, _Watched] = {}
        self._cost_per_byte = _FIRST_COST_PER_BYTE

    def of(self, keys: Iterable[ProcessKey], now: float) -> Staleness | None:
        """What is known of any of these processes; the longest look, then the newest."""
        found = [
            (known[1].waited_seconds, known[0], known[1])
            for key in keys
            if (known := self._known.get(key)) and now - known[0] <= KEPT_SECONDS
        ]
        return max(found, key=lambda item: item[:2])[2] if found else None

    def request(self, now: float, suspects: Iterable[Suspect]) -> ReferencedRequest | None:
        """Decide what to read at this tick: one process at most, mostly nothing.

        Args:
            now: Monotonic seconds.
            suspects: What is growing now; no others are ever asked.
        """
        if not self.enabled:
            self._watched.clear()
            return None
        growing = {suspect.key: suspect for suspect in suspects}
        self._forget(growing, now)
        overdue = [
            (now - watched.cleared_at - COUNT_AFTER_SECONDS[watched.counts], watched.key)
            for watched in self._watched.values()
        ]
        if overdue and max(overdue)[0] >= 0:
            return ReferencedRequest(max(overdue)[1], clears=False)
        able = [suspect for suspect in growing.values() if self._may_clear(suspect, now)]
        if not able:
            return None
        # Who waits longest; of the new, who has grown most.
        chosen = min(
            able, key=lambda each: (self._cleared_at.get(each.key, -1e18), -each.grown_bytes)
        )
        self._cleared_at[chosen.key] = now
        self._watched[chosen.key] = _Watched(
            chosen.key, now, chosen.memory_bytes, chosen.grown_bytes
        )
        return ReferencedRequest(chosen.key, clears=True)

    def fold(self, now: float, sample: ReferencedSample) -> None:
        """Take in what a request led to. A sample that was not asked for is passed over."""
        key = sample.key
        watched = self._watched.pop(key, None)
        if watched is None:
            return
        self._learn_cost(now, sample)
        if sample.failed:
            self._refused_until[key] = now + KEPT_SECONDS
            return
        if sample.clears:
            self._watched[key] = watched._replace(memory_bytes=sample.memory_bytes, cleared_at=now)
            return
        first = self._first.get(key, ())
        count = _Count(watched.memory_bytes, sample.untouched_low_bytes)
        if len(first) == watched.counts:
            # The first round: there is nothing to compare with yet.
            self._first[key] = (*first, count)
        before = first[watched.counts] if len(first) > watched.counts else None
        self._keep(key, now, _judge(watched, sample, now, before))
        counts = watched.counts + 1
        if counts < len(COUNT_AFTER_SECONDS) and key not in self._refused_until:
            self._watched[key] = watched._replace(counts=counts)

    def _learn_cost(self, now: float, sample: ReferencedSample) -> None:
        if sample.memory_bytes:
            cost = sample.cpu_seconds / max(sample.memory_bytes, 16 * MIB)
            # Risen at once, sunk slowly: one quick look at a small process promises nothing.
            self._cost_per_byte = max(cost, 0.9 * self._cost_per_byte + 0.1 * cost)
        if sample.cpu_seconds > BUDGET_SECONDS:
            self._refused_until[sample.key] = now + KEPT_SECONDS

    def _keep(self, key: ProcessKey, now: float, staleness: Staleness) -> None:
        """Remember a count, unless a longer wait has told more. What tells at last is news."""
        known = self._known.get(key)
        if (
            known is None
            or staleness.is_touched
            or (staleness.is_untouched and not known[1].is_untouched)
            or staleness.waited_seconds >= known[1].waited_seconds - _ABOUT_SECONDS
            or now - known[0] > KEPT_SECONDS
        ):
            self._known[key] = now, staleness

    def _may_clear(self, suspect: Suspect, now: float) -> bool:
        key = suspect.key
        return (
            suspect.grown_bytes >= _LEAST_GROWN_BYTES
            and key not in self._watched
            and now - self._cleared_at.get(key, -1e18) >= BETWEEN_CLEARINGS_SECONDS
            and now >= self._refused_until.get(key, 0.0)
            and suspect.memory_bytes * self._cost_per_byte <= BUDGET_SECONDS
        )

    def _forget(self, growing: Mapping[ProcessKey, Suspect], now: float) -> None:
        """Drop what is no longer worth anything, and whoever has stopped growing meanwhile."""
        for key in [key for key in self._watched if key not in growing]:
            del self._watched[key]
        for key, cleared_at in list(self._cleared_at.items()):
            if key not in growing and now - cleared_at >= BETWEEN_CLEARINGS_SECONDS:
                # Who grows again later begins anew.
                del self._cleared_at[key]
                self._first.pop(key, None)
        for key in [key for key, until in self._refused_until.items() if now >= until]:
            del self._refused_until[key]
        for key in [key for key, (at, _) in self._known.items() if now - at > KEPT_SECONDS]:
            del self._known[key]


def _judge(
    watched: _Watched, sample: ReferencedSample, now: float, before: _Count | None
) -> Staleness:
    """Share out what lies idle between what the program grew by and what it had before.

    What was untouched may have been its old memory: at least `untouched - old` and at most
    `untouched` of what it grew by lies idle. A count of an earlier round narrows that: what lies
    idle now and did not then is, give or take a tenth of what there was, of what came since.
    """
    grown = max(1.0, min(watched.grown_bytes, watched.memory_bytes))
    old = max(0.0, watched.memory_bytes - grown)
    low = (sample.untouched_low_bytes - old) / grown
    high = sample.untouched_high_bytes / grown
    if before is not None:
        since = watched.memory_bytes - before.memory_bytes
        if since >= max(_LEAST_SINCE_BYTES, _LEAST_SINCE_SHARE * before.memory_bytes):
            share = (sample.untouched_low_bytes - before.untouched_bytes) / since
            doubt = 0.1 * before.memory_bytes / since
            low = max(low, share - doubt)
            high = max(low, min(high, share + doubt))
    return Staleness(
        waited_seconds=now - watched.cleared_at,
        grown_bytes=grown,
        low_share=min(1.0, max(0.0, low)),
        high_share=min(1.0, max(0.0, high)),
        huge_share=sample.huge_bytes / max(1, sample.memory_bytes),
    )
