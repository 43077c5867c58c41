"""Whether one thing goes with another more often than chance would have it: exact, and corrected.

Sources: Fisher (1922) for two by two counts; Wilson (1927), doi:10.1080/01621459.1927.10502953, for
a share; Tarone (1990), doi:10.2307/2531456, for leaving out what could not be significant by any
outcome; Holm (1979) for the number of candidates that are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt

from trayapp.dataclass import NamedTuple

_Z = 1.959964
"""95 % of a normal distribution lie so many deviations around its middle."""


class Counts(NamedTuple):
    """How often something happened after a candidate, and without it."""

    hits: int
    """Of those after the candidate."""
    exposed: int
    other_hits: int
    others: int

    @property
    def probability(self) -> float:
        """How often chance alone would put at least as many hits after the candidate."""
        return _upper_tail(self.hits, self)

    @property
    def least_probability(self) -> float:
        """The same if as many hits were there as could be: known before any outcome is."""
        return _upper_tail(min(self.exposed, self.hits + self.other_hits), self)


def _upper_tail(least_hits: int, counts: Counts) -> float:
    """Return the hypergeometric probability of so many hits or more among the exposed."""
    hits, total = counts.hits + counts.other_hits, counts.exposed + counts.others
    most = min(counts.exposed, hits)
    ways = sum(
        comb(hits, each) * comb(total - hits, counts.exposed - each)
        for each in range(least_hits, most + 1)
        if counts.exposed - each <= total - hits
    )
    return min(1.0, ways / comb(total, counts.exposed)) if total else 1.0


def share_range(hits: int, count: int) -> tuple[float, float]:
    """Return between which shares the true one lies with 95 % (Wilson); 0 to 1 without any."""
    if count <= 0:
        return 0.0, 1.0
    share = hits / count
    square = _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def corrected(tests: Sequence[Counts], alpha: float) -> list[float]:
    """Return the probability of each, corrected for how many there are.

    What is at most `alpha` is a finding: all together, chance makes any with that probability. Of
    what could not have been one, whatever the outcome, it is 1.
    """
    least = [each.least_probability for each in tests]
    share = next(
        (count for count in range(1, len(tests) + 1) if _within(least, alpha / count) <= count), 1
    )
    open_ones = [at for at, each in enumerate(least) if each <= alpha / share]
    found = [1.0] * len(tests)
    worst = 0.0
    probabilities = {at: tests[at].probability for at in open_ones}
    for rank, at in enumerate(sorted(open_ones, key=probabilities.__getitem__)):
        worst = max(worst, min(1.0, probabilities[at] * (len(open_ones) - rank)))
        found[at] = worst
    return found


def _within(least: Sequence[float], bound: float) -> int:
    return sum(each <= bound for each in least)
