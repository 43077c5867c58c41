"""The sentence that a person is to believe."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.leaks.verdict import ClassicSignals, LeakLevel, Shape, Verdict
from trayapp.language.catalogue import N_, _, listed
from trayapp.language.units import (
    format_duration,
    format_estimate,
    format_percent,
    format_rate,
    format_size,
)

_HEALTHY = {
    "flat": N_("Its size is steady"),
    "warm-up": N_("It grew after starting and is slowing down"),
    "climb": N_("It is growing, but not yet for long enough to be sure"),
    "staircase": N_("It grew in steps, but not yet for long enough to be sure"),
    "saw-tooth returning": N_("It grows and frees memory again and again"),
    "saw-tooth rising": N_("It grows and frees most of it again"),
    "plateau": N_("It has stopped growing"),
    "step": N_("It grew once and has kept that size"),
    "spike": N_("It grew briefly and freed the memory again"),
    "day-and-night": N_("It rises and falls with its workload"),
}
_SHAPES = {
    "flat": N_("flat"),
    "warm-up": N_("warm-up"),
    "climb": N_("climb"),
    "staircase": N_("staircase"),
    "saw-tooth returning": N_("saw-tooth (flat)"),
    "saw-tooth rising": N_("saw-tooth (rising)"),
    "plateau": N_("plateau"),
    "step": N_("step"),
    "spike": N_("spike"),
    "day-and-night": N_("day-and-night"),
}
_LEVELS = {"healthy": N_("healthy"), "growing": N_("growing"), "leaking": N_("leaking")}
_GROWN = {
    "": N_("It grew by {size} in {time}, about {rate} ({low} to {high}), and freed none of it"),
    "staircase": N_("It grew by {size} in {time}, about {rate} ({low} to {high}), in steps that "
                    "it never freed"),
    "saw-tooth rising": N_("It grew by {size} in {time}, about {rate} ({low} to {high}), and its "
                           "low points rise too"),
}  # fmt: skip
_PROCESS_GROWN = {
    "": N_("Process {pid} grew by {size} in {time}, about {rate} ({low} to {high}), and freed "
           "none of it"),
    "staircase": N_("Process {pid} grew by {size} in {time}, about {rate} ({low} to {high}), in "
                    "steps that it never freed"),
    "saw-tooth rising": N_("Process {pid} grew by {size} in {time}, about {rate} ({low} to "
                           "{high}), and its low points rise too"),
}  # fmt: skip
_SOURCES = {
    "anonymous memory": N_("measured on its anonymous memory"),
    "private memory": N_("measured on its private memory"),
    "resident set": N_("measured on its resident set, which includes mapped files"),
    "heap after collection": N_("measured on what garbage collection leaves of its heap"),
    "memory outside the heap": N_("measured on its memory outside the heap"),
    "memory outside programs": N_("measured on memory outside programs"),
    "memory": N_("measured on the recorded size"),
}


def shape_name(shape: Shape) -> str:
    """A shape in the person's language."""
    return _(_SHAPES[shape])


def leak_level_name(level: LeakLevel) -> str:
    """How sure it is, in a word of the person's language."""
    return _(_LEVELS[level])


def too_early() -> str:
    """Return what stands for evidence where there is none yet."""
    return _("Not enough data yet.")


def stopped_text(size_bytes: float) -> str:
    """Why something is no longer said to leak."""
    text = _("It stopped growing at {size} (probably a cache that filled up)")
    return text.format(size=format_size(size_bytes))


def evidence_of(verdict: Verdict, pid: int | None = None) -> str:
    """One sentence, with the signal it rests on; `pid`: of that process instead of "it"."""
    if verdict.signal is None:
        return too_early()
    # Translators: the clauses of one sentence, such as "It has grown; memory is full in an hour".
    between = _("; ")
    source = _(_SOURCES[verdict.signal])
    if verdict.level == "healthy":
        sentence = _(_HEALTHY[verdict.shape])
        if verdict.stopped_bytes is not None:
            sentence = stopped_text(verdict.stopped_bytes)
    else:
        sentence = between.join(_clauses(verdict, pid))
        rules = listed(_rules_that_agree(verdict.classic))
        if rules:
            agree = _("confirmed by: {rules}").format(rules=rules)
            source = between.join((source, agree))
    # Translators: such as "It holds its level (judged by its private memory)."
    return _("{sentence} ({source}).").format(sentence=sentence, source=source)


