"""Curves as block characters: every line fits, the ends are said, gaps stay gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trayapp.charts.terminal import block_chart

MIB = 1024.0**2
START = 1_780_000_000.0


def bars(lines: list[str]) -> list[str]:
    """What is right of the axis, all of one width."""
    cells = [line.partition("┤")[2] for line in lines if "┤" in line]
    width = max(map(len, cells))
    return [cell.ljust(width) for cell in cells]


def test_growth_rises_from_left_to_right() -> None:
    samples = [(START + second, (10.0 + second) * MIB) for second in range(100)]
    lines = block_chart(samples, START, START + 99, columns=60, rows=4)
    assert len(lines) == 5
    columns = list(zip(*bars(lines), strict=True))
    heights = [sum(" ▁▂▃▄▅▆▇█".index(cell) for cell in column) for column in columns]
    assert heights == sorted(heights)
    assert heights[-1] > 5 * heights[0] > 0
    assert lines[0].startswith("   118 MiB ┤")
    assert lines[3].startswith("       0 B ┤")


def test_a_gap_that_is_told_stays_empty_and_rare_samples_do_not() -> None:
    rare = [(START + 10.0 * number, MIB) for number in range(11)]
    (line,) = bars(block_chart(rare, START, START + 100, columns=90, rows=1))
    assert " " not in line
    gap = [(START, MIB), (START + 20, None), (START + 80, MIB), (START + 100, MIB)]
    (line,) = bars(block_chart(gap, START, START + 100, columns=90, rows=1))
    assert line.strip().split() != [line.strip()], "all one bar"
    assert line.index(" ") < 20


def test_next_to_nothing_is_a_chart() -> None:
    assert len(block_chart([(START, 5e-324)], START, START + 10, columns=80)) == 6


def test_nothing_known_is_no_chart() -> None:
    assert block_chart([(START, None)], START, START + 10, columns=80) == []


@given(
    st.lists(
        st.tuples(st.floats(0, 100_000), st.none() | st.floats(0, 2.0**50)), min_size=1, max_size=50
    ),
    st.integers(40, 200),
    st.integers(1, 8),
)
def test_no_line_is_wider_than_asked(
    samples: list[tuple[float, float | None]], columns: int, rows: int
) -> None:
    placed = [(START + after, size) for after, size in samples]
    lines = block_chart(placed, START, START + 100_000, columns=columns, rows=rows)
    assert all(len(line) <= columns for line in lines)
    assert len(lines) == (rows + 1 if any(size is not None for _at, size in samples) else 0)
