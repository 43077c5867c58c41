"""The table of targets and applications: what its cells say, how it is sorted and filtered."""

from __future__ import annotations

import pytest

from trayapp.domain.records.levels import Level
from trayapp.domain.showing.table import (
    APP,
    APPLICATION,
    COLUMNS,
    GONE_SECONDS,
    PAST,
    TARGET,
    Order,
    TableKeeper,
    TableRow,
    filter_rows,
    memory_text,
    name_text,
    rate_text,
    row_from,
    share_text,
    sort_rows,
    status_text,
    trend_text,
)

MIB = 1024**2


def row(name: str, size_mib: float | None = 1.0, **more: object) -> TableRow:
    pids = () if size_mib is None else (1,)
    values: dict[str, object] = {"kind": APPLICATION, "name": name, "pids": pids} | more
    values["rss_bytes"] = None if size_mib is None else size_mib * MIB
    return TableRow(**values)  # type: ignore[arg-type]


def names(rows: list[TableRow]) -> list[str]:
    return [one.name for one in rows]


def test_figures_are_sorted_from_the_top_and_the_unknown_stays_last() -> None:
    rows = [row("b", 2.0), row("none", None), row("a", 2.0), row("c", 9.0)]
    assert names(sort_rows(rows, Order())) == ["c", "a", "b", "none"]
    assert names(sort_rows(rows, Order("memory", descending=False))) == ["a", "b", "c", "none"]


def test_names_are_sorted_as_people_do() -> None:
    rows = [row("beta"), row("Alpha"), row("gamma")]
    assert names(sort_rows(rows, Order().chosen("name"))) == ["Alpha", "beta", "gamma"]


def test_a_second_click_turns_the_order_around() -> None:
    order = Order().chosen("delta")
    assert order == Order("delta", descending=True)
    assert order.chosen("delta") == Order("delta", descending=False)


def test_status_is_sorted_by_how_bad_it_is() -> None:
    rows = [
        row("fine"),
        row("leak", verdict="leaking"),
        row("alarm", level=Level.CRITICAL),
        row("over", None, verdict="gone"),
        row("past", None, kind=PAST),
    ]
    assert names(sort_rows(rows, Order("status"))) == ["alarm", "leak", "fine", "over", "past"]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_sorts_rows_of_which_nothing_is_known(column: str) -> None:
    rows = [row("b", None), row("a", None), row("c")]
    assert set(names(sort_rows(rows, Order(column)))) == {"a", "b", "c"}


def test_the_filter_looks_at_name_kind_status_and_pid() -> None:
    rows = [
        row("Editor", kind=TARGET, verdict="leaking"),
        row("editor helper", pids=(4711,)),
        row("shell"),
    ]
    assert names(filter_rows(rows, "EDIT")) == ["Editor", "editor helper"]
    assert names(filter_rows(rows, "edit leak")) == ["Editor"]
    assert names(filter_rows(rows, "tracked")) == ["Editor"]
    assert names(filter_rows(rows, "4711")) == ["editor helper"]
    assert names(filter_rows(rows, "  ")) == ["Editor", "editor helper", "shell"]
    assert filter_rows(rows, "nothing") == []


def test_cells_name_what_they_show() -> None:
    one = row(
        "web", 412.0, kind=TARGET, limit_bytes=1024.0 * MIB, limit_share=0.402,
        has_own_limit=True, slope_bytes_per_second=200_000.0, restart_count=2, verdict="growing",
    )  # fmt: skip
    assert memory_text(one) == "412 MiB RSS"
    assert share_text(one) == "40% of 1.00 GiB"
    assert status_text(one) == "restarted 2 times, growing"
    assert trend_text(one) == "↗ up"
    assert rate_text(one) == "+195 KiB/s"


def test_what_is_unknown_is_a_dash_and_never_zero() -> None:
    one = row("web", None)
    assert (memory_text(one), share_text(one), rate_text(one), trend_text(one)) == ("–",) * 4
    assert status_text(one) == "exited"


def test_little_change_is_flat() -> None:
    assert trend_text(row("a", slope_bytes_per_second=-4_000.0)) == "→ flat"
    assert rate_text(row("a", slope_bytes_per_second=-4_000.0)) == "steady"
    assert trend_text(row("a", slope_bytes_per_second=-6_000.0)) == "↘ down"


