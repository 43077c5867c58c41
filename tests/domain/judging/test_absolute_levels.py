"""Levels by amounts: bytes left, bytes in use, bytes per second, and the score of a leak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.building import HASTY, MIB, TOTAL_BYTES, frame, target
from trayapp.applet.rules import monitor_rules
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.absolute_levels import growth_level, level_above
from trayapp.domain.judging.alerting import AlertPolicy, Quiet
from trayapp.domain.judging.judges.growth import growth_text
from trayapp.domain.judging.judges.pressure import pressure_level
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.levels import NO_AMOUNTS, Amounts, Level
from trayapp.domain.records.samples import SystemSample
from trayapp.errors import SettingsError
from trayapp.language.units import use_units
from trayapp.settings.parsing import parse_settings

N, W, C, E = Level.NORMAL, Level.WARNING, Level.CRITICAL, Level.EMERGENCY
SHARES = {W: 0.999, C: 0.9995, E: 0.9999}
LEFT = Amounts(warning=500e6, critical=250e6, emergency=100e6)
SIZES = Amounts(warning=1000e6, critical=1200e6, emergency=1500e6)


def left(available_bytes: float, total_bytes: float = 64e9, swap: int = 0) -> SystemSample:
    return SystemSample(
        total_bytes=round(total_bytes), available_bytes=round(available_bytes),
        swap_total_bytes=swap, swap_used_bytes=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("available", "current", "expected"),
    [
        (501e6, N, N), (499e6, N, W), (249e6, N, C), (99e6, N, E),
        (540e6, W, W), (551e6, W, N), (270e6, C, C), (280e6, C, W),
    ],
)  # fmt: skip
def test_little_memory_left_is_a_shortage_however_small_its_share(
    available: float, current: Level, expected: Level
) -> None:
    assert pressure_level(left(available), SHARES, 0.0, 10.0, current, LEFT) is expected


def test_free_swap_holds_an_emergency_by_amount_back_and_small_machines_have_none() -> None:
    with_swap = left(90e6, swap=8_000_000_000)
    assert pressure_level(with_swap, SHARES, 0.0, 10.0, N, LEFT) is C
    small = left(300e6, total_bytes=512e6)
    assert pressure_level(small, SHARES, 0.0, 10.0, N, LEFT) is N


def outcome_of(rules: MonitorRules, samples: Iterable[TargetSample | None], **rest: Any) -> Any:
    monitor = Monitor(rules)
    outcomes = [
        monitor.judge_frame(
            frame(float(second), *([] if each is None else [each]), **rest), Quiet()
        )
        for second, each in enumerate(samples)
    ]
    sent = [one for each in outcomes for one in each.announcements if one.what != "held"]
    return outcomes[-1].view, [one.incident for one in sent]


def test_a_shortage_by_amount_says_what_is_left_and_below_what() -> None:
    rules = MonitorRules(
        thresholds={W: 0.98, C: 0.99, E: 0.999}, available=Amounts(warning=500 * MIB)
    )
    share = 1 - 480 * MIB / TOTAL_BYTES
    view, incidents = outcome_of(rules, [None] * 8, used_share=share)
    assert view.system_level is W
    assert [one.level for one in incidents] == [W]
    assert "Less than 500 MiB available." in incidents[0].body


def test_a_target_is_told_at_sizes_of_its_own_or_of_all() -> None:
    own = TargetRule(name="web", match="x", sizes=SIZES)
    policy = AlertPolicy(gap_seconds=0.0, sustain_seconds=2.0)
    sizes = [each for each in (900e6, 1010e6, 1250e6, 1600e6) for _ in range(90)]
    samples = [target("web", size / MIB) for size in sizes]
    for rules in (
        MonitorRules(targets=(own,), policy=policy, tells_growth=False, tells_spikes=False),
        MonitorRules(
            targets=(TargetRule(name="web", match="x"),), policy=policy, target_sizes=SIZES,
            tells_growth=False, tells_spikes=False,
        ),
    ):  # fmt: skip
        view, incidents = outcome_of(rules, samples)
        assert [one.level for one in incidents] == [W, C, E]
        assert {one.key for one in incidents} == {"size:web"}
        assert incidents[0].body.startswith("Using 963 MiB, above 954 MiB.")
        assert incidents[2].body.startswith("Using 1.49 GiB, above 1.40 GiB.")
        assert view.targets[0].level is E
    off = TargetRule(name="web", match="x", sizes=NO_AMOUNTS)
    rules = MonitorRules(targets=(off,), target_sizes=SIZES, tells_growth=False, tells_spikes=False)
    assert outcome_of(rules, samples)[1] == []


@pytest.mark.parametrize(
    ("rate", "seconds", "alone", "expected"),
    [
        (0.5e6, None, True, W), (1e6, None, True, W), (5e6, None, True, C), (11e6, None, True, E),
        (11e6, 86_400.0, False, W), (11e6, 500.0, False, E), (6e6, 500.0, False, C),
        (11e6, 3000.0, False, C), (6e6, 3000.0, False, C), (2e6, 3000.0, False, W),
        (2e6, 500.0, False, C), (11e6, None, False, W),
    ],
)  # fmt: skip
def test_growth_is_as_bad_as_its_rate_alone_only_where_that_is_asked_for(
    rate: float, seconds: float | None, alone: bool, expected: Level
) -> None:
    rates = MonitorRules().rates
    assert growth_level(rate, seconds, rates, alone=alone) is expected


def test_the_rate_that_is_crossed_has_the_units_of_the_figures() -> None:
    view = TargetView(name="web", rss_bytes=10**9, slope_bytes_per_second=6e6)
    use_units("decimal")
    try:
        _title, body = growth_text(view, 60.0, 10**8, 5e6)
    finally:
        use_units("binary")
    assert "(6.00 MB/s)" in body
    assert body.endswith("Faster than 5.00 MB/s.")


def test_a_quick_growth_is_told_with_its_level_and_the_rate_it_is_above() -> None:
    samples = [target("web", 100 + 6e6 / MIB * second) for second in range(60)]
    rules = MonitorRules(targets=(TargetRule(name="web", match="x"),), rates_alone=True)
    view, incidents = outcome_of(rules, samples)
    growth = [one for one in incidents if one.key == "growth:web"]
    assert [one.level for one in growth] == [C]
    assert "Faster than 4.77 MiB/s." in growth[0].body
    assert view.targets[0].rate_level is C


def test_a_jump_by_amount_is_told_whatever_the_size_before() -> None:
    text = '[spike]\nby = "amount"\namount = "5MB"\n[[targets]]\nname = "web"\nmatch = "x"\n'
    rules = monitor_rules(parse_settings(text, "f"))
    samples = [target("web", 900.0)] * 10 + [target("web", 900.0 + 5.1e6 / MIB)] * 4
    assert [one.key for one in outcome_of(rules, samples)[1]] == ["spike:web"]
    less = [target("web", 900.0)] * 10 + [target("web", 900.0 + 4.9e6 / MIB)] * 4
    assert outcome_of(rules, less)[1] == []
    by_percent = monitor_rules(parse_settings(text.replace('by = "amount"\n', ""), "f"))
    assert outcome_of(by_percent, samples)[1] == []


def test_the_level_of_a_leak_is_its_score_where_that_is_asked_for() -> None:
    text = '[leak]\nlevels = "score"\n[[targets]]\nname = "web"\nmatch = "x"\n'
    rules = monitor_rules(parse_settings(text, "f"))
    assert [amount for _, amount in rules.leak_scores] == [0.5, 0.7, 0.9]
    assert monitor_rules(parse_settings("", "f")).leak_scores == NO_AMOUNTS
    samples = [target("web", 40 + 0.007 * second) for second in range(3600)]
    view, incidents = outcome_of(replace(rules, leaks=HASTY), samples)
    leaks = [one for one in incidents if one.key == "leak:web"]
    assert [one.level for one in leaks][:2] == [W, C]
    assert "Certainty 5" in leaks[0].body
    assert "above 50%" in leaks[0].body.replace(" %", "%")
    assert view.targets[0].level is level_above(view.targets[0].leak.score, rules.leak_scores)


def test_settings_are_taken_as_they_are_written() -> None:
    text = (
        '[alerts]\nwarning_available = "2G"\ncritical_available = "1G"\ntarget_warning = "1000MB"\n'
        '[growth]\nwarning_mb_per_second = 2\n[[targets]]\nname = "a"\nmatch = "x"\n'
        'warning_size = "0"\ncritical_size = "1200MB"\n[[targets]]\nname = "b"\nmatch = "y"\n'
    )
    rules = monitor_rules(parse_settings(text, "f"))
    assert rules.available == Amounts(warning=2 * 1024 * MIB, critical=1024 * MIB)
    assert rules.targets[0].sizes == Amounts(critical=1_200_000_000)
    assert rules.targets[1].sizes == Amounts(warning=1_000_000_000)
    assert rules.rates == Amounts(warning=2e6, critical=5e6, emergency=10e6)
    assert monitor_rules(parse_settings("", "f")).available == Amounts(warning=500 * MIB)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ('[alerts]\ncritical_available = "600M"', "alerts.critical_available"),
        ('[alerts]\ntarget_warning = "2G"\ntarget_emergency = "1G"', "alerts.target_emergency"),
        ("[growth]\ncritical_mb_per_second = 1", "growth.critical_mb_per_second"),
        ("[leak]\nemergency_percent = 60", "leak.emergency_percent"),
        (
            '[[targets]]\nname = "a"\nmatch = "x"\nwarning_size = "2G"\ncritical_size = "1G"',
            "targets.critical_size (target 1",
        ),
    ],
)
def test_levels_in_the_wrong_order_are_refused(text: str, setting: str) -> None:
    with pytest.raises(SettingsError, match=r"write a (larger|smaller) one") as refused:
        parse_settings(text, "f")
    assert setting in str(refused.value)
