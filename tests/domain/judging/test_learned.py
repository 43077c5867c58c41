"""What is usual by hour of the week: quiet within, told above, never in the way of a leak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.domain.building import MIB, frame, target
from tests.domain.judging.advice.building import leaking
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.judges import TARGET_JUDGES
from trayapp.domain.judging.judges.leak import Leak
from trayapp.domain.judging.judges.protocol import TargetCase
from trayapp.domain.judging.judges.unusual import HOLD_SECONDS, Unusual
from trayapp.domain.judging.learned import HOURS, Learned, Usual, from_text, hour_of_week, learn
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level

MONDAY = 4 * 86_400.0
"""5 January 1970, at midnight."""


def two_weeks(busy_mib: float = 500.0) -> Iterator[tuple[float, float, float]]:
    """100 MiB at night, much more from nine to five on weekdays; a sample in each quarter."""
    for quarter in range(14 * 96):
        at = MONDAY + 900.0 * quarter
        is_busy = (quarter // 96) % 7 < 5 and 9 <= (quarter // 4) % 24 < 17
        size = (busy_mib if is_busy else 100.0) * MIB
        yield at, 0.9 * size, size


def test_the_hour_of_the_week_is_that_of_the_local_clock() -> None:
    assert hour_of_week(MONDAY, 0.0) == 0
    assert hour_of_week(MONDAY + 3600 * 26.5, 0.0) == 26
    assert hour_of_week(MONDAY, -3600.0) == HOURS - 1


def test_each_hour_has_its_own_range_and_begins_a_little_before() -> None:
    learned = learn(two_weeks(), 0.0)
    night, morning, noon = learned.usual(3), learned.usual(8), learned.usual(12)
    assert night and morning and noon
    assert night.high_bytes == pytest.approx(110 * MIB, rel=0.01)
    assert morning.high_bytes == noon.high_bytes == pytest.approx(550 * MIB, rel=0.01)
    assert noon.low_bytes == pytest.approx(450 * MIB, rel=0.01)
    assert learned.usual(5 * 24 + 12) == night  # Saturday


def test_it_takes_less_than_a_kilobyte_and_comes_back_as_it_was() -> None:
    learned = learn(two_weeks(), 0.0)
    assert len(learned.as_text()) <= 1024
    again = from_text(learned.as_text())
    assert [again.usual(hour) for hour in range(HOURS)] == [
        learned.usual(hour) for hour in range(HOURS)
    ]


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "é"])
def test_a_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_text(text)


def test_an_hour_without_samples_is_unknown() -> None:
    learned = learn([(MONDAY + 3600 * 10, 5.0, 9.0)], 0.0)
    assert learned.known_hours == 3
    assert learned.usual(20) is None


def case_of(
    size_mib: float, second: float, usual: Usual | None, *, told: bool = False
) -> TargetCase:
    view = TargetView(name="web", pids=(1,), rss_bytes=round(size_mib * MIB))
    return TargetCase(
        frame=frame(second),
        rules=MonitorRules(),
        judged_level=lambda _key: Level.WARNING if told else Level.NORMAL,
        rule=TargetRule(name="web"),
        view=view,
        growth=None,
        spike=None,
        usual=usual,
    )


USUAL = Usual(80 * MIB, 110 * MIB)


def test_what_is_well_above_the_usual_for_five_minutes_is_told() -> None:
    judge = Unusual()
    assert judge.judge(case_of(300, 0, USUAL)) is None
    found = judge.judge(case_of(300, HOLD_SECONDS, USUAL))
    assert found is not None
    assert found.key == "unusual:web"
    assert "usually 80.0 MiB to 110 MiB" in found.body
    assert judge.judge(case_of(130, HOLD_SECONDS + 1, USUAL, told=True)) is not None
    assert judge.judge(case_of(105, HOLD_SECONDS + 2, USUAL, told=True)) is None


@pytest.mark.parametrize("usual", [None, Usual(80 * MIB, 280 * MIB)])
def test_what_is_usual_or_unknown_is_not_told(usual: Usual | None) -> None:
    judge = Unusual()
    for second in (0, HOLD_SECONDS, 2 * HOLD_SECONDS):
        assert judge.judge(case_of(300, second, usual)) is None


def told(learned: dict[str, Learned], sizes_mib: list[float], limit_mib: float = 4000) -> set[str]:
    """Return what kinds of incidents a minute of samples leads to."""
    rule = TargetRule(name="web", limit_bytes=round(limit_mib * MIB))
    monitor = Monitor(MonitorRules(targets=(rule,), tells_growth_early=True))
    monitor.set_learned(learned, 0.0)
    keys = set()
    for second, size in enumerate(sizes_mib):
        outcome = monitor.judge_frame(frame(float(second), target("web", size)), QUIET)
        keys |= {incident.key.partition(":")[0] for incident in outcome.view.incidents}
    return keys


QUIET = Quiet()
WIDE = {"web": learn([(MONDAY + 3600.0 * hour, 1.0, 3000.0 * MIB) for hour in range(HOURS)], 0.0)}
GROWING = [100.0 + 2 * second for second in range(90)]


def test_growth_and_jumps_within_the_usual_are_quiet() -> None:
    assert told({}, GROWING) == {"growth"}
    assert told(WIDE, GROWING) == set()
    jump = [100.0] * 20 + [400.0] * 20
    assert told({}, jump) == {"spike"}
    assert told(WIDE, jump) == set()


def test_a_limit_is_reported_however_usual_it_is() -> None:
    near = [330.0] * 30
    assert told(WIDE, near, limit_mib=350) == {"limit"}


def test_a_proven_leak_is_reported_however_usual_it_is() -> None:
    judge_keys = [judge.key for judge in TARGET_JUDGES]
    assert judge_keys.index("leak") < judge_keys.index("unusual")
    found = Leak().judge(leaking_case())
    assert found is not None


def leaking_case() -> TargetCase:
    case = case_of(300, 0, Usual(1, 3000 * MIB))
    verdict = leaking()
    return replace(case, view=replace(case.view, leak=replace(verdict, rate_bytes_per_second=1e5)))
