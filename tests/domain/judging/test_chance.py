"""Whether a difference is more than chance."""

from __future__ import annotations

import random

import pytest

from trayapp.domain.judging.chance import MORE_THAN_CHANCE, in_blocks, probability


def test_it_is_as_often_wrong_as_it_says() -> None:
    """Of pairs that do not differ, as many are called different as the level allows."""
    source = random.Random(1)
    pairs = [([source.random() for _ in range(12)] for _ in range(2)) for _ in range(4000)]
    found = [probability(*pair) for pair in pairs]
    wrong = sum(each is not None and each < MORE_THAN_CHANCE for each in found)
    assert wrong < 1.5 * MORE_THAN_CHANCE * len(pairs)


def test_what_differs_clearly_is_more_than_chance() -> None:
    low, high = [1.0, 2, 3, 4, 5, 6], [11.0, 12, 13, 14, 15, 16]
    assert probability(low, high) == pytest.approx(0.0051, abs=0.0005)
    assert probability(low, low) == 1.0
    assert probability([5.0] * 9, [5.0] * 9) == 1.0
    assert probability([1.0, 2, 3], [7.0] * 50) is None


def test_neighbouring_values_count_once() -> None:
    assert in_blocks([float(at) for at in range(1200)])[:2] == [49.5, 149.5]
    assert len(in_blocks([1.0] * 5000)) == 12
