"""Whether two sets of values differ by more than chance: the rank-sum test of Mann and Whitney."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from trayapp.domain.records.median import median

MORE_THAN_CHANCE = 0.01
"""So seldom would chance alone make such a difference."""
BLOCKS = 12
"""Neighbouring values of a curve are alike: what counts as independent are stretches of it."""


def probability(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return how often chance alone would set them so far apart; None: too few to say.

    Two-sided, by the normal approximation, corrected for ties and for continuity.
    """
    if min(len(one), len(other)) < 4:
        return None
    ranks, ties = _ranks([*one, *other])
    count, others, total = len(one), len(other), len(one) + len(other)
    above = sum(ranks[:count]) - count * (count + 1) / 2
    spread = count * others / 12 * (total + 1 - ties / (total * (total - 1)))
    if spread <= 0:
        return 1.0
    distance = max(0.0, abs(above - count * others / 2) - 0.5)
    return math.erfc(distance / math.sqrt(2 * spread))


def in_blocks(values: Sequence[float]) -> list[float]:
    """Return the medians of a curve's stretches, which are as good as independent."""
    if len(values) <= BLOCKS:
        return list(values)
    edges = [round(at * len(values) / BLOCKS) for at in range(BLOCKS + 1)]
    return [median(values[first:last]) for first, last in pairwise(edges)]


def ranks_of(values: Sequence[float]) -> list[float]:
    """Return the rank of each, from 1; equal ones share the mean of theirs."""
    return _ranks(values)[0]


def _ranks(values: Sequence[float]) -> tuple[list[float], float]:
    """Return the rank of each, from 1, and the correction for equal ones."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    ties = 0.0
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for at in range(first, last + 1):
            ranks[order[at]] = (first + last) / 2 + 1
        equal = last - first + 1
        ties += equal**3 - equal
        first = last + 1
    return ranks, ties
