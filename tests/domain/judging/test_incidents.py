from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.absolute_levels import level_of_share
from trayapp.domain.judging.alerting import (
    PRESSURE_KEY,
    AlertPolicy,
    Announcement,
    Condition,
    Quiet,
)
from trayapp.domain.judging.incidents import IncidentBook
from trayapp.domain.records.levels import Level

WALL = 1_700_000_000.0
THRESHOLDS = {Level.WARNING: 0.75, Level.CRITICAL: 0.85, Level.EMERGENCY: 0.95}


class Story:
    """Feeds one condition, a second at a time, and tells what was announced when."""

    def __init__(self, policy: AlertPolicy | None = None) -> None:
        self.book = IncidentBook(policy or AlertPolicy())
        self.second = 0

    def feed(
        self, *levels: Level, quiet: Quiet | None = None, is_moment: bool = False
    ) -> list[tuple[int, str]]:
        told: list[tuple[int, str]] = []
        for level in levels:
            condition = Condition(
                key="k", subject="app", level=level, title=level.label, is_moment=is_moment
            )
            announced = self.announce(condition, quiet or Quiet())
            told += [(self.second, announcement.what) for announcement in announced]
            self.second += 1
        return told

    def announce(self, condition: Condition, quiet: Quiet) -> tuple[Announcement, ...]:
        return self.book.update(self.second, WALL + self.second, [condition], quiet)


N, W, C, E = Level.NORMAL, Level.WARNING, Level.CRITICAL, Level.EMERGENCY


def test_a_level_is_told_once_after_it_has_lasted() -> None:
    assert Story().feed(*[W] * 100) == [(4, "raised")]


def test_a_brief_crossing_is_not_told() -> None:
    assert Story().feed(W, W, W, N, W, W, N, N) == []


def test_wavering_between_two_worse_levels_is_no_reprieve() -> None:
    assert Story().feed(W, C, W, C, W, C) == [(4, "raised")]


def test_an_emergency_is_told_at_once() -> None:
    assert Story().feed(N, E) == [(1, "raised")]


def test_getting_worse_escalates_after_the_cooldown_of_the_worse_level() -> None:
    story = Story()
    assert story.feed(*[W] * 10) == [(4, "raised")]
    # Critical from second 10, sustained at 14, but the banner before is from second 4.
    assert story.feed(*[C] * 40) == [(14, "held"), (34, "escalated")]


def test_the_end_is_announced_once_it_has_been_well_for_a_while() -> None:
    story = Story()
    assert story.feed(*[W] * 6) == [(4, "raised")]
    assert story.feed(*[N] * 40) == [(36, "resolved")]


def test_what_comes_back_while_it_recovers_is_the_same_incident() -> None:
    story = Story()
    assert story.feed(*[W] * 6) == [(4, "raised")]
    assert story.feed(*[N] * 20) == []
    (incident,) = story.book.open_incidents()
    assert incident.phase == "recovering"
    assert story.feed(*[W] * 100) == []
    (incident,) = story.book.open_incidents()
    assert (incident.phase, incident.since_wall_seconds) == ("active", WALL + 4)


def test_the_next_time_is_told_again_after_the_cooldown() -> None:
    story = Story(AlertPolicy(recovery_seconds=0))
    assert story.feed(*[W] * 6, N) == [(4, "raised"), (6, "resolved")]
    assert story.feed(*[W] * 80) == [(11, "held"), (64, "raised")]


def test_getting_better_and_worse_again_is_told_once() -> None:
    story = Story(AlertPolicy(sustain_seconds=0))
    assert story.feed(C, *[W] * 40) == [(0, "raised")]
    assert story.feed(*[C] * 300) == []


PAIRS = [(low, high) for low in (N, W, C) for high in (W, C, E) if low < high]


