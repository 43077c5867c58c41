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
    "flat": N_("It holds its level"),
    "warm-up": N_("It grew after its start and slows down"),
    "climb": N_("It grows, but not for long enough to tell"),
    "staircase": N_("It grew by steps, but not for long enough to tell"),
    "saw-tooth returning": N_("It grows and gives back again and again"),
    "saw-tooth rising": N_("It grows and gives back most of it"),
    "plateau": N_("It has stopped growing"),
    "step": N_("It grew once, and holds that"),
    "spike": N_("It grew for a moment, and gave it back"),
    "day-and-night": N_("It rises and falls as its work does"),
}
_SHAPES = {
    "flat": N_("flat"),
    "warm-up": N_("warm-up"),
    "climb": N_("climb"),
    "staircase": N_("staircase"),
    "saw-tooth returning": N_("saw-tooth returning"),
    "saw-tooth rising": N_("saw-tooth rising"),
    "plateau": N_("plateau"),
    "step": N_("step"),
    "spike": N_("spike"),
    "day-and-night": N_("day-and-night"),
}
_LEVELS = {"healthy": N_("healthy"), "growing": N_("growing"), "leaking": N_("leaking")}
_GROWN = {
    "": N_("It has grown by {size} in {time}, about {rate} ({low} to {high}), "
           "without giving it back"),
    "staircase": N_("It has grown by {size} in {time}, about {rate} ({low} to {high}), "
                    "by steps that it keeps"),
    "saw-tooth rising": N_("It has grown by {size} in {time}, about {rate} ({low} to {high}), "
                           "between the dips too"),
}  # fmt: skip
_PROCESS_GROWN = {
    "": N_("Process {pid} has grown by {size} in {time}, about {rate} ({low} to {high}), "
           "without giving it back"),
    "staircase": N_("Process {pid} has grown by {size} in {time}, about {rate} "
                    "({low} to {high}), by steps that it keeps"),
    "saw-tooth rising": N_("Process {pid} has grown by {size} in {time}, about {rate} "
                           "({low} to {high}), between the dips too"),
}  # fmt: skip
_SOURCES = {
    "anonymous memory": N_("judged by its anonymous memory"),
    "private memory": N_("judged by its private memory"),
    "resident set": N_("judged by its resident set, which mapped files can grow too"),
    "memory": N_("judged by the size that was recorded"),
}


def shape_name(shape: Shape) -> str:
    """A shape in the person's language."""
    return _(_SHAPES[shape])


def leak_level_name(level: LeakLevel) -> str:
    """How sure it is, in a word of the person's language."""
    return _(_LEVELS[level])


def stopped_text(size_bytes: float) -> str:
    """Why something is no longer said to leak."""
    return _("It stopped by itself at {size} (a cache filled)").format(size=format_size(size_bytes))


def evidence_of(verdict: Verdict, pid: int | None = None, *, is_brief: bool = False) -> str:
    """One sentence, with the signal it rests on; `pid`: of that process instead of "it".

    is_brief: as a banner of three lines has room for; a share that lies idle says all by itself.
    """
    if verdict.signal is None:
        return _("There is not enough to judge by yet.")
    # Translators: the clauses of one sentence, such as "It has grown; memory is full in an hour".
    between = _("; ")
    source = _(_SOURCES[verdict.signal])
    if verdict.level == "healthy":
        sentence = _(_HEALTHY[verdict.shape])
        if verdict.stopped_bytes is not None:
            sentence = stopped_text(verdict.stopped_bytes)
    elif pid is None and is_brief and verdict.staleness and verdict.staleness.is_untouched:
        sentence = between.join((*_touched(verdict.staleness), *_time_left(verdict)))
        # Translators: the end of a sentence, where nothing is put into brackets.
        return _("{sentence}.").format(sentence=sentence)
    else:
        sentence = between.join(_clauses(verdict, pid))
        rules = "" if is_brief else listed(_rules_that_agree(verdict.classic))
        if rules:
            agree = _("simple rules that agree: {rules}").format(rules=rules)
            source = between.join((source, agree))
    # Translators: such as "It holds its level (judged by its private memory)."
    return _("{sentence} ({source}).").format(sentence=sentence, source=source)


def _clauses(verdict: Verdict, pid: int | None) -> Iterator[str]:
    seconds = verdict.grown_seconds
    texts = _GROWN if pid is None else _PROCESS_GROWN
    yield _(texts.get(verdict.shape, texts[""])).format(
        pid=pid,
        size=format_size(verdict.growth_bytes),
        time=format_duration(round(seconds / 60) * 60 if seconds >= 120 else seconds),
        rate=format_rate(verdict.rate_bytes_per_second, signed=False),
        low=format_size(verdict.rate_low_bytes_per_second),
        high=format_rate(verdict.rate_high_bytes_per_second, signed=False),
    )
    yield from _time_left(verdict)
    if verdict.staleness is not None:
        yield from _touched(verdict.staleness)
    if verdict.is_runaway:
        yield _("so fast that more proof would come too late")
    elif verdict.level == "growing" and not (verdict.staleness and verdict.staleness.is_untouched):
        yield _("a cache that fills would look the same so far")


def _time_left(verdict: Verdict) -> Iterator[str]:
    if verdict.headroom is not None:
        if verdict.headroom.clause:
            yield verdict.headroom.clause
    elif verdict.seconds_to_limit is not None:
        left = format_estimate(verdict.seconds_to_limit)
        yield _("memory is full in about {time}").format(time=left)


def _touched(staleness: Staleness) -> Iterator[str]:
    time = format_duration(round(staleness.waited_seconds / 60) * 60)
    size = format_size(staleness.grown_bytes)
    if staleness.is_untouched:
        yield _("{share} of the {size} it grew by was not touched in {time}").format(
            # At least so much: 99.6 % is not all of it.
            share=format_percent(math.floor(100 * staleness.low_share) / 100),
            size=size,
            time=time,
        )
    elif staleness.is_touched:
        yield _("{share} of the {size} it grew by was used again within {time}").format(
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
