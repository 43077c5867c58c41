"""The table, `.csv`: one row per moment, one column per series, for spreadsheets and scripts."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from trayapp.domain.records import Series
from trayapp.export.source import Source
from trayapp.export.texts import harmless_cell, unique_names

TIME_HEADINGS = ("unix_s", "time (local)")


def write_csv(path: Path, source: Source) -> None:
    """Write everything at the finest that is kept; UTF-8, commas, a dot in decimals.

    Headings are the name and what is measured with its unit, "web rss_bytes". Of a minute or an
    hour, where samples are gone, a cell is the greatest. It is empty where nothing is known.

    Raises: OSError, HistoryError.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        headings = unique_names(map(_heading, source.series), TIME_HEADINGS)
        table.writerow([*TIME_HEADINGS, *map(harmless_cell, headings)])
        places = range(len(source.series))
        for row in source.rows():
            moment = datetime.fromtimestamp(row.wall_seconds).isoformat(" ", "milliseconds")
            cells = (row.cells.get(place) for place in places)
            table.writerow(
                [
                    f"{row.wall_seconds:.3f}",
                    moment,
                    *("" if cell is None else f"{cell.maximum:.12g}" for cell in cells),
                ]
            )


def _heading(series: Series) -> str:
    name = {"system": "system", "app": "memtray"}.get(series.kind, series.name)
    return f"{name} {series.metric}"