@pytest.mark.parametrize("half_seconds", [5, 12, 30, 45, 90, 300, 1000])
@pytest.mark.parametrize(("low", "high"), PAIRS)
def test_what_swings_between_two_levels_is_told_seldom(
    low: Level, high: Level, half_seconds: int
) -> None:
    """Case 26: for two hours there was a banner for each swing."""
    levels = [low if second // half_seconds % 2 == 0 else high for second in range(7200)]
    told = [at for at, what in Story().feed(*levels) if what in ("raised", "escalated", "worsened")]
    assert 1 <= len(told) <= 6
    apart = [after - before for before, after in pairwise(told)]
    assert all(later >= sooner for sooner, later in pairwise(apart)), "at growing distances"


@pytest.mark.parametrize(("low", "high"), [pair for pair in PAIRS if pair[0] > N])
def test_an_incident_that_does_not_end_tells_each_level_once_in_an_hour(
    low: Level, high: Level
) -> None:
    levels = [low if second // 30 % 2 == 0 else high for second in range(3600)]
    told = [what for _, what in Story().feed(*levels) if what != "held"]
    assert told == ["raised", "escalated"]


@pytest.mark.parametrize("low", [N, W, C])
def test_an_emergency_that_comes_and_goes_does_not_break_into_the_night_again_and_again(
    low: Level,
) -> None:
    night = Quiet(in_quiet_hours=True, emergency_breaks_through=True)
    levels = [low if second // 30 % 2 == 0 else E for second in range(8 * 3600)]
    told = [
        at for at, what in Story().feed(*levels, quiet=night) if what not in ("held", "resolved")
    ]
    assert len(told) <= 4
    assert all(after - before >= 3600 for before, after in pairwise(told))


def test_what_swings_is_told_again_in_the_end() -> None:
    levels = [W if second // 30 % 2 == 0 else C for second in range(8 * 3600)]
    told = [at for at, what in Story().feed(*levels) if what == "worsened"]
    assert [round(at / 3600) for at in told] == [1, 3, 7]


def test_an_acknowledged_incident_that_swings_stays_acknowledged() -> None:
    story = Story()
    story.feed(*[W] * 40, *[C] * 40)
    assert story.book.acknowledge("k")
    assert story.feed(*([W] * 30 + [C] * 30) * 120) == []
    (incident,) = story.book.open_incidents()
    assert incident.acknowledged
    assert [what for _, what in story.feed(E)] == ["escalated"]


def test_what_was_told_is_remembered_over_a_restart() -> None:
    """Also of what had ended by then, which nobody restores."""
    before = Story()
    before.feed(*([N] * 40 + [W] * 40) * 20)
    after = IncidentBook(AlertPolicy())
    after.restore((), before.book.memory())
    told = []
    for second in range(1000):
        condition = Condition(key="k", subject="app", level=W)
        told += [each.what for each in after.update(5e5 + second, WALL, [condition], Quiet())]
    assert told == ["held"]


def test_an_emergency_waits_for_no_milder_banner() -> None:
    story = Story()
    assert story.feed(*[W] * 6, E, E) == [(4, "raised"), (6, "escalated")]


def test_two_emergencies_of_one_thing_are_ten_seconds_apart() -> None:
    story = Story(AlertPolicy(recovery_seconds=0))
    assert story.feed(E, N, *[E] * 20) == [
        (0, "raised"), (1, "resolved"), (2, "held"), (10, "raised")
    ]  # fmt: skip


def test_a_moment_is_told_at_once_and_passes_by_itself() -> None:
    story = Story()
    assert story.feed(W, is_moment=True) == [(0, "raised")]
    assert story.feed(*[N] * 59, is_moment=True) == []
    assert story.feed(N, is_moment=True) == [(60, "resolved")]


@pytest.mark.parametrize(
    "quiet",
    [
        Quiet(off=True),
        Quiet(all_until_wall_seconds=WALL + 50),
        Quiet(subject_until_wall_seconds={"app": WALL + 50}),
    ],
)
def test_what_is_not_to_be_heard_is_noted_with_its_reason_and_told_later(quiet: Quiet) -> None:
    story = Story(AlertPolicy(sustain_seconds=0))
    assert story.feed(*[W] * 49, quiet=quiet) == [(0, "held")]
    (incident,) = story.book.open_incidents()
    assert incident.notified_level is N
    assert story.feed(W) == [(49, "raised")]


def test_a_snooze_of_another_target_holds_nothing() -> None:
    story = Story(AlertPolicy(sustain_seconds=0))
    quiet = Quiet(subject_until_wall_seconds={"other": WALL + 50})
    assert story.feed(W, quiet=quiet) == [(0, "raised")]


def test_a_snooze_ends_by_the_clock() -> None:
    story = Story(AlertPolicy(sustain_seconds=0))
    quiet = Quiet(all_until_wall_seconds=WALL + 5)
    assert story.feed(*[W] * 8, quiet=quiet) == [(0, "held"), (5, "raised")]


def test_what_is_no_longer_judged_resolves_and_is_forgotten() -> None:
    book = IncidentBook(AlertPolicy(sustain_seconds=0))
    book.update(0, WALL, [Condition(key="k", subject="a", level=W)], Quiet())
    assert book.update(1, WALL + 1, [], Quiet()) == ()
    (announcement,) = book.update(31, WALL + 31, [], Quiet())
    assert announcement.what == "resolved"
    book.update(100, WALL + 100, [], Quiet())
    assert not book._entries


def test_incidents_are_listed_worst_first() -> None:
    book = IncidentBook(AlertPolicy(sustain_seconds=0))
    conditions = [Condition(key=level.label, subject="a", level=level) for level in (W, E, C)]
    book.update(0, WALL, conditions, Quiet())
    assert [incident.level for incident in book.open_incidents()] == [E, C, W]


def test_a_level_is_left_only_below_its_rearm_band() -> None:
    def level(share: float, current: Level) -> Level:
        return level_of_share(share, THRESHOLDS, 0.05, current)

    assert level(0.749, N) is N
    assert level(0.75, N) is W
    assert level(0.71, W) is W
    assert level(0.69, W) is N
    assert level(0.81, C) is C
    assert level(0.79, C) is W
    assert level(0.96, N) is E


def told_of(
    book: IncidentBook, second: float, *conditions: Condition, quiet: Quiet | None = None
) -> list[tuple[str, str, str]]:
    announced = book.update(second, WALL + second, conditions, quiet or Quiet())
    return [(each.incident.key, each.what, each.reason) for each in announced]


def of(key: str, level: Level = W, value: float | None = None, subject: str = "a") -> Condition:
    return Condition(key=key, subject=subject, level=level, value=value, has_lasted=True)


def test_banners_are_a_minute_apart_unless_the_level_is_higher() -> None:
    book = IncidentBook(AlertPolicy())
    limit_a, limit_b, limit_c = of("limit:a"), of("limit:b"), of("limit:c", C)
    assert told_of(book, 0, limit_a) == [("limit:a", "raised", "")]
    reason = "another notification is less than 60 s old"
    assert told_of(book, 1, limit_a, limit_b) == [("limit:b", "held", reason)]
    assert told_of(book, 2, limit_a, limit_b, limit_c) == [("limit:c", "raised", "")]
    for second in range(3, 62):
        assert told_of(book, second, limit_a, limit_b, limit_c) == []
    assert told_of(book, 62, limit_a, limit_b, limit_c) == [("limit:b", "raised", "")]


def test_what_is_clearly_worse_than_last_told_is_told_again_in_place() -> None:
    book = IncidentBook(AlertPolicy())
    assert told_of(book, 0, of("limit:a", value=1.0)) == [("limit:a", "raised", "")]
    for second in range(1, 100):
        assert told_of(book, second, of("limit:a", value=1.24)) == []
    assert told_of(book, 100, of("limit:a", value=1.26)) == [("limit:a", "worsened", "")]
    assert told_of(book, 101, of("limit:a", value=1.9)) == []


def test_growth_is_told_once_a_day_and_its_proof_once_more() -> None:
    book = IncidentBook(AlertPolicy())
    suspicion = replace(of("leak:a"), is_doubtful=True)
    reason = "the same alert was shown less than a day ago"
    assert told_of(book, 0, of("growth:a")) == [("growth:a", "raised", "")]
    for second in range(30, 3600, 30):
        told_of(book, second)
    assert told_of(book, 3600, of("growth:a")) == [("growth:a", "held", reason)]
    assert told_of(book, 3610, suspicion)[0] == ("leak:a", "held", reason)
    assert told_of(book, 3620, of("leak:a")) == [("leak:a", "raised", "")]
    for second in range(3630, 5000, 30):
        told_of(book, second)
    assert told_of(book, 5000, of("leak:a")) == [("leak:a", "held", reason)]
    for second in range(5030, 90_060, 30):
        told_of(book, second)
    assert told_of(book, 90_060, of("growth:a")) == [("growth:a", "raised", "")]


def test_the_next_run_of_a_program_may_be_told_to_leak_on_the_same_day() -> None:
    book = IncidentBook(AlertPolicy())
    assert told_of(book, 0, of("leak:a")) == [("leak:a", "raised", "")]
    (over,) = book.update(100, WALL + 100, (), Quiet(), ended={"leak:a", "growth:a"})
    assert over.what == "resolved"
    assert told_of(book, 200, of("leak:a")) == [("leak:a", "raised", "")]


def test_growth_that_gets_worse_by_a_level_is_told_all_the_same() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("growth:a"))
    assert told_of(book, 40, of("growth:a", C)) == [("growth:a", "escalated", "")]


def test_a_program_that_jumps_again_and_again_is_told_of_only_when_it_jumps_much_higher() -> None:
    book = IncidentBook(AlertPolicy())

    def jump(second: float, value: float) -> list[str]:
        condition = replace(of("spike:a", value=value), is_moment=True)
        told = told_of(book, second, condition)
        for later in range(30, 300, 30):
            told_of(book, second + later)
        return [what for _, what, _ in told]

    assert jump(0, 10.0) == ["raised"]
    assert jump(1000, 20.0) == ["held"]
    assert jump(2000, 41.0) == ["raised"]


def test_a_shortage_of_the_machine_is_told_in_place_of_what_makes_it() -> None:
    book = IncidentBook(AlertPolicy())
    pressure = Condition(key=PRESSURE_KEY, subject="system", level=C, has_lasted=True)
    assert told_of(book, 0, of("growth:a"), pressure) == [
        (PRESSURE_KEY, "raised", ""),
        ("growth:a", "held", "the alert about the whole machine covers it"),
    ]
    for second in range(1, 100):
        assert told_of(book, second, of("growth:a"), pressure) == []
    told = [each for second in range(100, 200) for each in told_of(book, second, of("growth:a"))]
    assert [(key, what) for key, what, _ in told] == [
        ("growth:a", "raised"),
        (PRESSURE_KEY, "resolved"),
    ]


def test_what_is_worse_than_the_shortage_is_told_all_the_same() -> None:
    book = IncidentBook(AlertPolicy(gap_seconds=0))
    pressure = Condition(key=PRESSURE_KEY, subject="system", level=C, has_lasted=True)
    assert [(key, what) for key, what, _ in told_of(book, 0, of("leak:a", E), pressure)] == [
        ("leak:a", "raised"),
        (PRESSURE_KEY, "raised"),
    ]


def test_what_was_acknowledged_is_told_again_only_when_the_level_rises() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("limit:a", value=1.0))
    assert book.acknowledge("limit:a")
    for second in range(1, 200):
        assert told_of(book, second, of("limit:a", value=2.0)) == []
    assert told_of(book, 200, of("limit:a", C, value=2.0)) == [("limit:a", "escalated", "")]
    assert not book.acknowledge("limit:b")


def test_after_a_gap_nobody_knows_until_it_is_judged_again() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("leak:a"))
    for second in range(3600, 4800):
        assert told_of(book, second) == []
        assert book.open_incidents()[0].phase == "unknown"
    assert told_of(book, 4800, of("leak:a")) == []
    (incident,) = book.open_incidents()
    assert (incident.phase, incident.notified_level) == ("active", W)


def test_what_is_not_found_again_after_a_gap_resolves() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("leak:a"))
    ends = [second for second in range(3600, 6000, 10) for _ in told_of(book, second)]
    assert ends == [5400]