def grown_in_brief(verdict: Verdict, pid: int | None = None) -> str:
    """How much it grew in which time, for a notification; `pid`: that process of it."""
    if verdict.growth_bytes is None:
        return ""
    text = _("+{grown} in {time} ({rate}).")
    if pid is not None:
        text = _("Process {pid}: +{grown} in {time} ({rate}).")
    elif verdict.signal == "memory outside the heap":
        text = _("Outside its heap: +{grown} in {time} ({rate}).")
    return text.format(
        pid=pid,
        grown=format_size(verdict.growth_bytes),
        time=_rounded(verdict.grown_seconds),
        rate=format_rate(verdict.rate_bytes_per_second, signed=False),
    )


def left_in_brief(verdict: Verdict) -> str:
    """When the first limit is reached, for a notification; empty where none is in sight."""
    if verdict.headroom is not None:
        return verdict.headroom.in_brief
    if verdict.seconds_to_limit is None:
        return ""
    left = format_estimate(verdict.seconds_to_limit)
    return _("Memory full in about {time}.").format(time=left)


def _rounded(seconds: float) -> str:
    return format_duration(round(seconds / 60) * 60 if seconds >= 120 else seconds)


def _clauses(verdict: Verdict, pid: int | None) -> Iterator[str]:
    texts = _GROWN if pid is None else _PROCESS_GROWN
    yield _(texts.get(verdict.shape, texts[""])).format(
        pid=pid,
        size=format_size(verdict.growth_bytes),
        time=_rounded(verdict.grown_seconds),
        rate=format_rate(verdict.rate_bytes_per_second, signed=False),
        low=format_size(verdict.rate_low_bytes_per_second),
        high=format_rate(verdict.rate_high_bytes_per_second, signed=False),
    )
    yield from _time_left(verdict)
    if verdict.is_hidden:
        yield _("the resident set stands still because the heap is reserved already")
    if verdict.is_heap_steady:
        yield _("its heap after collection stands still")
    if verdict.staleness is not None:
        yield from _touched(verdict.staleness)
    if verdict.is_runaway:
        yield _("too fast to wait for more proof")
    elif verdict.is_unproven and verdict.signal == "heap after collection":
        yield _("it may be garbage: only a full collection can tell")
    elif verdict.level == "growing" and not (verdict.staleness and verdict.staleness.is_untouched):
        yield _("it could still be a cache filling up")


def _time_left(verdict: Verdict) -> Iterator[str]:
    if verdict.headroom is not None:
        if verdict.headroom.clause:
            yield verdict.headroom.clause
    elif verdict.seconds_to_limit is not None:
        left = format_estimate(verdict.seconds_to_limit)
        yield _("memory will be full in about {time}").format(time=left)


def _touched(staleness: Staleness) -> Iterator[str]:
    time = format_duration(round(staleness.waited_seconds / 60) * 60)
    size = format_size(staleness.grown_bytes)
    if staleness.is_untouched:
        yield _("{share} of the added {size} was not used in {time}").format(
            # At least so much: 99.6 % is not all of it.
            share=format_percent(math.floor(100 * staleness.low_share) / 100),
            size=size,
            time=time,
        )
    elif staleness.is_touched:
        yield _("{share} of the added {size} was used again within {time}").format(
            share=format_percent(1 - staleness.high_share), size=size, time=time
        )


def _rules_that_agree(classic: ClassicSignals) -> Iterator[str]:
    if classic.is_rate_high:
        yield _("moving average")
    if classic.is_spike:
        yield _("spike")
    if classic.is_sustained:
        yield _("sustained growth")
    if classic.jumps >= 3:
        yield _("staircase")
    if classic.is_collecting_in_vain:
        yield _("collector inefficiency")
