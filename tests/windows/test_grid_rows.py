"""How wide the columns of a table are in a narrow window."""

from __future__ import annotations

import pytest

from trayapp.windows.grid_rows import fitting_widths, widened


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (500, [200, 100, 100]),  # what is left over goes to the first column elsewhere
        (400, [200, 100, 100]),
        (300, [116, 100, 83]),
        (250, [75, 100, 75]),
        (200, [100, 50, 50]),
    ],
)
def test_titles_are_whole_as_long_as_they_fit(room: int, expected: list[int]) -> None:
    """A title of 100 pixels is not cut before there is no other way."""
    found = fitting_widths([200, 100, 100], [75, 100, 75], room)
    assert found == expected
    assert sum(found) <= max(room, 400)


@pytest.mark.parametrize(
    ("room", "needed", "expected"),
    [
        (500, [100, 90, 100], [300, 100, 100]),
        (500, [100, 250, 100], [150, 250, 100]),
        (400, [150, 250, 180], [150, 150, 100]),
        (400, [300, 250, 180], [200, 100, 100]),
        (300, [50, 250, 180], [50, 250, 100]),
    ],
)
def test_whole_cells_fit_where_the_first_column_can_spare_it(
    room: int, needed: list[int], expected: list[int]
) -> None:
    """A status was cut beside an empty half of the names."""
    assert widened([200, 100, 100], needed, room) == expected
