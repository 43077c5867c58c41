"""What advice goes by: looks at probes, numbers of processes, copies, and the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.domain.building import MIB, facts
from trayapp.domain.judging.advice.past import QUARTER_SECONDS, past_of, worst_task
from trayapp.domain.judging.advice.twins import find_twins
from trayapp.domain.judging.advice.watches import CROWD, CrowdWatch, InsideWatch, Told, told_of
from trayapp.domain.records.samples import ProcessFacts, ProcessKey, ProcessUse
from trayapp.domain.records.series import TASK, Event, Point, Series

WALL = 1_700_000_000.0
REPORT = {
    "pid": 7,
    "rss_bytes": 200 * MIB,
    "thread_count": 12,
    "collector_enabled": True,
    "caches": [{"name": "pages", "bytes": 30 * MIB}],
    "heap": {
        "anon_bytes": 196 * MIB,
        "library_used_bytes": 6 * MIB,
        "library_free_bytes": 180 * MIB,
        "library_resident_bytes": 186 * MIB,
        "arena_bytes": 8 * MIB,
        "arena_used_bytes": 7 * MIB,
    },
}


def test_what_probes_tell_is_added_up() -> None:
    told = told_of([REPORT, REPORT])
    assert told.rss_bytes == 400 * MIB
    assert told.retained_bytes == 360 * MIB
    assert (told.thread_count, told.is_collecting) == (12, True)
    assert told.caches == (("pages", 60 * MIB),)


def test_what_a_stranger_tells_may_be_anything() -> None:
    told = told_of([{"rss_bytes": "much", "thread_count": True, "caches": 7, "heap": []}])
    assert told == Told(0)


def test_only_what_stays_free_counts_as_free() -> None:
    watch = InsideWatch()
    for second, retained in ((0, 180), (60, 20), (120, 170)):
        watch.add(second, {"target:web": Told(400 * MIB, retained_bytes=retained * MIB)})
    seen = watch.insides["target:web"]
    assert (seen.retained_bytes, seen.least_retained_bytes) == (170 * MIB, 20 * MIB)
    assert (seen.looks, seen.held_seconds) == (3, 120)
    watch.forget("target:web")
    assert watch.insides == {}


def test_a_cache_is_followed_from_when_it_was_heard_of_first() -> None:
    watch = InsideWatch()
    for second, size in ((0, 10), (60, 40), (120, 39.5), (180, 90)):
        told = Told(400 * MIB, caches=(("pages", round(size * MIB)),))
        watch.add(second, {"a": told})
    (cache,) = watch.insides["a"].caches
    assert (cache.first_bytes, cache.now_bytes, cache.since_seconds) == (10 * MIB, 90 * MIB, 180)
    assert not cache.shrank
    watch.add(240, {"a": Told(400 * MIB, caches=(("pages", 50 * MIB),))})
    assert watch.insides["a"].caches[0].shrank


def keys(count: int, first: int = 100) -> tuple[ProcessKey, ...]:
    return tuple(ProcessKey(first + number, first + number) for number in range(count))


def test_processes_that_only_become_more_are_noticed_after_ten_minutes() -> None:
    watch = CrowdWatch()
    found = [watch.add("a", keys(1 + minute), minute * MIB, 60.0 * minute) for minute in range(13)]
    assert found[9] is None
    crowd = found[12]
    assert crowd is not None
    assert (crowd.more, crowd.seconds, crowd.grown_bytes) == (12, 720, 12 * MIB)


def test_one_that_ends_makes_it_an_ordinary_crowd_and_so_does_a_single_step() -> None:
    watch = CrowdWatch()
    for minute in range(30):
        assert watch.add("a", keys(3 + minute, first=100 + minute), 0, 60.0 * minute) is None
    pool = CrowdWatch()
    assert pool.add("b", keys(1), 0, 0.0) is None
    for minute in range(1, 30):
        assert pool.add("b", keys(1 + 2 * CROWD), 0, 60.0 * minute) is None


def use(pid: int, command: str, parent: int, size_mib: float = 80) -> ProcessUse:
    return ProcessUse(facts=facts(pid, command, parent=parent), rss_bytes=round(size_mib * MIB))


def test_two_of_a_program_are_copies_unless_they_are_workers() -> None:
    both = {"app": (ProcessKey(10, 10), ProcessKey(20, 20))}
    apart = [use(5, "bash", 1), use(6, "bash", 1), use(10, "python3 /srv/app.py", 5)]
    (twins,) = find_twins([*apart, use(20, "python3 /srv/app.py", 6)], both).values()
    assert twins.pids == (10, 20)
    assert twins.bytes == 80 * MIB
    assert twins.keys == (ProcessKey(10, 10), ProcessKey(20, 20))
    assert find_twins([*apart, use(20, "python3 /srv/app.py", 5)], both) == {}  # siblings
    assert find_twins([*apart, use(20, "python3 /srv/app.py", 10)], both) == {}  # its child
    assert find_twins([*apart, use(20, "python3 /srv/app.py", 6, 3)], both) == {}  # small
    daemons = [use(10, "python3 /srv/app.py", 1), use(20, "python3 /srv/app.py", 1)]
    assert list(find_twins(daemons, both)) == ["app"]
    assert find_twins([use(10, "xterm", 5), use(20, "xterm", 6)], both) == {}


def test_copies_in_two_containers_are_none() -> None:
    def within(container: str, pid: int) -> ProcessUse:
        path = f"/system.slice/docker-{container * 64}.scope"
        daemon = use(pid, "postgres -D /data", 1)
        return replace(daemon, facts=replace(daemon.facts, cgroup=path))

    both = {"app": (ProcessKey(10, 10), ProcessKey(20, 20))}
    assert find_twins([within("a", 10), within("b", 20)], both) == {}
    assert list(find_twins([within("a", 10), within("a", 20)], both)) == ["app"]


def test_copies_in_two_login_sessions_are_none() -> None:
    """Somebody who is logged in twice has two panels; what is in none may be anybody's."""
    both = {"app": (ProcessKey(10, 10), ProcessKey(20, 20), ProcessKey(30, 30))}
    panels = [use(pid, "panel --dock", 1) for pid in (10, 20)]
    sessions = {10: "session-2.scope", 20: "session-3.scope", 30: "session-3.scope"}

    def session(facts: ProcessFacts) -> str | None:
        return sessions.get(facts.key.pid)

    assert find_twins(panels, both, session) == {}
    (twins,) = find_twins(panels, both).values()
    assert twins.pids == (10, 20)
    three = [*panels, use(30, "panel --dock", 1)]
    owner = {"app": (ProcessKey(20, 20), ProcessKey(30, 30))}
    (twins,) = find_twins(three, owner, session).values()
    assert twins.pids == (20, 30)
    del sessions[10]
    (twins,) = find_twins(panels, both, session).values()
    assert twins.pids == (10, 20)