def test_the_share_of_what_has_no_limit_is_of_the_machine() -> None:
    assert share_text(row("a", limit_share=0.03)) == "3% of RAM"
    assert share_text(row("a", limit_share=0.0042)) == "0.4% of RAM"
    assert share_text(row("a", limit_share=0.00998)) == "1% of RAM"
    assert share_text(row("a", limit_share=0.00042)) == "0.04% of RAM"
    assert share_text(row("a", limit_share=0.0)) == "0% of RAM"


def test_alerts_show_in_words() -> None:
    assert status_text(row("a", level=Level.WARNING)) == "running, warning"
    assert status_text(row("a", level=Level.CRITICAL, verdict="growing")) == "running, critical"


def test_several_processes_are_counted() -> None:
    assert name_text(row("shell", pids=(1, 2, 3))) == "shell ×3"
    assert name_text(row("memtray", kind=APP)) == "Memtray itself"


def test_an_application_that_ends_is_gone_for_a_while() -> None:
    keeper = TableKeeper()
    keeper.merge([row("a", pids=(1,)), row("b", pids=(2,))], 0.0, complete=True)
    after = keeper.merge([row("a", pids=(1,))], 5.0, complete=True)
    assert [(one.name, status_text(one)) for one in after] == [("a", "running"), ("b", "exited")]
    assert after[1].rss_bytes is None
    assert len(keeper.merge([row("a", pids=(1,))], 5.0 + GONE_SECONDS, complete=True)) == 2
    assert len(keeper.merge([row("a", pids=(1,))], 6.0 + GONE_SECONDS, complete=True)) == 1


def test_an_application_that_becomes_a_target_is_not_gone() -> None:
    keeper = TableKeeper()
    keeper.merge([row("a", pids=(1, 2))], 0.0, complete=True)
    after = keeper.merge([row("a", kind=TARGET, pids=(2,))], 5.0, complete=True)
    assert [(one.kind, one.name) for one in after] == [(TARGET, "a")]


def test_an_application_that_was_not_asked_for_stays_as_it_was() -> None:
    keeper = TableKeeper()
    keeper.merge([row("a", pids=(1,)), row("b", 5.0, pids=(2,))], 0.0, complete=True)
    after = keeper.merge([row("a", pids=(1,))], 1.0, complete=False)
    assert [one.rss_bytes for one in after if one.name == "b"] == [5.0 * MIB]


def test_an_application_with_other_processes_was_started_again() -> None:
    keeper = TableKeeper()
    keeper.merge([row("a", pids=(1, 2))], 0.0, complete=True)
    (same,) = keeper.merge([row("a", pids=(2, 3))], 1.0, complete=True)
    assert status_text(same) == "running"
    (other,) = keeper.merge([row("a", pids=(4,))], 2.0, complete=True)
    assert status_text(other) == "restarted"
    keeper.merge([], 3.0, complete=True)
    (back,) = keeper.merge([row("a", pids=(5,))], 4.0, complete=True)
    assert status_text(back) == "restarted 2 times"


def test_figures_from_before_its_end_do_not_bring_an_application_back() -> None:
    keeper = TableKeeper()
    keeper.merge([row("a", pids=(1, 2))], 0.0, complete=True)
    keeper.merge([], 1.0, complete=True)
    (stale,) = keeper.merge([row("a", pids=(1, 2), verdict="growing")], 2.0, complete=False)
    assert status_text(stale) == "exited"
    assert stale.rss_bytes is None
    (back,) = keeper.merge([row("a", pids=(3,))], 3.0, complete=False)
    assert status_text(back) == "restarted"
    assert keeper.merge([row("a", pids=(3,))], 3.0 + GONE_SECONDS, complete=True) == [back]


def test_an_answer_of_another_version_is_read_as_far_as_it_fits() -> None:
    told = {"kind": "target", "name": 7, "pids": ["x", 3], "rss_bytes": "big", "bars": [1, None]}
    one = row_from(told | {"level": "dreadful", "new": {}})
    assert one == TableRow(kind=TARGET, name="7", pids=(3,), bars=(1.0, None))
