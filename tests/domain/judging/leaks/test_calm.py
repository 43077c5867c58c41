"""Many samples taken in at once, between two blocks."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.leaks import LeakDetector, Load
from trayapp.domain.judging.leaks.blocks import Blocks

STEPS = st.sampled_from([0.001, 0.01, 0.1, 1.0, 2.0, 7.0, 14.9, 15.0, 60.0, 400.0, 0.0, -3.0])
SIZES = st.sampled_from([0.0, 1e6, 2e6, 3.5e8, 1e9, math.nan, -1.0, 1e19, math.inf])
SAMPLES = st.lists(st.tuples(STEPS, SIZES), min_size=1, max_size=40)


def state_of(detector: LeakDetector) -> list[object]:
    """What it says, and all that its blocks remember, to the last digit."""
    blocks = detector._blocks
    kept = [getattr(blocks, name) for name in Blocks.__slots__ if name != "ladder"]
    return [detector.verdict, kept, blocks.ladder.counts.tolist(), blocks.ladder.floors(0)]


@given(SAMPLES, st.integers(1, 40))
def test_samples_taken_in_at_once_are_those_one_by_one(
    samples: list[tuple[float, float]], times_over: int
) -> None:
    moment, times, sizes = 0.0, [], []
    for step, size in samples * times_over:
        moment += step
        times.append(moment)
        sizes.append(size)
    load = Load(children=2)
    one_by_one, at_once = LeakDetector(), LeakDetector()
    for at, size in zip(times, sizes, strict=True):
        one_by_one.fold(at, size, load=load)
    number = 0
    while number < len(times):
        at_once.fold(times[number], sizes[number], load=load)
        number += 1
        number += at_once.fold_calm(times[number:], sizes[number:], load)
    assert state_of(at_once) == state_of(one_by_one)
