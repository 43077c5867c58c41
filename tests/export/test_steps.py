"""Putting columns together by steps of time, as each value by itself would be."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.export.test_export import export
from tests.windows.stores import target, write_store
from trayapp.export.source import Cell
from trayapp.export.steps import StepMerger
from trayapp.history.columns import Columns, Piece, columns_of_pieces, columns_of_samples
from trayapp.history.reader import HistoryReader

MOMENTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), min_size=1, max_size=60)


def lists_of(samples: list[tuple[int, int]], cut: int) -> list[list[Columns]]:
    """Samples at a quarter of a second each, as a source gives them: in two lists."""
    size = random.Random(5).random
    rows = sorted((moment * 250, place, size()) for moment, place in samples)
    itself = {place: place for place in range(4)}
    parts = [row for row in rows if row[0] < cut], [row for row in rows if row[0] >= cut]
    return [columns_of_samples(part, itself) for part in parts if part]


def cells_of(found: Iterable[Columns]) -> Iterator[tuple[int, int, Cell]]:
    """Every value with its moment and place."""
    for one in found:
        for place, *columns in zip(*one[2:], strict=True):
            for start, count, minimum, mean, maximum in zip(one.starts_ms, *columns, strict=True):
                yield start, place, Cell(minimum, mean, maximum, count)


@given(MOMENTS, st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 1.0, 3.0]))
def test_a_step_is_what_its_samples_are_one_after_the_other(
    samples: list[tuple[int, int]], cut: int, step: float
) -> None:
    """To the last digit, wherever the lists were divided; no moment twice, none out of order."""
    width = max(1, round(step * 1000))
    expected: dict[tuple[int, int], Cell] = {}
    merger = StepMerger(step)
    found: list[list[Columns]] = []
    for together in lists_of(samples, cut):
        rows = [(start, place, cell) for start, place, cell in cells_of(together)]
        for start, place, cell in sorted(rows, key=lambda row: row[0]):
            key = start // width * width, place
            if key in expected:
                expected[key].merge(cell.minimum, cell.mean, cell.maximum, cell.count)
            else:
                expected[key] = cell
        found.append(merger.add(together))
    found.append(merger.finish())
    assert {(start, place): cell for each in found for start, place, cell in cells_of(each)} == (
        expected
    )
    before = -1
    for each in filter(None, found):
        starts = sorted(start for one in each for start in one.starts_ms)
        assert len({*starts}) == len(starts)
        assert starts[0] > before
        before = starts[-1]


@given(st.lists(st.frozensets(st.integers(0, 9), min_size=1), min_size=1, max_size=6))
def test_pieces_of_different_length_are_put_side_by_side(spans: list[frozenset[int]]) -> None:
    """Each value is where its series has it, and each moment in one of the columns only."""
    pieces = [
        Piece(place, tuple(60 * at for at in moments), *[[place + at for at in moments]] * 4)
        for place, moments in enumerate(map(sorted, spans))
    ]
    found = columns_of_pieces(60, pieces, 60_000, 480_000)
    values = {(start, place): cell.mean for start, place, cell in cells_of(found)}
    assert values == {
        (60_000 * at, place): place + at
        for place, span in enumerate(spans)
        for at in span
        if 1 <= at <= 8
    }
    starts = [start for one in found for start in one.starts_ms]
    assert len({*starts}) == len(starts)


@pytest.mark.parametrize("name", ["100%s", 'a "7" 5', "12%%", "\\", "é\ud800"])
def test_a_name_is_no_part_of_a_document(tmp_path: Path, name: str) -> None:
    """Nothing of a name is taken for a value, whatever is in it."""
    history = write_store(tmp_path / "history.sqlite3", {name: 5.5})
    document = json.loads(export(history, "out.json").read_text())
    assert {*document["samples"][0]["targets"]} == {name}
    with HistoryReader(history) as reader:
        span = reader.span()
        assert span is not None
        values = [one.maximum for one in reader.stream([target(name)], *span)]
    assert [one["targets"][name]["rss_bytes"] for one in document["samples"]] == values
