"""What an alert says: who, how much, since when, how fast, and how long is left. Plain text."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.domain.judging.absolute_levels import NO_AMOUNTS, Amounts
from trayapp.domain.judging.growth import Spike
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.trend import is_flat
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.samples import SystemSample
from trayapp.language.catalogue import N_, _, format_number, listed, paragraph
from trayapp.language.units import (
    format_duration,
    format_estimate,
    format_percent,
    format_rate,
    format_size,
)

_PRESSURE_TITLES = {
    Level.NORMAL: N_("Memory is fine again"),
    Level.WARNING: N_("Memory is getting short"),
    Level.CRITICAL: N_("Memory is short"),
    Level.EMERGENCY: N_("Memory is almost gone"),
}
_LIMITS = {
    "settings": N_("{used} of the {limit} set in the settings ({share}) are in use."),
    "runtime": N_("{used} of the {limit} that its own heap may have ({share}) are in use."),
    "cgroup": N_("{used} of the {limit} that its cgroup sets ({share}) are in use."),
    "rlimit": N_("{used} of the {limit} that its rlimit sets ({share}) are in use."),
}
_NAMED = 3


def pressure_text(
    system: SystemSample,
    largest: Sequence[tuple[str, int]],
    level: Level,
    amounts: Amounts = NO_AMOUNTS,
) -> tuple[str, str]:
    """Title and body about the machine: what is left, and the three who use most.

    largest: names with sizes in bytes, largest first. amounts: of bytes that are left, those that
    are levels.
    """
    text = _("{available} of {total} available ({share} in use).")
    if system.swap_total_bytes and system.swap_used_bytes is not None:
        text = _(
            "{available} of {total} available ({share} in use), swap {swap_used} of {swap_total}."
        )
    sentences = [
        text.format(
            available=format_size(system.available_bytes),
            total=format_size(system.total_bytes),
            share=format_percent(system.used_bytes / system.total_bytes),
            swap_used=format_size(system.swap_used_bytes),
            swap_total=format_size(system.swap_total_bytes),
        )
    ]
    crossed = [amount for each, amount in amounts if system.available_bytes < amount]
    if crossed:
        text = _("Available {available}, below {amount}.")
        sentences.append(
            text.format(
                available=format_size(system.available_bytes), amount=format_size(min(crossed))
            )
        )
    if largest:
        named = listed(
            f"{shown_name(name)} {format_size(size_bytes)}" for name, size_bytes in largest[:_NAMED]
        )
        sentences.append(_("Largest: {names}.").format(names=named))
    stall = system.stall_full_percent
    if stall is not None and stall >= 1:
        share = format_percent(stall / 100)
        sentences.append(
            _("All programs waited for memory {share} of the last 10 s.").format(share=share)
        )
    return _(_PRESSURE_TITLES[level]), paragraph(*sentences)


def forecast_text(
    system: SystemSample, seconds_left: float, rate: float, growing: Sequence[str]
) -> tuple[str, str]:
    """Title and body about memory that will be full soon; `growing`: who takes most."""
    body = _("{size} are left and {rate} go each second: full in about {time}.").format(
        size=format_size(system.available_bytes),
        rate=format_size(round(rate)),
        time=format_estimate(seconds_left),
    )
    if growing:
        names = listed(map(shown_name, growing[:_NAMED]))
        body = paragraph(body, _("Growing most: {names}.").format(names=names))
    return _("Memory will be full soon"), body


def limit_text(view: TargetView) -> tuple[str, str]:
    """Title and body about a target near or over its limit."""
    if view.limit_share is None or view.limit_bytes is None:
        return "", ""
    title = (
        _("{name} is over its limit") if view.limit_share >= 1 else _("{name} is near its limit")
    )
    text = _LIMITS.get(view.limit_source, N_("{used} of the {limit} ({share}) are in use."))
    body = _(text).format(
        used=format_size(view.limit_share * view.limit_bytes),
        limit=format_size(view.limit_bytes),
        share=format_percent(view.limit_share),
    )
    name = shown_name(view.name)
    return title.format(name=name), paragraph(body, _now_changing(view), _time_left(view))


def size_text(view: TargetView, amount_bytes: float) -> tuple[str, str]:
    """Title and body about a target that is as large as an amount that was set for it."""
    title = _("{name} uses much memory").format(name=shown_name(view.name))
    body = _("In use {used}, above {amount}.").format(
        used=format_size(view.size_bytes), amount=format_size(amount_bytes)
    )
    return title, paragraph(body, _now_changing(view), _time_left(view))


def growth_text(
    view: TargetView,
    lasted_seconds: float,
    grown_bytes: int,
    crossed_bytes_per_second: float | None = None,
) -> tuple[str, str]:
    """Title and body about a target that keeps growing.

    crossed_bytes_per_second: the rate that is a level, and that it grows at or above.
    """
    body = _("Grew by {grown} in {time} without a pause, now {rate}: {size} in use.").format(
        grown=format_size(grown_bytes),
        time=format_duration(lasted_seconds),
        rate=format_rate(view.slope_bytes_per_second),
        size=format_size(view.size_bytes),
    )
    crossed = ""
    if crossed_bytes_per_second is not None:
        # As it is set, in millions.
        amount = format_number(crossed_bytes_per_second / 1e6, None)
        crossed = _("That is above {amount} MB/s.").format(amount=amount)
    title = _("{name} keeps growing").format(name=shown_name(view.name))
    return title, paragraph(body, crossed, _time_left(view))


def leak_text(
    name: str,
    verdict: Verdict,
    reason: str,
    pid: int | None = None,
    crossed_score: float | None = None,
) -> tuple[str, str]:
    """Title and body about a target or application that, on all its evidence, leaks.

    reason: why that matters, a sentence or nothing; pid: the one process of it that does;
    crossed_score: the score, 0 to 1, that is a level and was reached.
    """
    title = _("{name} seems to leak memory").format(name=shown_name(name))
    remedy = _("Restarting it gives the memory back.")
    certain = ""
    if crossed_score is not None:
        text = _("Certain to {score}, above {amount}.")
        certain = text.format(
            score=format_percent(verdict.score), amount=format_percent(crossed_score)
        )
    if verdict.staleness is not None and verdict.staleness.is_untouched:
        # Its size is said, and a banner has few lines.
        reason = ""
    return title, paragraph(evidence_of(verdict, pid, is_brief=True), certain, reason, remedy)


def spike_text(name: str, spike: Spike) -> tuple[str, str]:
    """Title and body about a jump between two polls."""
    jump = spike.after_bytes - spike.before_bytes
    return (
        _("{name} jumped by {size}").format(name=shown_name(name), size=format_size(jump)),
        _("From {before} to {after} (+{share}) between two looks.").format(
            before=format_size(spike.before_bytes),
            after=format_size(spike.after_bytes),
            share=format_percent(jump / spike.before_bytes),
        ),
    )


def _now_changing(view: TargetView) -> str:
    rate = view.slope_bytes_per_second
    return "" if is_flat(rate) else _("Now {rate}.").format(rate=format_rate(rate))


def _time_left(view: TargetView) -> str:
    left = view.seconds_to_limit
    return view.headroom.sentence if view.headroom is not None and left else ""
