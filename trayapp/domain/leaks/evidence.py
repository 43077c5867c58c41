"""The sentence that a person is to believe."""

from __future__ import annotations

from trayapp.domain.leaks.verdict import Signal, Verdict
from trayapp.domain.units import format_duration, format_estimate, format_rate, format_size

_HEALTHY = {
    "flat": "It holds its level",
    "warm-up": "It grew after its start and slows down",
    "climb": "It grows, but not for long enough to tell",
    "staircase": "It grew by steps, but not for long enough to tell",
    "saw-tooth returning": "It grows and gives back again and again",
    "saw-tooth rising": "It grows and gives back most of it",
    "plateau": "It has stopped growing",
    "step": "It grew once, and holds that",
    "spike": "It grew for a moment, and gave it back",
    "day-and-night": "It rises and falls as its work does",
}
_HOW = {
    "staircase": "by steps that it keeps",
    "saw-tooth rising": "between the dips too",
}


def evidence_of(verdict: Verdict, signal: Signal, seconds: float) -> str:
    """One sentence, with the signal it rests on.

    Args:
        verdict: All but its evidence.
        signal: What was measured.
        seconds: Since its onset.
    """
    if verdict.level == "healthy":
        return f"{_HEALTHY[verdict.shape]} ({_source(signal)})."
    rate = format_rate(verdict.rate_bytes_per_second)
    spread = f"{format_size(verdict.rate_low_bytes_per_second)} to " + format_rate(
        verdict.rate_high_bytes_per_second
    ).lstrip("+")
    since = format_duration(round(seconds / 60) * 60 if seconds >= 120 else seconds)
    kept = f"{format_size(verdict.growth_bytes)} in {since}, about {rate.lstrip('+')} ({spread})"
    how = _HOW.get(verdict.shape, "without giving it back")
    sentence = f"It has grown by {kept}, {how}"
    if verdict.seconds_to_limit is not None:
        sentence += f"; memory is full in about {format_estimate(verdict.seconds_to_limit)}"
    if verdict.is_runaway:
        doubt = "; so fast that more proof would come too late"
    elif verdict.level == "growing":
        doubt = "; a cache that fills would look the same so far"
    else:
        doubt = ""
    classic = verdict.classic
    agree = [
        name
        for name, is_met in (
            ("moving average", classic.is_rate_high),
            ("spike", classic.is_spike),
            ("sustained growth", classic.is_sustained),
            ("staircase", classic.jumps >= 3),
        )
        if is_met
    ]
    simple = f"; simple rules that agree: {', '.join(agree)}" if agree else ""
    return f"{sentence}{doubt} ({_source(signal)}{simple})."


def _source(signal: Signal) -> str:
    return {
        "anonymous memory": "judged by its anonymous memory",
        "private memory": "judged by its private memory",
        "resident set": "judged by its resident set, which mapped files can grow too",
        "memory": "judged by the size that was recorded",
    }[signal]
