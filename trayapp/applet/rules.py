"""From settings to the records that the domain and the history work by."""

from __future__ import annotations

import os
from pathlib import Path

from trayapp.dataclass import fields
from trayapp.domain.grouping.expressions import compile_expression
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.advice.policy import AdvicePolicy
from trayapp.domain.judging.alerting import AlertPolicy
from trayapp.domain.judging.application_history import HistoryRule
from trayapp.domain.judging.exceptions import read_exceptions
from trayapp.domain.judging.growth_tracker import GrowthRule, SpikeRule
from trayapp.domain.judging.leaks import LeakSettings
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.own_budget import Budget
from trayapp.domain.records.levels import NO_AMOUNTS, Amounts, Level
from trayapp.history.writer import Retention
from trayapp.settings.records import Settings, TargetSettings


def monitor_rules(settings: Settings) -> MonitorRules:
    """Return how frames are judged under these settings."""
    alerts, growth, spike = settings.alerts, settings.growth, settings.spike
    return MonitorRules(
        targets=target_rules(settings),
        thresholds={
            Level.WARNING: alerts.warning_percent / 100,
            Level.CRITICAL: alerts.critical_percent / 100,
            Level.EMERGENCY: alerts.emergency_percent / 100,
        },
        available=_amounts(
            alerts.warning_available_bytes,
            alerts.critical_available_bytes,
            alerts.emergency_available_bytes,
        ),
        target_sizes=_target_sizes(settings),
        rearm_share=alerts.rearm_percent / 100,
        stall_percent=alerts.stall_percent,
        growth=GrowthRule(
            threshold_bytes_per_second=growth.threshold_bytes_per_second,
            hold_seconds=growth.hold_seconds,
            sample_count=growth.samples,
            minimum_bytes=growth.minimum_bytes,
        ),
        rates=Amounts(
            warning=growth.warning_bytes_per_second,
            critical=growth.critical_bytes_per_second,
            emergency=growth.emergency_bytes_per_second,
        ),
        rates_alone=growth.rate_alone,
        tells_growth_early=growth.early,
        leak_scores=_leak_scores(settings),
        tells_growth=growth.enabled,
        spike=SpikeRule(
            share=spike.percent / 100,
            minimum_bytes=spike.minimum_bytes,
            amount_bytes=spike.amount_bytes if spike.by == "amount" else None,
        ),
        tells_spikes=spike.enabled,
        leaks=_leak_settings(settings),
        judges_others=settings.leak.others,
        checks_staleness=settings.leak.staleness,
        history=HistoryRule(
            enabled=settings.history.applications,
            floor_bytes=settings.history.applications_floor_bytes,
        ),
        policy=AlertPolicy(
            sustain_seconds=alerts.sustain_seconds,
            recovery_seconds=alerts.recovery_seconds,
            gap_seconds=alerts.gap_seconds,
            cooldown_seconds={
                Level.WARNING: alerts.warning_cooldown_seconds,
                Level.CRITICAL: alerts.critical_cooldown_seconds,
                Level.EMERGENCY: alerts.emergency_cooldown_seconds,
            },
            exceptions=read_exceptions(alerts.exceptions),
        ),
        bar_span_seconds=settings.icon.span_seconds,
        slow_values_seconds=settings.sampling.private_seconds,
        sections=tuple(getattr(settings, each.name) for each in fields(settings)),
    )


def advice_policy(settings: Settings) -> AdvicePolicy:
    """Return what advice may be followed automatically under these settings."""
    advice = settings.advice
    return AdvicePolicy(
        apply=advice.apply,
        aggressiveness=advice.aggressiveness,
        per_hour=advice.per_hour,
        dry_run=advice.dry_run,
    )


def harmless_rule(settings: Settings) -> tuple[dict[str, Level], float]:
    """Return the exceptions, and for how many seconds what was acknowledged counts."""
    return read_exceptions(settings.alerts.exceptions), settings.advice.harmless_seconds


