"""The median agrees with Python's own."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.records.median import median


@given(st.lists(st.floats(-1e12, 1e12), min_size=1))
def test_agrees_with_the_standard_library(values: list[float]) -> None:
    assert median(values) == statistics.median(values)


def test_nothing_has_no_middle() -> None:
    with pytest.raises(IndexError):
        median([])
