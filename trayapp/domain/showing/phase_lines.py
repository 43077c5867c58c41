"""The phases of a run in words: what each is called, and in a line what it did."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.domain.judging.phases import Phase, PhaseKind
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_duration, format_rate, format_size

_NAMES: dict[PhaseKind, str] = {
    # Translators: a phase of a run: the program is loading.
    "start": N_("Start"),
    # Translators: a phase of a run: memory fills up after the start, and then stays.
    "warm-up": N_("Warm-up"),
    # Translators: a phase of a run: memory stays the same.
    "steady": N_("Steady"),
    # Translators: a phase of a run: memory grows.
    "growth": N_("Growth"),
    # Translators: a phase of a run: memory is given back.
    "release": N_("Release"),
}


def phase_name(kind: PhaseKind) -> str:
    return _(_NAMES[kind])


def phase_rate(phase: Phase) -> str:
    """Return how fast it changed; of what is steady, how far it swings, else a dash."""
    if phase.swing_bytes is not None and phase.kind == "steady":
        # Translators: memory that goes up and down by so much again and again, such as "±40 MiB".
        return _("swings by {size}").format(size=format_size(phase.swing_bytes))
    if phase.kind == "steady":
        return "–"
    return format_rate(phase.rate_bytes_per_second)


def phase_line(phase: Phase) -> str:
    """Return one line: "Growth, 22 min: 150 MiB → 350 MiB (+155 KiB/s)".

    Of what was not watched for most of the time, it says so.
    """
    text = _("{phase}, {time}: {before} → {after}")
    if phase.kind == "steady":
        text = _("{phase}, {time}: {after}")
    line = text.format(
        phase=phase_name(phase.kind),
        time=format_duration(phase.end - phase.start),
        before=format_size(phase.from_bytes),
        after=format_size(phase.to_bytes),
    )
    rate = phase_rate(phase)
    if phase.rate_bytes_per_second is None:
        # Translators: behind the size of a program over a time: for most of it there are no data.
        rate = _("mostly not recorded")
    return line if rate == "–" else f"{line} ({rate})"


def phases_in_brief(phases: Iterable[Phase]) -> str:
    """Return all in a line: "Start 8 s · Warm-up 5 min · Steady 2 h"; a dash if there are none."""
    told = [
        f"{phase_name(phase.kind)} {format_duration(phase.end - phase.start)}" for phase in phases
    ]
    return " · ".join(told) or "–"


def phase_json(phase: Phase) -> dict[str, object]:
    """Return a phase as JSON; times are seconds since 1970."""
    rate, swing = phase.rate_bytes_per_second, phase.swing_bytes
    return {
        "phase": phase.kind,
        "from": round(phase.start, 3),
        "to": round(phase.end, 3),
        "from_bytes": round(phase.from_bytes),
        "to_bytes": round(phase.to_bytes),
        "rate_bytes_per_second": None if rate is None else round(rate, 3),
        "swing_bytes": None if swing is None else round(swing),
    }