def target_rules(settings: Settings) -> tuple[TargetRule, ...]:
    """Return which processes are which target's under these settings."""
    sizes = _target_sizes(settings)
    return tuple(_target_rule(target, sizes) for target in settings.targets)


def _target_sizes(settings: Settings) -> Amounts:
    alerts = settings.alerts
    return _amounts(
        alerts.target_warning_bytes, alerts.target_critical_bytes, alerts.target_emergency_bytes
    )


def _amounts(*amounts: int) -> Amounts:
    """Return the amounts of warning, critical and emergency; 0 is none."""
    warning, critical, emergency = (amount or None for amount in amounts)
    return Amounts(warning=warning, critical=critical, emergency=emergency)


def _leak_scores(settings: Settings) -> Amounts:
    leak = settings.leak
    if leak.levels != "score":
        return NO_AMOUNTS
    percents = (leak.warning_percent, leak.critical_percent, leak.emergency_percent)
    warning, critical, emergency = (percent / 100 for percent in percents)
    return Amounts(warning=warning, critical=critical, emergency=emergency)


def _leak_settings(settings: Settings) -> LeakSettings:
    leak = settings.leak
    return LeakSettings(
        leaking_score=leak.score_percent / 100,
        growing_score=min(0.5, leak.score_percent / 100),
        proof_seconds=leak.proof_seconds,
        watch_seconds=min(300.0, leak.proof_seconds / 2),
        minimum_bytes=leak.minimum_bytes,
        minimum_share=leak.minimum_percent / 100,
        runaway_bytes_per_second=leak.runaway_bytes_per_second,
        average_bytes_per_second=settings.growth.threshold_bytes_per_second,
        average_samples=settings.growth.samples,
        spike_share=settings.spike.percent / 100,
        spike_bytes=settings.spike.minimum_bytes,
        sustained_share=leak.rising_percent / 100,
        sustained_growth=leak.sustained_percent / 100,
        stair_bytes=leak.stair_bytes,
    )


def budget_of(settings: Settings) -> Budget:
    """Return what Memtray itself may cost under these settings."""
    budget = settings.budget
    return Budget(
        uss_bytes=budget.uss_bytes,
        cpu_percent=budget.cpu_percent,
        descriptor_count=budget.descriptors,
        thread_count=budget.threads,
        written_bytes_per_minute=budget.written_bytes_per_minute,
    )


def retention(settings: Settings) -> Retention:
    """Return how long the history keeps what under these settings."""
    history = settings.history
    return Retention(
        raw_seconds=history.raw_seconds,
        minute_seconds=history.minutes_seconds,
        hour_seconds=history.hours_seconds,
        size_bytes=history.size_bytes,
        application_seconds=history.applications_keep_seconds,
    )


def file_of(program: str | None) -> str | None:
    """Return the file that a program's path leads to; None: it is that, or no path."""
    if program is None or not Path(program).is_absolute():
        return None
    file = os.path.realpath(program)
    return None if file == program else file


def _target_rule(target: TargetSettings, sizes: Amounts) -> TargetRule:
    own = (target.warning_bytes, target.critical_bytes, target.emergency_bytes)
    of_all = (sizes.warning, sizes.critical, sizes.emergency)
    warning, critical, emergency = (
        other if amount is None else amount or None
        for amount, other in zip(own, of_all, strict=True)
    )
    return TargetRule(
        sizes=Amounts(warning=warning, critical=critical, emergency=emergency),
        name=target.name,
        match=target.match,
        regex=None if target.regex is None else compile_expression(target.regex),
        exe=target.exe,
        exe_file=file_of(target.exe),
        unit=target.unit,
        container=target.container,
        cgroup=target.cgroup,
        user=target.user,
        children=target.children,
        limit_bytes=target.limit_bytes,
        limit_share=target.limit_share,
        watch_growth=target.growth,
        watch_spikes=target.spike,
    )
