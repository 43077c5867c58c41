"""Many blocks that are alike, closed at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.leaks.ladder import RUNGS, Ladder

VALUES = st.sampled_from([0.0, 0.1, 1.0, 7.3, 1e6, 1e6 + 1, 3e9])
RUNS = st.tuples(st.integers(1, 240), VALUES, VALUES, VALUES, VALUES)


def state_of(ladder: Ladder) -> list[object]:
    """All that it remembers, to the last digit."""
    kept = [(ladder.counts.tolist(), ladder.given_back.tolist(), ladder._falls.tolist())]
    each = (ladder.floors, ladder.means, ladder.units, ladder.work)
    return [*kept, *(read(rung) for read in each for rung in range(RUNGS))]


@given(st.lists(RUNS, min_size=1, max_size=12))
def test_blocks_held_at_once_are_those_pushed_one_by_one(
    runs: list[tuple[int, float, float, float, float]],
) -> None:
    one_by_one, at_once = Ladder(), Ladder()
    for count, *values in runs:
        closed = max(one_by_one.push(*values) for _block in range(count))
        assert at_once.push_held(count, *values) == closed
        assert state_of(at_once) == state_of(one_by_one)
