"""What Memtray does by itself: only what was asked for, seldom enough, and not in vain again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import MIB
from trayapp.domain.acting.action_policy import ActionPolicy, added_actions
from trayapp.domain.acting.actions import (
    HOUR_SECONDS,
    LASTING_SECONDS,
    ActionKeeper,
    Decision,
)
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event

WALL = 1_700_000_000.0
W, C, E = Level.WARNING, Level.CRITICAL, Level.EMERGENCY
CLEAN = ActionPolicy(actions={"app": {W: ("cleanup",), C: ("cleanup",), E: ("cleanup",)}})


def app(size_mib: float | None = 100.0, name: str = "app") -> TargetView:
    if size_mib is None:
        return TargetView(name=name)
    return TargetView(
        name=name,
        pids=(100,),
        keys=(ProcessKey(100, 5),),
        rss_bytes=round(size_mib * MIB),
    )


def transition(second: float = 0.0, level: Level = W, **changes: object) -> Transition:
    made = Transition(
        kind="raised",
        key="limit:app",
        subject="app",
        level=level,
        title="app is near its limit",
        body="",
        since_wall_seconds=WALL,
        wall_seconds=WALL + second,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Story:
    """A keeper whose target has a size and whose clock is turned by hand."""

    def __init__(self, policy: ActionPolicy = CLEAN) -> None:
        self.keeper = ActionKeeper()
        self.policy = policy
        self.events: list[Event] = []

    def decide(
        self, second: float, size_mib: float | None = 100.0, **changes: object
    ) -> tuple[Decision, ...]:
        targets = [app(size_mib)]
        self.events += self.keeper.follow_up(second, WALL + second, targets)
        told = transition(second, **changes)  # type: ignore[arg-type]
        return self.keeper.decide(second, told, targets, self.policy)

    def refusal(
        self, second: float, size_mib: float | None = 100.0, **changes: object
    ) -> str | None:
        (decision,) = self.decide(second, size_mib, **changes)
        return decision.refusal

    def look(self, second: float, size_mib: float | None) -> None:
        self.events += self.keeper.follow_up(second, WALL + second, [app(size_mib)])

    def end(self, second: float) -> None:
        assert self.decide(second, kind="resolved") == ()


def test_nothing_is_done_unless_it_was_asked_for() -> None:
    assert Story(ActionPolicy()).decide(0) == ()
    assert Story(ActionPolicy(actions={"app": {C: ("cleanup",)}})).decide(0, level=W) == ()
    assert Story(ActionPolicy(actions={"web": {W: ("cleanup",)}})).decide(0) == ()


def test_a_decision_tells_what_it_knew() -> None:
    (decision,) = Story().decide(3, level=C)
    assert decision == Decision(
        action="cleanup",
        target="app",
        incident="limit:app",
        level=C,
        wall_seconds=WALL + 3,
        refusal=None,
        hour_count=1,
        per_hour=4,
        before_bytes=100 * MIB,
        processes=(ProcessKey(100, 5),),
    )
    event = decision.as_event()
    assert (event.kind, event.subject, event.wall_seconds) == ("action", "app", WALL + 3)
    assert (
        event.text
        == "app: automatic action (freeing memory) at level critical; 1 of at most 4 per hour."
    )
    assert event.data["outcome"] == "begun"
    assert event.data["before_bytes"] == 100 * MIB


def test_what_shows_how_it_was_comes_first_and_what_ends_it_last() -> None:
    order = ("snapshot", "collect", "cleanup", "restart", "terminate")
    actions = {"app": {W: order[::-1]}}
    story = Story(ActionPolicy(actions=actions, may_terminate=True))
    assert tuple(each.action for each in story.decide(0)) == order
    assert all(each.as_event().text for each in story.decide(0))


def test_nothing_is_ended_without_the_phrase() -> None:
    story = Story(ActionPolicy(actions={"app": {W: ("terminate",)}}))
    assert story.refusal(0) == "terminate_phrase is not set in the settings"
    story.policy = replace(story.policy, may_terminate=True)
    assert story.refusal(1) is None


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("leak-of-application:app", "app"),
        ("pressure", "system"),
        ("limit:app", "web"),
        ("limit:", ""),
        ("app", "app"),
    ],
)
def test_only_incidents_about_the_target_itself_count(key: str, subject: str) -> None:
    """Any program can call itself as a target is called."""
    assert Story().decide(0, key=key, subject=subject) == ()


def test_what_does_not_run_is_neither_cleaned_nor_ended() -> None:
    both = {"app": {W: ("collect", "cleanup", "restart", "terminate")}}
    story = Story(ActionPolicy(actions=both, may_terminate=True))
    assert {each.refusal for each in story.decide(0, None)} == {"it is not running"}


def test_a_snapshot_is_also_of_what_has_ended() -> None:
    assert Story(ActionPolicy(actions={"app": {W: ("snapshot",)}})).refusal(0, None) is None


def test_an_effect_is_waited_for() -> None:
    story = Story()
    assert story.refusal(0, 100) is None
    assert story.refusal(30, 60, level=C) == "waiting for the effect of the one 30 s ago"
    assert story.refusal(61, 60, level=E) is None
    assert story.events == []


def test_what_did_not_last_is_told_and_not_repeated_for_that_incident() -> None:
    story = Story()
    assert story.refusal(0, 100) is None
    story.look(30, 50)
    story.look(LASTING_SECONDS, 95)
    (event,) = story.events
    assert event.text == (
        "app: 60 s after freeing memory it uses 95.0 MiB, 95% of what it used before;"
        " not repeated for this incident."
    )
    assert event.data["outcome"] == "did_not_last"
    assert event.data["later_bytes"] == 95 * MIB
    refusal = story.refusal(70, 100, level=C)
    assert refusal is not None
    assert refusal.startswith("it did not help before (app: 60 s after")
    assert story.refusal(80, key="leak:app") is None, "another incident"


def test_what_lasted_may_be_repeated() -> None:
    story = Story()
    assert story.refusal(0, 100) is None
    story.look(60, 94.9)
    assert story.events == []
    assert story.refusal(70, 120, level=C) is None


def test_what_is_back_within_the_hour_is_the_same_incident() -> None:
    story = Story()
    assert story.refusal(0, 100) is None
    story.end(20)
    story.look(60, 100)
    assert story.refusal(70) is not None
    story.end(80)
    assert story.refusal(80 + HOUR_SECONDS - 1) is not None
    story.end(5000)
    assert story.refusal(5000 + HOUR_SECONDS) is None


def test_what_ended_lasts() -> None:
    story = Story(ActionPolicy(actions={"app": {W: ("terminate",)}}, may_terminate=True))
    assert story.refusal(0) is None
    story.look(60, None)
    assert story.events == []


def test_what_failed_is_not_tried_again_for_that_incident() -> None:
    story = Story()
    (decision,) = story.decide(0)
    story.keeper.note_failure(decision, "Linux gives no permission.")
    refusal = story.refusal(5, level=C)
    assert refusal == "it did not help before (Linux gives no permission)"
    story.look(60, 100)
    assert story.events == []


def test_a_snapshot_that_failed_is_tried_again() -> None:
    story = Story(ActionPolicy(actions={"app": {W: ("snapshot",), C: ("snapshot",)}}))
    (decision,) = story.decide(0)
    story.keeper.note_failure(decision, "No space left on device")
    assert story.refusal(5, level=C) is None


def test_the_hours_count_is_full() -> None:
    story = Story(replace(CLEAN, per_hour=2))
    assert story.refusal(0, 100) is None
    assert story.refusal(100, 80) is None
    assert story.refusal(200, 60) == "the limit of 2 per hour is reached"
    assert story.refusal(HOUR_SECONDS - 0.1, 60) is not None
    assert story.refusal(HOUR_SECONDS, 60) is None


def test_a_restart_does_not_begin_to_count_anew() -> None:
    before = Story(replace(CLEAN, per_hour=2))
    kept = [each.as_event() for each in before.decide(0, 100) + before.decide(100, 80)]
    before.look(160, 80)
    story = Story(before.policy)
    story.keeper.remember(7.0, WALL + 200, kept + before.events)
    refusal = story.refusal(8, 80)
    assert refusal is not None
    assert refusal.startswith("it did not help before")
    assert story.refusal(9, 80, key="leak:app") is not None, "two within the hour"
    assert story.refusal(7.0 + HOUR_SECONDS - 201, 80, key="leak:app") is not None
    assert story.refusal(7.0 + HOUR_SECONDS - 199, 80, key="leak:app") is None


def test_what_the_history_holds_is_not_trusted() -> None:
    keeper = ActionKeeper()
    odd: list[Mapping[str, str | int | None]] = [{}, {"outcome": "begun"}, {"outcome": 3}]
    keeper.remember(0.0, WALL, [Event(wall_seconds=WALL, kind="action", data=data) for data in odd])
    (decision,) = keeper.decide(0.0, transition(), [app()], CLEAN)
    assert decision.refusal is None


STEPS = st.lists(
    st.tuples(
        st.floats(0, 2000, allow_nan=False),
        st.sampled_from(["raised", "escalated", "resolved", "look", "failed", "restart"]),
        st.sampled_from([W, C, E]),
        st.sampled_from(["limit:app", "leak:app", "limit:web", "growth:web"]),
        st.none() | st.floats(1, 500),
    ),
    max_size=80,
)


@given(STEPS, st.integers(1, 5))
def test_no_story_exceeds_the_hours_bound(
    steps: list[tuple[float, str, Level, str, float | None]], per_hour: int
) -> None:
    """Whatever happens, and across restarts: in no stretch of an hour more than the bound."""
    every = dict.fromkeys([W, C, E], ("cleanup", "snapshot", "collect", "restart", "terminate"))
    policy = ActionPolicy(
        actions={"app": every, "web": every}, per_hour=per_hour, may_terminate=True
    )
    keeper = ActionKeeper()
    now = 0.0
    done: dict[tuple[str, str], list[float]] = {}
    events: list[Event] = []
    latest: list[Decision] = []
    for pause, kind, level, key, size_mib in steps:
        now += pause
        name = key.partition(":")[2]
        targets = [app(size_mib, "app"), app(size_mib, "web")]
        events += keeper.follow_up(now, WALL + now, targets)
        if kind == "restart":
            keeper = ActionKeeper()
            keeper.remember(now, WALL + now, events)
        elif kind == "failed" and latest:
            keeper.note_failure(latest[-1], "no")
        elif kind in ("raised", "escalated", "resolved"):
            told = transition(now, level, kind=kind, key=key, subject=name)
            decisions = keeper.decide(now, told, targets, policy)
            events += [decision.as_event() for decision in decisions]
            latest = [decision for decision in decisions if decision.refusal is None]
            for decision in latest:
                done.setdefault((decision.target, decision.action), []).append(now)
    for times in done.values():
        for first, beyond in zip(times, times[per_hour:], strict=False):
            assert beyond - first >= HOUR_SECONDS - 1e-5


BOTH = ActionPolicy(
    actions={"app": {W: ("snapshot",), C: ("snapshot", "restart"), E: ("collect",)}}
)


def test_what_is_to_be_done_at_a_level_that_was_jumped_over_is_done_too() -> None:
    decisions = Story(BOTH).decide(0, level=E, levels=(W, C, E))
    assert [(each.level, each.action, each.refusal) for each in decisions] == [
        (W, "snapshot", None),
        (C, "snapshot", "it already ran at level warning"),
        (C, "restart", None),
        (E, "collect", None),
    ]


class Late(Story):
    """A story whose policy changes while an incident is open."""

    def adopt(
        self,
        second: float,
        policy: ActionPolicy,
        level: Level = E,
        keys: tuple[str, ...] = (),
        **more: object,
    ) -> list[tuple[str, Level, str | None]]:
        before, self.policy = self.policy, policy
        incident = Incident(
            key="limit:app", subject="app", level=level, title="", body="", since_wall_seconds=WALL
        )
        incidents = [replace(incident, **more)]  # type: ignore[arg-type]
        added = added_actions(before, policy, incidents, keys)
        decisions = self.keeper.catch_up(second, WALL + second, added, [app()], policy)
        return [(each.action, each.level, each.refusal) for each in decisions]


SNAP = ActionPolicy(actions={"app": {E: ("snapshot",)}})


def test_what_is_added_while_its_level_is_reached_is_done_at_once_and_once() -> None:
    story = Late(ActionPolicy())
    assert story.adopt(0, SNAP) == [("snapshot", E, None)]
    assert story.adopt(1, replace(SNAP, per_hour=5)) == [], "it was asked for before"


def test_what_is_added_to_a_level_that_is_not_reached_waits_for_it() -> None:
    assert Late(ActionPolicy()).adopt(0, SNAP, level=C) == []
    assert Late(ActionPolicy()).adopt(0, SNAP, phase="recovering") == []
    assert Late(ActionPolicy()).adopt(0, SNAP, key="pressure", subject="system") == []
    assert Late(ActionPolicy()).adopt(0, SNAP, keys=("limit:app",)) == [], "decided in that tick"


def test_what_ends_a_program_is_not_done_by_writing_it_down() -> None:
    policy = ActionPolicy(
        actions={"app": {C: ("restart",), E: ("snapshot", "terminate", "cleanup")}},
        may_terminate=True,
    )
    late = "level {} was reached before it was added; it runs at the next incident"
    assert Late(ActionPolicy()).adopt(0, policy) == [
        ("restart", C, late.format("critical")),
        ("snapshot", E, None),
        ("cleanup", E, None),
        ("terminate", E, late.format("emergency")),
    ]


def test_of_two_levels_what_is_added_is_done_once() -> None:
    both = ActionPolicy(actions={"app": {E: ("collect",), W: ("collect",)}})
    assert Late(ActionPolicy()).adopt(0, both) == [
        ("collect", W, None),
        ("collect", E, "it already ran at level warning"),
    ]


class Waiting(Story):
    """A story with an incident that stays open."""

    def wait(self, second: float, level: Level = C, size_mib: float = 200) -> tuple[Decision, ...]:
        self.look(second, size_mib)
        incident = Incident(
            key="limit:app", subject="app", level=level, title="", body="", since_wall_seconds=WALL
        )
        targets = [app(size_mib)]
        return self.keeper.retry(second, WALL + second, [incident], targets, self.policy)


def test_what_cannot_be_done_yet_is_done_when_it_can() -> None:
    story = Waiting(replace(CLEAN, per_hour=1))
    assert story.refusal(0, 200) is None
    assert story.refusal(10, 150, level=C) == "waiting for the effect of the one 10 s ago"
    assert story.wait(30) == ()
    assert story.wait(61, size_mib=180) == (), "the hour's one is spent"
    (late,) = story.wait(HOUR_SECONDS + 1, size_mib=180)
    assert (late.level, late.refusal) == (C, None)
    assert story.wait(HOUR_SECONDS + 2) == ()


def test_what_waits_is_done_only_while_it_is_as_bad_as_that() -> None:
    story = Waiting()
    assert story.refusal(0, 200) is None
    assert story.refusal(10, 150, level=C) is not None
    assert story.wait(100, level=W, size_mib=100) == ()
    story.end(110)
    assert story.wait(120, size_mib=100) == ()


def test_what_turns_out_to_be_in_vain_is_noted_and_waited_for_no_longer() -> None:
    story = Waiting()
    assert story.refusal(0, 200) is None
    assert story.refusal(10, 150, level=C) is not None
    (never,) = story.wait(60)
    assert never.refusal is not None
    assert never.refusal.startswith("it did not help before")
    assert story.wait(61) == ()
