"""Which columns the table has, and that a choice outlives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.domain.showing.table import COLUMNS, TableRow, row_from
from trayapp.windows.columns import (
    FIGURES,
    TABLE_COLUMNS,
    columns_of,
    load_columns,
    save_columns,
)
from trayapp.windows.table import table_text

MIB = 1024**2
DEFAULT = ["name", "pid", "memory", "share", "status", "delta", "trend", "chart"]


def keys(file: Path) -> list[str]:
    return [column.key for column in load_columns(file)]


def test_a_choice_outlives_the_window(tmp_path: Path) -> None:
    file = tmp_path / "new" / "columns.json"
    assert keys(file) == DEFAULT
    save_columns(file, columns_of(["memory", "virtual", "cpu"]))
    assert keys(file) == ["name", "memory", "cpu", "virtual"]
    save_columns(file, columns_of([]))
    assert keys(file) == ["name"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"columns": 7}', '{"columns": [[]]}', "\0"])
def test_a_file_that_makes_no_sense_is_as_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "columns.json"
    file.write_text(text)
    assert keys(file) == DEFAULT


def test_every_column_can_be_sorted_by_and_has_its_figure() -> None:
    assert {column.key for column in TABLE_COLUMNS} == set(COLUMNS)
    told = {
        "kind": "target", "name": "app", "pids": [7], "rss_bytes": 100 * MIB,
        "size_bytes": 90 * MIB, "size_kind": "proportional", "uss_bytes": 80 * MIB,
        "pss_bytes": 90 * MIB, "swap_bytes": 0, "virtual_bytes": 2048 * MIB,
        "committed_bytes": 300 * MIB, "kernel_peak_bytes": 120 * MIB, "peak_bytes": 95 * MIB,
        "cpu_percent": 12.5,
    }  # fmt: skip
    row = row_from(told)
    assert {key: figure(row) for key, figure in FIGURES.items()} == {
        "cpu": "12.5%", "private": "80.0 MiB", "proportional": "90.0 MiB",
        "resident": "100 MiB", "swap": "0 B", "virtual": "2.00 GiB", "committed": "300 MiB",
        "peak": "95.0 MiB", "kernel_peak": "120 MiB",
    }  # fmt: skip
    empty = TableRow(kind="target", name="gone")
    assert {figure(empty) for figure in FIGURES.values()} == {"–"}
    printed = table_text({"rows": [told]}, columns_of(["virtual", "cpu"]))
    assert printed.endswith("12.5%  2.00 GiB")
