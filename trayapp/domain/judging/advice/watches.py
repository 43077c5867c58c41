"""What advice needs to remember of programs from look to look: little, and bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.domain.judging.advice.case import Cache, Crowd, InsideLately
from trayapp.domain.records.inside import read_inside, total_composition
from trayapp.domain.records.samples import ProcessKey

HELD_LOOKS = 12
"""So many looks, a minute apart as a rule, tell what stays free."""
MOST_CACHES = 32
_MOST_THREADS = 100_000
CROWD, CROWD_SECONDS, CROWD_STEPS = 8, 600.0, 4


class Told(NamedTuple):
    """What the probes of one program tell now, all of its processes together."""

    rss_bytes: int
    used_bytes: int | None = None
    retained_bytes: int | None = None
    pinned_bytes: int | None = None
    thread_count: int | None = None
    arena_count: int | None = None
    is_collecting: bool | None = None
    caches: tuple[tuple[str, int], ...] = ()
    """Names and bytes."""


def told_of(answers: Sequence[Mapping[str, object]]) -> Told:
    """Return what is credible of the reports of a program's processes, which are strangers' words.

    A figure that one does not tell is unknown of all.
    """
    insides = [read_inside(answer) for answer in answers]
    total = total_composition(insides)
    threads = [answer.get("thread_count") for answer in answers]
    counts = [count for count in threads if type(count) is int and 0 < count < _MOST_THREADS]
    is_on = [answer.get("collector_enabled") for answer in answers]
    caches: dict[str, int] = {}
    for inside in insides:
        for name, size in inside.caches:
            caches[name] = caches.get(name, 0) + size
    return Told(
        rss_bytes=sum(inside.rss_bytes or 0 for inside in insides),
        used_bytes=total.used_bytes if total else None,
        retained_bytes=total.retained_bytes if total else None,
        pinned_bytes=total.pinned_bytes if total else None,
        thread_count=max(counts, default=None),
        is_collecting=all(is_on) if all(isinstance(each, bool) for each in is_on) else None,
        caches=tuple(caches.items()),
    )


class _Held(NamedTuple):
    seconds: float
    retained_bytes: int | None
    pinned_bytes: int | None


@dataclass(slots=True)
class _Known:
    """What is remembered of the inside of one program."""

    since_seconds: float
    held: deque[_Held] = field(default_factory=lambda: deque(maxlen=HELD_LOOKS))
    caches: dict[str, Cache] = field(default_factory=dict)
    cache_since: dict[str, float] = field(default_factory=dict)


class InsideWatch:
    """Remembers what probes said of the last minutes, and how caches have grown."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self.insides: dict[str, InsideLately] = {}
        """As of the last look, by the key of the program; replaced, never changed."""

    def add(self, seconds: float, told: Mapping[str, Told]) -> None:
        """Take in one round; who is not in it has no probe any more. Monotonic seconds."""
        self._known = {about: self._known.get(about, _Known(seconds)) for about in told}
        self.insides = {about: self._seen(about, each, seconds) for about, each in told.items()}

    def forget(self, about: str) -> None:
        """Begin anew with a program from which memory was taken, or that was restarted."""
        self._known.pop(about, None)
        self.insides = {key: each for key, each in self.insides.items() if key != about}

    def _seen(self, about: str, told: Told, seconds: float) -> InsideLately:
        known = self._known[about]
        known.held.append(_Held(seconds, told.retained_bytes, told.pinned_bytes))
        return InsideLately(
            rss_bytes=told.rss_bytes,
            used_bytes=told.used_bytes,
            retained_bytes=told.retained_bytes,
            least_retained_bytes=_least(each.retained_bytes for each in known.held),
            pinned_bytes=told.pinned_bytes,
            least_pinned_bytes=_least(each.pinned_bytes for each in known.held),
            held_seconds=seconds - known.held[0].seconds,
            looks=len(known.held),
            thread_count=told.thread_count,
            arena_count=told.arena_count,
            is_collecting=told.is_collecting,
            caches=tuple(
                _followed(known, name, size, seconds) for name, size in told.caches[:MOST_CACHES]
            ),
        )


def _followed(known: _Known, name: str, size: int, seconds: float) -> Cache:
    before = known.caches.get(name)
    since = known.cache_since.setdefault(name, seconds)
    if before is None:
        found = Cache(name, size, size, size, 0.0, shrank=False)
    else:
        found = before._replace(
            now_bytes=size,
            low_bytes=min(before.low_bytes, size),
            since_seconds=seconds - since,
            # A little less is what a cache does in which an entry expires now and then.
            shrank=before.shrank or size < 0.98 * before.now_bytes,
        )
    if len(known.caches) < MOST_CACHES or name in known.caches:
        known.caches[name] = found
    return found


def _least(sizes: Iterable[int | None]) -> int | None:
    known = list(sizes)
    if None in known:
        return None
    return min((size for size in known if size is not None), default=None)


@dataclass(slots=True)
class _Count:
    keys: tuple[ProcessKey, ...]
    first: int
    since_seconds: float
    first_bytes: int
    steps: int = 0


class CrowdWatch:
    """Notices processes that only become more: none ends, and there are always new ones."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}

    def add(
        self, about: str, keys: tuple[ProcessKey, ...], size_bytes: int, seconds: float
    ) -> Crowd | None:
        """Take in the processes of one program now; return what became of their number."""
        known = self._counts.get(about)
        if known is None or len(keys) < len(known.keys) or not _contains(keys, known.keys):
            self._counts[about] = _Count(keys, len(keys), seconds, size_bytes)
            return None
        if len(keys) > len(known.keys):
            known.steps += 1
            known.keys = keys
        more, passed = len(keys) - known.first, seconds - known.since_seconds
        if more < CROWD or passed < CROWD_SECONDS or known.steps < CROWD_STEPS:
            return None
        return Crowd(more, passed, size_bytes - known.first_bytes)

    def keep(self, abouts: Iterable[str]) -> None:
        """Forget all but these."""
        wanted = set(abouts)
        self._counts = {about: each for about, each in self._counts.items() if about in wanted}


def _contains(keys: tuple[ProcessKey, ...], before: tuple[ProcessKey, ...]) -> bool:
    return keys is before or keys == before or set(before) <= set(keys)
