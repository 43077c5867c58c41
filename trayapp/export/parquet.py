"""The columnar file, `.parquet`: one row per series and moment, for pandas, Polars or DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trayapp.errors import ExportError
from trayapp.export.safe_names import plain_text
from trayapp.export.source import Source
from trayapp.language.catalogue import _
from trayapp.language.extras import COLUMNAR, what_it_needs

_ROWS_AT_ONCE = 65_536


def write(path: Path, source: Source) -> None:
    """Write everything at the finest that is kept.

    Columns: `time` (UTC), `stretch_s` (0: a single sample; 60 or 3600: what is left of a minute or
    an hour), `kind`, `name`, `metric` (as in the table's headings, with its unit), `minimum`,
    `mean`, `maximum`, `samples`.

    Raises: ExportError if pyarrow is missing; OSError, HistoryError.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ExportError(what_it_needs(_("a .parquet file"), COLUMNAR)) from error
    schema = pyarrow.schema(
        [
            ("time", pyarrow.timestamp("ms", tz="UTC")),
            ("stretch_s", pyarrow.int32()),
            *((name, pyarrow.string()) for name in ("kind", "name", "metric")),
            *((name, pyarrow.float64()) for name in ("minimum", "mean", "maximum")),
            ("samples", pyarrow.int64()),
        ]
    )
    with (
        path.open("wb") as file,
        parquet.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=["kind", "name", "metric"]
        ) as table,
    ):
        batch = _Batch(source)
        for row in source.rows():
            batch.add(row.wall_seconds, row.stretch_seconds, row.cells)
            if len(batch.columns[0]) >= _ROWS_AT_ONCE:
                table.write_batch(pyarrow.record_batch(batch.take(), schema=schema))
        table.write_batch(pyarrow.record_batch(batch.take(), schema=schema))


class _Batch:
    """A batch of rows, column by column."""

    def __init__(self, source: Source) -> None:
        self._names = [(one.kind, plain_text(one.name), one.metric) for one in source.series]
        self.columns: list[list[Any]] = [[] for _field in range(9)]

    def add(self, wall_seconds: float, stretch_seconds: float, cells: Any) -> None:
        """Add one moment of all series."""
        moment, stretch = round(wall_seconds * 1000), int(stretch_seconds)
        for place, cell in cells.items():
            values = (
                moment, stretch, *self._names[place],
                cell.minimum, cell.mean, cell.maximum, cell.count,
            )  # fmt: skip
            for column, value in zip(self.columns, values, strict=True):
                column.append(value)

    def take(self) -> list[list[Any]]:
        """Return all rows so far, and begin anew."""
        columns, self.columns = self.columns, [[] for _field in self.columns]
        return columns