def test_a_restart_of_memtray_does_not_tell_the_same_again() -> None:
    before = IncidentBook(AlertPolicy())
    told_of(before, 0, of("limit:a", C, value=0.9))
    after = IncidentBook(AlertPolicy())
    after.restore(before.open_incidents())
    for second in range(200):
        assert told_of(after, second, of("limit:a", C, value=0.9)) == []
    assert told_of(after, 200, of("limit:a", E, value=0.96)) == [("limit:a", "escalated", "")]


def test_what_has_ended_needs_no_recovery() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("leak:a"))
    (resolved,) = book.update(1, WALL + 1, [], Quiet(), ended=["leak:a"])
    assert (resolved.what, resolved.reason) == ("resolved", "a is no longer running")


def test_an_emergency_breaks_through_quiet_hours_but_not_through_off() -> None:
    hours = Quiet(in_quiet_hours=True, emergency_breaks_through=True)
    assert told_of(IncidentBook(AlertPolicy()), 0, of("k", E), quiet=hours)[0][1] == "raised"
    assert told_of(IncidentBook(AlertPolicy()), 0, of("k", C), quiet=hours) == [
        ("k", "held", "quiet hours are on")
    ]
    off = Quiet(off=True, emergency_breaks_through=True)
    assert told_of(IncidentBook(AlertPolicy()), 0, of("k", E), quiet=off)[0][1] == "held"


