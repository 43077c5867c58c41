"""Many curves read at once are what each is when it is read alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.windows.past import DAY, HOUR, write_past
from tests.windows.stores import START
from trayapp.domain.records.series import Series
from trayapp.history.reader import HistoryReader

END = START + 20 * DAY


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "h"
    return write_past(path, 5, 12, end=END, raw_hours=2, minute_days=3, metrics=("rss_bytes",))


@pytest.mark.parametrize("seconds", [60.0, HOUR, 2.4 * HOUR, DAY, 5 * DAY, 12 * DAY])
@pytest.mark.parametrize("points", [50, 1200])
def test_together_as_alone(past: Path, seconds: float, points: int) -> None:
    """From raw samples, minutes and hours, and where one follows the other."""
    with HistoryReader(past) as reader:
        wanted = [*reader.series(), Series("target", "nobody", "rss_bytes")]
        span = END - seconds, END
        together = reader.curves(wanted, *span, max_points=points)
        assert together == [reader.points(one, *span, max_points=points) for one in wanted]
        assert any(together)
        assert together[-1] == []
        # What it sorted for itself is gone: the next question sees the file.
        assert reader.curves(wanted, *span, max_points=points) == together


def test_reading_many_leaves_the_file_as_it_is(past: Path) -> None:
    before = past.read_bytes()
    with HistoryReader(past) as reader:
        reader.curves(reader.series(), END - HOUR, END)
    assert past.read_bytes() == before
