from __future__ import annotations

import pytest

from trayapp.domain.incidents import (
    AlertPolicy,
    Announcement,
    Condition,
    IncidentBook,
    Quiet,
    level_of_share,
)
from trayapp.domain.levels import Level

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
        return self.book.fold(self.second, WALL + self.second, [condition], quiet)


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


def test_the_end_is_announced_and_the_next_time_is_told_again_after_the_cooldown() -> None:
    story = Story()
    assert story.feed(*[W] * 6, N) == [(4, "raised"), (6, "resolved")]
    assert story.feed(*[W] * 80) == [(11, "held"), (64, "raised")]


def test_getting_better_is_silent_and_worse_again_is_news() -> None:
    story = Story(AlertPolicy(sustain_seconds=0))
    assert story.feed(C, *[W] * 40) == [(0, "raised")]
    assert story.feed(C) == [(41, "escalated")]


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
    book.fold(0, WALL, [Condition(key="k", subject="a", level=W)], Quiet())
    (announcement,) = book.fold(1, WALL + 1, [], Quiet())
    assert announcement.what == "resolved"
    book.fold(100, WALL + 100, [], Quiet())
    assert not book._entries


def test_incidents_are_listed_worst_first() -> None:
    book = IncidentBook(AlertPolicy(sustain_seconds=0))
    conditions = [Condition(key=level.label, subject="a", level=level) for level in (W, E, C)]
    book.fold(0, WALL, conditions, Quiet())
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