def test_one_incident_can_be_snoozed() -> None:
    quiet = Quiet(subject_until_wall_seconds={"leak:a": WALL + 50})
    book = IncidentBook(AlertPolicy(gap_seconds=0))
    assert told_of(book, 0, of("leak:a"), of("limit:a"), quiet=quiet) == [
        ("leak:a", "held", "alerts about leak:a are snoozed"),
        ("limit:a", "raised", ""),
    ]


@given(
    st.lists(
        st.tuples(st.floats(0.1, 59), st.sampled_from([N, W, C, E]), st.sampled_from([N, W, C])),
        max_size=120,
    )
)
def test_no_two_banners_of_one_level_are_closer_than_the_gap(
    ticks: list[tuple[float, Level, Level]],
) -> None:
    book = IncidentBook(AlertPolicy())
    now = 0.0
    banners: list[tuple[float, Level]] = []
    for step, first, second in ticks:
        now += step
        conditions = [of("leak:a", first), of("limit:b", second, subject="b")]
        banners += [
            (now, each.incident.level)
            for each in book.update(now, WALL + now, conditions, Quiet())
            if each.what in ("raised", "escalated", "worsened")
        ]
    for (before, low), (after, high) in pairwise(banners):
        assert high > low or high is E or after - before >= 60


KILL = Condition(
    key="oom:system:", subject="system", level=C, is_moment=True, is_pressing=True, title="killed"
)


