"""What an alert says: who, how much, since when, how fast, and how long is left. Plain text."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.domain.growth import Spike
from trayapp.domain.leaks import Verdict
from trayapp.domain.levels import Level
from trayapp.domain.names import short_name
from trayapp.domain.samples import ProcessUse, SystemSample
from trayapp.domain.units import (
    format_duration,
    format_estimate,
    format_percent,
    format_rate,
    format_size,
)
from trayapp.domain.view import TargetView

_PRESSURE_TITLES = {
    Level.NORMAL: "Memory is fine again",
    Level.WARNING: "Memory is getting short",
    Level.CRITICAL: "Memory is short",
    Level.EMERGENCY: "Memory is almost gone",
}
_NAMED = 3


def pressure_text(
    system: SystemSample, largest: Sequence[ProcessUse], level: Level
) -> tuple[str, str]:
    """Title and body about the machine: what is left, and the three largest processes."""
    body = (
        f"{format_size(system.available_bytes)} of {format_size(system.total_bytes)} available "
        f"({format_percent(system.used_bytes / system.total_bytes)} in use)"
    )
    if system.swap_total_bytes and system.swap_used_bytes is not None:
        swap_used, swap_total = system.swap_used_bytes, system.swap_total_bytes
        body += f", swap {format_size(swap_used)} of {format_size(swap_total)}"
    body += "."
    if largest:
        named = ", ".join(
            f"{short_name(use.facts.name)} {format_size(use.rss_bytes)}" for use in largest[:_NAMED]
        )
        body += f" Largest: {named}."
    stall = system.stall_full_percent
    if stall is not None and stall >= 1:
        body += f" All programs waited for memory {stall:.0f} % of the last 10 s."
    return _PRESSURE_TITLES[level], body


def forecast_text(
    system: SystemSample, seconds_left: float, rate: float, growing: Sequence[str]
) -> tuple[str, str]:
    """Title and body about memory that will be full soon; `growing`: who takes most."""
    body = (
        f"{format_size(system.available_bytes)} are left and {format_size(round(rate))} go each "
        f"second: full in about {format_estimate(seconds_left)}."
    )
    if growing:
        body += f" Growing most: {', '.join(map(short_name, growing[:_NAMED]))}."
    return "Memory will be full soon", body


def limit_text(view: TargetView) -> tuple[str, str]:
    """Title and body about a target near or over its limit."""
    if view.limit_share is None or view.limit_bytes is None:
        return "", ""
    name = short_name(view.name)
    title = f"{name} is over its limit" if view.limit_share >= 1 else f"{name} is near its limit"
    whose = "" if view.limit_source == "settings" else f" that its {view.limit_source} sets"
    body = (
        f"{format_size(view.limit_share * view.limit_bytes)} of the {format_size(view.limit_bytes)}"
        f"{whose} ({format_percent(view.limit_share)}), {format_rate(view.slope_bytes_per_second)}."
    )
    return title, body + _time_left(view)


def growth_text(view: TargetView, lasted_seconds: float, grown_bytes: int) -> tuple[str, str]:
    """Title and body about a target that keeps growing."""
    body = (
        f"Grew by {format_size(grown_bytes)} in {format_duration(lasted_seconds)} without a pause, "
        f"now {format_rate(view.slope_bytes_per_second)}: {format_size(view.rss_bytes)} in use."
    )
    return f"{short_name(view.name)} keeps growing", body + _time_left(view)


def leak_text(name: str, verdict: Verdict, reason: str, pid: int | None = None) -> tuple[str, str]:
    """Title and body about a target or application that, on all its evidence, leaks.

    reason: why that matters, half a sentence; pid: the one process of it that does.
    """
    evidence = verdict.evidence
    if pid is not None:
        evidence = f"Process {pid} has{evidence.removeprefix('It has')}"
    why = f" {reason[:1].upper()}{reason[1:]}." if reason else ""
    why += " Restarting it gives the memory back."
    return f"{short_name(name)} seems to leak memory", f"{evidence}{why}"


def spike_text(name: str, spike: Spike) -> tuple[str, str]:
    """Title and body about a jump between two polls."""
    jump = spike.after_bytes - spike.before_bytes
    return (
        f"{short_name(name)} jumped by {format_size(jump)}",
        f"From {format_size(spike.before_bytes)} to {format_size(spike.after_bytes)} "
        f"(+{format_percent(jump / spike.before_bytes)}) between two looks.",
    )


def _time_left(view: TargetView) -> str:
    left = view.seconds_to_limit
    if left is None or view.limit_bytes is None or left <= 0:
        return ""
    return (
        f" At this rate it reaches its limit of {format_size(view.limit_bytes)} "
        f"in about {format_estimate(left)}."
    )
