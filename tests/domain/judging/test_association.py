"""Exact tests of counts, checked against values worked out elsewhere, and held over many trials."""

from __future__ import annotations

from itertools import product
from math import comb
from random import Random

import pytest

from trayapp.domain.judging.association import Counts, corrected, share_range


def test_the_tea_tasting_of_fisher() -> None:
    """Three of four right: 17 of 70 ways are as good or better; all four: one is."""
    assert Counts(3, 4, 1, 4).probability == pytest.approx(17 / 70)
    assert Counts(4, 4, 0, 4).probability == pytest.approx(1 / 70)
    assert Counts(3, 4, 1, 4).least_probability == pytest.approx(1 / 70)


def test_probabilities_of_all_outcomes_add_up() -> None:
    for exposed, others, hits in product(range(1, 6), range(1, 6), range(4)):
        if hits > exposed + others:
            continue
        least = max(0, hits - others)
        assert Counts(least, exposed, hits - least, others).probability == pytest.approx(1.0)
        most = min(exposed, hits)
        ways = comb(hits, most) * comb(exposed + others - hits, exposed - most)
        expected = ways / comb(exposed + others, exposed)
        assert Counts(most, exposed, hits - most, others).probability == pytest.approx(expected)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(10, 12, 0.552, 0.953), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_range_of_a_share_is_that_of_wilson(
    hits: int, count: int, low: float, high: float
) -> None:
    assert share_range(hits, count) == pytest.approx((low, high), abs=0.001)


def test_one_candidate_needs_no_correction() -> None:
    counts = Counts(8, 10, 1, 20)
    assert corrected([counts], 0.05) == [counts.probability]


def test_each_further_candidate_makes_a_finding_less_sure() -> None:
    good, dull = Counts(8, 10, 1, 20), Counts(3, 10, 6, 20)
    found = corrected([good, *[dull] * 9], 0.05)
    assert found[0] == pytest.approx(10 * good.probability)
    assert found[1:] == [1.0] * 9


def test_what_could_never_be_a_finding_does_not_count() -> None:
    good, hopeless = Counts(8, 10, 1, 20), Counts(1, 1, 8, 29)
    found = corrected([good, *[hopeless] * 50], 0.05)
    assert found[0] == pytest.approx(good.probability)
    assert corrected([], 0.05) == []


def test_where_there_is_nothing_hardly_anything_is_found() -> None:
    """At most one trial of twenty finds anything among forty candidates; here 300 trials."""
    random = Random(1)
    wrong = 0
    for _ in range(300):
        grown = [random.random() < 0.1 for _ in range(300)]
        tests = []
        for _candidate in range(40):
            exposed = set(random.sample(range(300), random.choice((5, 20, 60))))
            hits = sum(grown[at] for at in exposed)
            tests.append(Counts(hits, len(exposed), sum(grown) - hits, 300 - len(exposed)))
        wrong += min(corrected(tests, 0.05)) <= 0.05
    assert wrong <= 25
