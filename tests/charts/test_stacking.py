"""A stack adds up at every moment and hides no spike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.windows.stores import START, target
from trayapp.charts.curves import Curve, make_curve
from trayapp.charts.stacking import stack
from trayapp.domain.records.series import Point


def curve(name: str, values: list[float | None], slot: int = 0) -> Curve:
    points = [Point(START + at * 10, value, value, value) for at, value in enumerate(values)]
    return make_curve(points, series=target(name), name=name, slot=slot)


def test_layers_add_up_and_what_does_not_run_adds_nothing() -> None:
    low = curve("low", [10.0] * 100)
    gone = curve("gone", [5.0] * 40 + [None] * 30 + [5.0] * 30)
    layers = stack([low, gone], START, START + 990, curve("all", [30.0] * 100))
    assert np.allclose(layers.tops[0], 10.0)
    at = np.searchsorted(layers.times, [START + 200, START + 550, START + 900])
    assert layers.tops[1][at].tolist() == [15.0, 10.0, 15.0]
    assert layers.rest is not None
    assert np.allclose(layers.rest, 30.0)


def test_the_rest_is_never_less_than_what_is_stacked() -> None:
    """Shared pages count in each process: their sum may be more than is in use."""
    layers = stack([curve("a", [50.0] * 9)], START, START + 80, curve("all", [30.0] * 9))
    assert layers.rest is not None
    assert layers.rest.min() == 50.0


@given(st.integers(0, 4999))
def test_a_spike_of_one_sample_is_in_the_high_edge(place: int) -> None:
    """Wherever among samples ten times as many as columns."""
    values = [1.0] * 5000
    values[place] = 100.0
    layers = stack([curve("spiky", list(values))], START, START + 49_990)
    assert layers.highs[0].max() == 100.0
