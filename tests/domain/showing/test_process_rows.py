"""Rows of the table open to their processes, and close again."""

from __future__ import annotations

from typing import Any

import pytest

from trayapp.domain.showing.process_rows import MOST_OPEN, ProcessRows
from trayapp.domain.showing.table import (
    APPLICATION,
    PAST,
    PROCESS,
    Order,
    TableRow,
    filter_rows,
    memory_text,
    name_text,
    pid_text,
    sort_rows,
    status_text,
)

MIB = 1024**2
NOW = 1_700_000_000.0


def application(name: str = "editor", *pids: int) -> TableRow:
    return TableRow(kind=APPLICATION, name=name, pids=pids or (5, 6), rss_bytes=90.0 * MIB)


def told(pid: int, size_mib: float, name: str = "helper", **more: Any) -> dict[str, Any]:
    facts = {"pid": pid, "started": 77, "name": name, "rss_bytes": size_mib * MIB}
    return facts | {"started_at": NOW - 90} | more


def opened(row: TableRow, *processes: object) -> ProcessRows:
    rows = ProcessRows()
    rows.set_open(row, wanted=True)
    rows.take([{"kind": row.kind, "name": row.name, "processes": list(processes)}], NOW)
    return rows


def test_the_processes_follow_their_row_in_the_tables_order() -> None:
    row, other = application(), application("small", 9, 10)
    rows = opened(row, told(5, 30.0), told(6, 60.0, "main"))
    assert rows.wanted == [["application", "editor"]]
    shown = rows.with_processes([row, other], Order("memory"))
    assert [each.name for each in shown] == ["editor", "6:77", "5:77", "small"]
    shown = rows.with_processes([row, other], Order("memory", descending=False))
    assert [each.name for each in shown] == ["editor", "5:77", "6:77", "small"]
    process = shown[2]
    assert (name_text(process), pid_text(process), process.parent) == ("main", "6", row.key)
    assert memory_text(process) == "60.0 MiB RSS"
    assert status_text(process) == "running for 1 min 30 s"
    assert rows.find(process.key) is process


def test_a_closed_row_shows_none() -> None:
    row = application()
    rows = opened(row, told(5, 30.0))
    rows.set_open(row, wanted=False)
    assert rows.with_processes([row], Order()) == [row]
    assert rows.wanted == []


@pytest.mark.parametrize(
    "row",
    [
        TableRow(kind=APPLICATION, name="one", pids=(1,)),
        TableRow(kind=PAST, name="past"),
        TableRow(kind=PROCESS, name="1:2", pids=(1,)),
    ],
)
def test_what_has_no_processes_below_it_does_not_open(row: TableRow) -> None:
    rows = ProcessRows()
    rows.set_open(row, wanted=True)
    assert rows.is_open(row) is None
    assert rows.wanted == []


def test_no_more_are_open_than_can_be_read_each_second() -> None:
    rows = ProcessRows()
    for number in range(MOST_OPEN + 5):
        rows.set_open(application(f"a{number}"), wanted=True)
    assert len(rows.wanted) == MOST_OPEN


@pytest.mark.parametrize(
    "nonsense", [None, 1, [1], [{}], [{"kind": "application", "name": "editor"}], "x"]
)
def test_an_answer_of_another_version_is_passed_over(nonsense: object) -> None:
    row = application()
    rows = opened(row, told(5, 30.0), {"pid": "5"}, 7, told(6, 1.0, rss_bytes=None))
    rows.take(nonsense, NOW)
    assert [each.name for each in rows.with_processes([row], Order())][1:] == ["5:77", "6:77"]


def test_a_row_is_found_and_sorted_by_its_process_ids() -> None:
    many, one = application("many", 41, 42, 43), application("one", 7)
    assert [pid_text(row) for row in (many, one)] == ["41 +2", "7"]
    assert pid_text(TableRow(kind=PAST, name="past")) == "–"
    assert filter_rows([many, one], "42") == [many]
    assert sort_rows([many, one], Order("pid", descending=False)) == [one, many]