def test_copies_on_two_desktops_are_none() -> None:
    def desktop(pid: int) -> ProcessUse:
        return use(pid, "xfce4-session", 1)

    both = {"app": (ProcessKey(10, 10), ProcessKey(20, 20))}
    apart = [desktop(5), desktop(6), use(10, "panel --dock", 5), use(20, "panel --dock", 6)]
    assert find_twins(apart, both) == {}
    one = [desktop(5), use(7, "sh", 5), use(10, "panel --dock", 5), use(20, "panel --dock", 7)]
    assert list(find_twins(one, both)) == ["app"]


class History:
    """Curves and events as a reader returns them."""

    def __init__(self, curves: dict[str, list[float]], events: Sequence[Event] = ()) -> None:
        self._curves, self._events = curves, events

    def curves(
        self, series: Sequence[Series], _since: float, until: float, _most: int
    ) -> list[list[Point]]:
        found = []
        for one in series:
            values = self._curves.get(one.metric, [])
            first = until - QUARTER_SECONDS * len(values)
            found.append(
                [
                    Point(first + QUARTER_SECONDS * number, value, value, value)
                    for number, value in enumerate(values)
                ]
            )
        return found

    def events(self, *_asked: object, **_names: object) -> list[Event]:
        return list(self._events)


def ran(name: str, kept_mib: float) -> Event:
    data = {"kept_bytes": round(kept_mib * MIB)}
    return Event(wall_seconds=WALL, kind=TASK, subject="web", text=name, data=data)


def test_the_past_tells_of_use_idleness_and_heaps() -> None:
    sizes = [100.0 * MIB] * 990 + [900.0 * MIB] * 10
    busy = [30.0] * 800 + [0.1] * 200
    past = past_of(
        History({"rss_bytes": sizes, "cpu_percent": busy, "heap_live_bytes": [7.0, 9.0]}),
        "web",
        WALL,
    )
    assert past.days == 1000 * QUARTER_SECONDS / 86_400
    assert past.p99_bytes == 100 * MIB
    assert past.idle_seconds == 200 * QUARTER_SECONDS
    assert past.live_bytes == 9
    nothing = past_of(History({}), "web", WALL)
    assert (nothing.days, nothing.p99_bytes, nothing.idle_seconds) == (0.0, None, None)


def test_the_worst_task_is_one_that_keeps_something_each_time() -> None:
    worst = worst_task([*[ran("reindex", 10)] * 6, ran("load", 500), ran("ping", 0)])
    assert worst is not None
    assert (worst.name, worst.runs, worst.kept_bytes) == ("reindex", 6, 60 * MIB)
    assert worst_task([ran("load", 500)]) is None
    assert worst_task([ran("ping", -1), ran("ping", -2)]) is None