def test_a_kill_waits_for_no_other_banner_and_no_shortage_stands_in_for_it() -> None:
    book = IncidentBook(AlertPolicy())
    pressure = Condition(key=PRESSURE_KEY, subject="system", level=E, has_lasted=True)
    assert told_of(book, 0, pressure) == [(PRESSURE_KEY, "raised", "")]
    assert told_of(book, 1, pressure, KILL) == [("oom:system:", "raised", "")]


def test_kills_that_go_on_are_told_at_growing_distances() -> None:
    book = IncidentBook(AlertPolicy())
    told = [
        second
        for second in range(0, 7200, 20)
        for _, what, _ in told_of(book, second, KILL)
        if what in ("raised", "worsened")
    ]
    assert told[:4] == [0, 20, 40, 80]
    assert len(told) <= 8


def test_a_snoozed_kill_mutes_no_shortage() -> None:
    quiet = Quiet(subject_until_wall_seconds={"oom:system": WALL + 3600})
    book = IncidentBook(AlertPolicy(gap_seconds=0))
    pressure = Condition(key=PRESSURE_KEY, subject="system", level=E, has_lasted=True)
    told = told_of(book, 0, pressure, KILL, quiet=quiet)
    assert [(key, what) for key, what, _ in told] == [
        (PRESSURE_KEY, "raised"),
        ("oom:system:", "held"),
    ]


def test_an_incident_that_is_resolved_by_hand_is_over_though_it_is_as_bad_as_before() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("limit:a", C))
    assert not book.resolve("limit:b")
    assert book.resolve("limit:a")
    (resolved,) = book.update(1, WALL + 1, [of("limit:a", C)], Quiet())
    assert (resolved.what, resolved.reason) == ("resolved", "marked as resolved")
    for second in range(2, 4000, 2):
        assert told_of(book, second, of("limit:a", W if second % 100 else C)) == []
    assert book.open_incidents() == ()
    assert told_of(book, 4000, of("limit:a", E)) == [("limit:a", "raised", "")]


def test_what_was_resolved_by_hand_is_raised_again_after_it_has_been_well() -> None:
    book = IncidentBook(AlertPolicy())
    told_of(book, 0, of("limit:a"))
    book.resolve("limit:a")
    for second in range(1, 10):
        told_of(book, second, of("limit:a"))
    kept = book.memory()
    after = IncidentBook(AlertPolicy())
    after.restore(book.open_incidents(), kept)
    for each in (book, after):
        for second in range(10, 100):
            assert told_of(each, second, of("limit:a")) == [], "also after a restart"
        for second in range(100, 140):
            told_of(each, second)
        assert [what for _, what, _ in told_of(each, 200, of("limit:a"))] == ["raised"]


def test_another_kill_of_a_program_is_another_incident_and_told_at_once() -> None:
    book = IncidentBook(AlertPolicy())
    first, second = (replace(KILL, key=f"oom:program:hog:{pid}") for pid in (1, 2))
    assert told_of(book, 0, first) == [("oom:program:hog:1", "raised", "")]
    assert told_of(book, 5, second) == [("oom:program:hog:2", "raised", "")]
    loop = [
        each
        for pid in range(3, 400)
        for each in told_of(book, 5 * pid, replace(KILL, key=f"oom:program:hog:{pid}"))
        if each[1] == "raised"
    ]
    assert len(loop) <= 4, "a program that is killed again and again"
