"""Kills for lack of memory: noticed once, and no more said than is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import frame
from trayapp.domain.judging.judges.oom_kill import Killed
from trayapp.domain.judging.judges.protocol import MachineCase
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.oom_watch import PATIENCE_SECONDS, OomWatch
from trayapp.domain.records.levels import Level
from trayapp.domain.records.oom_kills import Ended, OomCount, OomKill, Owner, Victim
from trayapp.language.units import MIB

GIB = 1024 * MIB
WEB = Ended("gunicorn", 70, "web", 900 * MIB)
HOG = Ended("hog", 90, None, 900 * MIB)
CHILD = Ended("sh", 71, "web", 5 * MIB)


def count(total: int | None, *victims: Victim, **by_target: dict[str, int]) -> OomCount:
    return OomCount(total=total, by_target=by_target, victims=victims)


def watching(first: OomCount, available: int | None = GIB) -> OomWatch:
    watch = OomWatch()
    assert watch.add_sample(0.0, first, (), available) is None
    return watch


def named(kill: OomKill | None) -> list[tuple[int, str | None]]:
    assert kill is not None
    return [(victim.pid, victim.target) for victim in kill.victims]


def test_what_was_counted_before_is_no_news() -> None:
    watch = watching(count(7))
    for second in range(1, 60):
        assert watch.add_sample(float(second), count(7), [WEB], GIB) is None


def test_whom_the_kernel_names_is_told_at_once_and_is_its_targets() -> None:
    watch = watching(count(7))
    victim = Victim(name="gunicorn", pid=70, rss_bytes=900 * MIB, is_certain=True)
    kill = watch.add_sample(2.0, count(8, victim), (), GIB, {70: Owner("gunicorn", "web")})
    assert named(kill) == [(70, "web")]
    assert kill is not None
    case = MachineCase(
        frame=replace(frame(4.0), oom_kill=kill),
        rules=MonitorRules(),
        judged_level=lambda _: Level.NORMAL,
    )
    (condition,) = Killed().judge(case)
    assert (condition.key, condition.subject, condition.about) == (
        "oom:web:70",
        "web",
        "target:web",
    )
    assert condition.title == "Out of memory: web (70) was killed"
    assert condition.body == "web (70) used 900 MiB; the machine was out of memory."
    assert watch.add_sample(4.0, count(8), [WEB], GIB) is None


def test_whom_the_kernel_names_is_told_though_a_target_lost_a_child() -> None:
    watch = watching(count(7))
    victim = Victim(name="hog", pid=90, rss_bytes=900 * MIB, is_certain=True)
    kill = watch.add_sample(2.0, count(8, victim), [CHILD], GIB)
    assert named(kill) == [(90, None)]
    assert kill is not None
    assert kill.subject == "system"
    assert kill.incident_key == "oom:program:hog:90"


def test_the_log_may_come_a_moment_after_the_counter() -> None:
    watch = watching(count(7))
    assert watch.add_sample(2.0, count(8), (), GIB) is None
    victim = Victim(name="hog", pid=90, rss_bytes=1, is_certain=True)
    assert named(watch.add_sample(4.0, count(8, victim), (), GIB)) == [(90, None)]


def test_who_ended_with_the_memory_that_came_back_is_named() -> None:
    watch = watching(count(7), 10 * MIB)
    assert watch.add_sample(1.0, None, [CHILD, HOG], 800 * MIB) is None
    kill = watch.add_sample(2.0, count(8), (), 800 * MIB)
    assert named(kill) == [(90, None)]
    assert kill is not None
    assert kill.text == ("The kernel killed a process, probably hog (90) (900 MiB).")


def test_a_target_that_merely_lost_a_child_is_not_blamed() -> None:
    """Of a machine-wide kill, any target that lost a short-lived child was said to be it."""
    for child in (CHILD, CHILD._replace(rss_bytes=None), CHILD._replace(rss_bytes=800 * MIB)):
        watch = watching(count(7))
        watch.add_sample(1.0, None, [child], GIB)
        assert watch.add_sample(2.0, count(8), (), GIB) is None
        kill = watch.add_sample(2.0 + PATIENCE_SECONDS, count(8), (), GIB)
        assert kill == OomKill(count=1)
        assert kill.subject == "system"
        assert kill.text == "The kernel killed a process to free memory."


def test_a_target_that_lost_a_child_while_far_more_came_back_is_not_blamed() -> None:
    """The memory was that of another process, which nobody had sampled at that size."""
    child = CHILD._replace(rss_bytes=200 * MIB)
    for by_target in ({}, {"web": {"/session": 0}}):
        watch = watching(OomCount(total=7, by_target=by_target), 10 * MIB)
        later = {name: {"/session": 1} for name in by_target}
        watch.add_sample(1.0, None, [child], 160 * MIB)
        assert watch.add_sample(2.0, OomCount(total=8, by_target=later), (), 3 * GIB) is None
        kill = watch.add_sample(2.0 + PATIENCE_SECONDS, None, (), 3 * GIB)
        assert named(kill) == []
        assert kill is not None
        assert kill.subject == "system"
    watch = watching(count(7, web={"/session": 0}), 10 * MIB)
    watch.add_sample(1.0, None, [child, HOG], 900 * MIB)
    kill = watch.add_sample(2.0, count(8, web={"/session": 1}), (), 910 * MIB)
    assert named(kill) == [(90, None)], "who shares the cgroup and had as much"


def test_a_target_whose_cgroup_counted_it_is_named_with_its_process() -> None:
    watch = watching(count(7, web={"/web": 0}, db={"/db": 0}))
    db = Ended("postgres", 80, "db", 950 * MIB)
    kill = watch.add_sample(2.0, count(8, web={"/web": 1}, db={"/db": 0}), [WEB], GIB)
    assert named(kill) == [(70, "web")]
    watch = watching(count(7, web={"/web": 0}, db={"/db": 0}))
    watch.add_sample(2.0, count(8, web={"/web": 1}, db={"/db": 0}), [db], GIB)
    kill = watch.add_sample(9.0, count(8), (), GIB)
    assert named(kill) == [], "what ended was not in that cgroup"
    assert kill is not None
    assert kill.text == (
        "The kernel killed a process in the cgroup of web. It was counted in cgroup /web."
    )


def test_a_shared_cgroup_counts_once_and_blames_nobody() -> None:
    both = {"web": {"/app": 0}, "db": {"/app": 0}}
    after = {"web": {"/app": 1}, "db": {"/app": 1}}
    watch = watching(OomCount(total=None, by_target=both))
    assert watch.add_sample(2.0, OomCount(total=None, by_target=after), (), GIB) is None
    kill = watch.add_sample(8.0, None, (), GIB)
    assert kill == OomKill(count=1, counted_in=("db", "web"), cgroups=("/app",))
    assert kill.text == (
        "The kernel killed a process in the cgroup of db and web. It was counted in cgroup /app."
    )


def test_a_kill_that_the_group_above_counts_too_is_one() -> None:
    """Version 2 counts in every group above as well."""
    for total, after in ((None, None), (7, 8)):
        watch = watching(OomCount(total=total, by_target={"web": {"/a": 0, "/a/b": 0}}))
        later = OomCount(total=after, by_target={"web": {"/a": 1, "/a/b": 1}})
        assert watch.add_sample(2.0, later, (), GIB) is None
        kill = watch.add_sample(8.0, None, (), GIB)
        assert kill is not None
        assert kill.count == 1


def test_a_cgroup_seen_for_the_first_time_has_killed_nobody_lately() -> None:
    watch = watching(count(7))
    assert watch.add_sample(2.0, count(7, web={"/web": 5}), [WEB]) is None
    assert watch.add_sample(4.0, count(7, web={"/web": 5, "/new": 9}), [WEB]) is None


def test_counters_that_start_anew_are_no_kill() -> None:
    watch = watching(count(7, web={"/web": 5}))
    assert watch.add_sample(2.0, count(0, web={"/web": 0}), [WEB]) is None
    assert watch.add_sample(4.0, count(None), [WEB]) is None
    assert watch.add_sample(6.0, count(9), [WEB]) is None
    assert watch.add_sample(8.0, count(10), ()) is None
    assert watch.untold == 1


def test_a_big_process_may_take_seconds_to_end() -> None:
    watch = watching(count(7), 10 * MIB)
    assert watch.add_sample(2.0, count(8), (), 10 * MIB) is None
    assert watch.add_sample(4.0, count(8), (), 10 * MIB) is None
    assert watch.add_sample(5.0, None, [WEB], 900 * MIB) is None, "more may come back"
    assert named(watch.add_sample(6.0, None, (), 910 * MIB)) == [(70, "web")]


def test_if_nobody_known_ends_it_is_told_without_a_name() -> None:
    watch = watching(count(7))
    assert watch.add_sample(2.0, count(10), ()) is None
    kill = watch.add_sample(2.0 + PATIENCE_SECONDS, None, ())
    assert kill == OomKill(count=3)
    assert kill.text == "The kernel killed 3 processes to free memory."
    assert kill.subject == "system"
    assert watch.add_sample(60.0, count(10), [WEB]) is None


def test_after_a_pause_nobody_is_blamed_for_what_happened_meanwhile() -> None:
    watch = watching(count(7))
    watch.add_sample(10.0, None, [WEB], GIB)
    assert watch.add_sample(3600.0, count(8), (), 2 * GIB) is None
    assert watch.add_sample(3610.0, None, (), 2 * GIB) == OomKill(count=1)


def test_kills_while_memtray_did_not_run_are_told_once() -> None:
    watch = OomWatch()
    victim = Victim(name="hog", pid=90, rss_bytes=900 * MIB, is_certain=True)
    first = OomCount(total=9, missed=2, victims=(victim,))
    kill = watch.add_sample(0.0, first, [WEB], GIB)
    assert kill is not None
    assert (kill.count, kill.is_missed, named(kill)) == (2, True, [(90, None)])
    assert kill.text.endswith("Memtray was not running at the time.")
    assert watch.add_sample(2.0, count(9), (), GIB) is None
    nobody = OomWatch().add_sample(0.0, OomCount(total=9, missed=2), [WEB], GIB)
    assert nobody == OomKill(count=2, is_missed=True)


FULL = Victim(
    name="gunicorn", pid=70, rss_bytes=40 * MIB, is_certain=True, by_cgroup=True,
    cgroup="/app.slice/web", cgroup_limit_bytes=100 * MIB,
)  # fmt: skip


def test_of_three_kills_all_are_named_though_the_log_comes_bit_by_bit() -> None:
    """The counter rose by three while the log had one: one was reported, two were forgotten."""
    watch = watching(count(7))
    later = (replace(FULL, pid=71), replace(FULL, pid=72))
    assert watch.add_sample(2.0, count(10, FULL), (), GIB) is None
    kill = watch.add_sample(4.0, count(10, *later), (), GIB)
    assert [pid for pid, _target in named(kill)] == [70, 71, 72]
    assert kill is not None
    assert kill.title == "Out of memory: gunicorn (70), gunicorn (71) and gunicorn (72) were killed"
    assert kill.text == (
        "Together they used 120 MiB; cgroup /app.slice/web was at its limit of 100 MiB."
    )
    crowd = replace(kill, count=5)
    assert crowd.title == (
        "Out of memory: gunicorn (70), gunicorn (71), gunicorn (72) and 2 others killed"
    )
    # A log that names no more than one is not waited for without end.
    assert watch.add_sample(8.0, count(12, FULL), (), GIB) is None
    rest = watch.add_sample(8.0 + PATIENCE_SECONDS, None, (), GIB)
    assert rest is not None
    assert (rest.count, named(rest)) == (2, [(70, None)])


def test_whose_limit_it_was_is_said_as_far_as_the_kernel_tells() -> None:
    for victim, said in (
        (FULL, "cgroup /app.slice/web was at its limit of 100 MiB"),
        (replace(FULL, cgroup_limit_bytes=None), "cgroup /app.slice/web was at its limit"),
        (replace(FULL, cgroup=""), "its cgroup was out of memory"),
        (replace(FULL, by_cgroup=False), "the machine was out of memory"),
    ):
        kill = OomKill(count=1, victims=(victim,))
        assert kill.text == f"gunicorn (70) used 40.0 MiB; {said}."
    mixed = OomKill(count=2, victims=(FULL, replace(FULL, pid=90, by_cgroup=False)))
    assert len(mixed.sentences) == 2, "each has its own reason"


def test_of_several_kills_without_a_log_those_are_named_whose_memory_came_back() -> None:
    three = [Ended("worker", 70 + each, "web", 300 * MIB) for each in range(3)]
    watch = watching(OomCount(total=7, by_target={"web": {"/web": 0}}), 10 * MIB)
    kill = watch.add_sample(2.0, count(10, web={"/web": 3}), three, 800 * MIB)
    if kill is None:  # more may have come back
        kill = watch.add_sample(3.0, None, (), 810 * MIB)
    assert sorted(named(kill)) == [(70, "web"), (71, "web"), (72, "web")]
    assert kill is not None
    assert kill.title == "Out of memory: 3 processes were killed"
    assert kill.text == (
        "The kernel killed 3 processes, probably web (70), web (71) and web (72). "
        "It was counted in cgroup /web."
    )
    some = OomKill(count=3, victims=kill.victims[:1])
    assert some.text == "The kernel killed 3 processes, among them probably web (70)."


def test_what_is_counted_and_not_told_yet_is_untold() -> None:
    watch = watching(count(7))
    watch.add_sample(2.0, count(8), (), GIB)
    assert watch.untold == 1
    watch.add_sample(8.0, None, (), GIB)
    assert watch.untold == 0


def test_each_victim_is_kept_with_its_name_and_pid() -> None:
    kill = OomKill(
        count=2,
        victims=(
            Victim(name="hog", pid=90, rss_bytes=1, is_certain=True, wall_seconds=5.0),
            Victim(name="x", pid=91, target="web", rss_bytes=1),
        ),
    )
    events = kill.events(1000.0)
    assert [(each.subject, each.data["pid"], each.wall_seconds) for each in events] == [
        ("system", 90, 5.0),
        ("web", 91, 1000.0),
    ]
    assert all(each.level == Level.CRITICAL.label for each in events)
    assert kill.title == "Out of memory: hog (90) and web (91) were killed"
    (nobody,) = OomKill(count=1).events(1000.0)
    assert nobody.data["pid"] is None


@given(
    st.lists(
        st.tuples(
            st.floats(0.1, 40),
            st.none() | st.integers(0, 2),
            st.booleans(),
            st.integers(0, 2000),
        ),
        max_size=60,
    )
)
def test_every_kill_is_told_exactly_once(
    steps: list[tuple[float, int | None, bool, int]],
) -> None:
    watch, now, total, told = OomWatch(), 0.0, 0, 0
    watch.add_sample(now, count(0), ())
    for pause, more, has_ended, available in steps:
        now += pause
        if more is not None:
            total += more
        counted = None if more is None else count(total)
        kill = watch.add_sample(now, counted, [WEB] if has_ended else [], available * MIB)
        told += kill.count if kill else 0
    kill = watch.add_sample(now + 100, count(total), ())
    told += kill.count if kill else 0
    kill = watch.add_sample(now + 200, None, ())
    assert told + (kill.count if kill else 0) == total
