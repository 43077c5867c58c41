"""Outcomes for a series: healthy, growing, leaking, or not enough to judge.

A detector that has seen too little calls nothing growing; that is no health. Every check of a
script rests on the difference, so it is an outcome, and an exit code, of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.domain.judging.leaks.evidence import leak_level_name
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_duration

NOT_ENOUGH = "not enough to judge"
_NOT_ENOUGH = N_("not enough to judge")
EXIT_HEALTHY, EXIT_GROWS, EXIT_UNREADABLE, EXIT_NOT_ENOUGH = 0, 1, 2, 4
_SETTINGS = LeakSettings()
FEWEST_SECONDS = _SETTINGS.start_up_seconds + _SETTINGS.watch_seconds
"""Whatever grows is not called growing before: what is shorter shows nothing."""
_FEWEST_SAMPLES, _FEWEST_RARE_SAMPLES, _RARE_SECONDS = 12, 16, 300.0
_GAP_FACTOR = 5.0
_STUDIED_STEPS = 1000


def observed_seconds(times: Sequence[float]) -> float:
    """Return how long a series was watched: from first to last sample, without the gaps."""
    count = len(times)
    if count < 2:
        return 0.0
    every = max(1, count // _STUDIED_STEPS)
    steps = sorted(times[at + 1] - times[at] for at in range(0, count - 1, every))
    most = max(_GAP_FACTOR * steps[len(steps) // 2], 60.0)
    seconds, last = 0.0, times[0]
    for at in times:
        if at - last <= most:
            seconds += at - last
        last = at
    return seconds


def is_enough(times: Sequence[float], expected_seconds: float = 0.0) -> bool:
    """Whether growth would have been called growth by now, and as long as a person asked for."""
    seconds = observed_seconds(times)
    return seconds >= max(FEWEST_SECONDS, expected_seconds) and (
        len(times) >= _fewest_samples(seconds, len(times))
    )


def _fewest_samples(seconds: float, count: int) -> int:
    is_rare = seconds / max(1, count - 1) >= _RARE_SECONDS
    return _FEWEST_RARE_SAMPLES if is_rare else _FEWEST_SAMPLES


def missing_text(times: Sequence[float], expected_seconds: float) -> str:
    """Return a sentence that says what a judgement still needs: more time, or more samples."""
    seconds, least = observed_seconds(times), max(FEWEST_SECONDS, expected_seconds)
    if seconds < least:
        said = _("It was recorded for {time}; judging growth takes {least}.")
        return said.format(time=format_duration(seconds), least=format_duration(least))
    said = _("It has {count} samples; judging growth takes {least}.")
    return said.format(count=len(times), least=_fewest_samples(seconds, len(times)))


def outcome_name(outcome: str) -> str:
    """Return the name of an outcome in the person's language."""
    return _(_NOT_ENOUGH) if outcome == NOT_ENOUGH else leak_level_name(outcome)  # type: ignore[arg-type]


def exit_code_of(outcomes: Iterable[str], *, has_leaked: bool, fails_on_growing: bool) -> int:
    """The exit code for one file, by the outcomes of its series."""
    found = set(outcomes)
    if has_leaked or "leaking" in found or (fails_on_growing and "growing" in found):
        return EXIT_GROWS
    # One that was watched long enough is a judgement; beside it others may have come and gone.
    return EXIT_NOT_ENOUGH if found <= {NOT_ENOUGH} else EXIT_HEALTHY


def worst(codes: Iterable[int]) -> int:
    """The exit code for several files: unreadable, then growth, then not enough."""
    order = (EXIT_HEALTHY, EXIT_NOT_ENOUGH, EXIT_GROWS, EXIT_UNREADABLE)
    return max(codes, key=order.index, default=EXIT_HEALTHY)
