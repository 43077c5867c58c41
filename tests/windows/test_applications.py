"""What is kept of applications is shown, exported and reported like a target, by its name."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.windows.stores import MIB, START, write_store
from trayapp.charts.selection import Selection
from trayapp.domain.judging.application_history import tracked_event
from trayapp.domain.records.series import (
    APPLICATION,
    ApplicationMinute,
    Event,
    Inheritance,
    JsonValue,
    Series,
)
from trayapp.errors import UsageError
from trayapp.export.export import ExportOptions, main
from trayapp.export.report.json_report import report_json
from trayapp.export.report.writing import ReportOptions
from trayapp.export.report.writing import main as report
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.target_history import read_past
from trayapp.history.writer import HistoryWriter
from trayapp.windows.selecting import application_names, narrow_selection, program_names
from trayapp.windows.trend_reading import read_trends

MINUTES = 120
LEAKY = Series(APPLICATION, "leaky.py", "rss_bytes")
TWICE = Series(APPLICATION, "web", "rss_bytes")


def alert(after: float, about: str, what: str, level: str) -> Event:
    data: dict[str, JsonValue] = {
        "about": about, "what": what, "body": "It grows.",
        "incident": "leak-of-application:leaky.py",
    }  # fmt: skip
    return Event(
        wall_seconds=START + after, kind="alert", subject="leaky.py", level=level,
        text="leaky.py seems to leak memory", data=data,
    )  # fmt: skip


def leaky_mib(number: int) -> int:
    return 50 + 4 * number


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two hours of a target, of an application that leaks, and of one named like the target."""
    path = write_store(
        tmp_path / "h", {"web": 80.0 * MIB}, seconds=60.0 * MINUTES, step=10.0,
        events=[alert(1800, "application:program:leaky.py", "raised", "warning")],
    )  # fmt: skip
    with closing(HistoryWriter(path, Retention())) as writer:
        writer.add_minutes(
            ApplicationMinute(
                int(START) + 60 * number, series, leaky_mib(number) * MIB,
                (leaky_mib(number) + 3) * MIB,
            )
            for number in range(MINUTES)
            for series in (LEAKY, TWICE)
        )  # fmt: skip
    return path


def test_a_name_means_the_target_where_both_have_it(store: Path) -> None:
    with HistoryReader(store) as reader:
        assert application_names(reader.series()) == ("leaky.py",)
        assert program_names(reader.series()) == ("web", "leaky.py")
        (web,) = read_trends(reader, Selection(targets=("web",), span_seconds=600.0)).targets
        assert (web.series.kind, web.current) == ("target", 80 * MIB)


def test_the_chart_of_an_application_says_that_it_is_not_tracked_and_that_it_grows(
    store: Path,
) -> None:
    with HistoryReader(store) as reader:
        known = program_names(reader.series())
        selection = narrow_selection(Selection(span_seconds=7200.0), known, targets=["leaky.py"])
        data = read_trends(reader, selection)
    (leaky,) = data.targets
    assert leaky.name == "leaky.py (not tracked)"
    assert np.nanmax(leaky.high) == (leaky_mib(MINUTES - 1) + 3) * MIB
    assert data.growths["leaky.py"].level == "leaking"
    assert [event.text for event in data.target_events] == ["leaky.py seems to leak memory"]


def test_a_target_shows_where_it_was_tracked_from(store: Path) -> None:
    now = START + 60 * MINUTES
    with closing(HistoryWriter(store, Retention())) as writer:
        since = writer.inherit(Inheritance("mine", "leaky.py"), now)
        assert since == START
        writer.add_event(tracked_event("mine", now, since))
    with HistoryReader(store) as reader:
        data = read_trends(reader, Selection(targets=("mine",), span_seconds=7200.0))
    (mine,) = data.targets
    assert mine.series.kind == "target"
    assert mine.value_at(START + 30) == (50 * MIB, 50 * MIB, 53 * MIB)
    assert [event.kind for event in data.target_events] == ["tracked"]


def test_details_have_the_last_hour_and_the_growth_of_each(store: Path) -> None:
    with HistoryReader(store) as reader:
        past = read_past(reader, "leaky.py", START + 60 * MINUTES, APPLICATION)
    means = [point.mean for point in past.hour if point.mean is not None]
    assert len(means) in (60, 61)
    assert means[-1] == leaky_mib(MINUTES - 1) * MIB
    assert past.hourly[-1] == pytest.approx(4 * 60 * MIB, rel=0.05)


def test_what_ran_lately_is_offered(store: Path) -> None:
    """Not what has ended long ago: those of two weeks are too many for a menu."""
    with HistoryReader(store) as reader:
        assert reader.recent_applications() >= {"leaky.py"}


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx", "parquet"])
def test_an_export_has_an_application_when_it_is_named(store: Path, ending: str) -> None:
    output = store.with_name(f"out.{ending}")
    options = ExportOptions(history_file=store, output=output, targets=("leaky.py",))
    assert main(options, lambda _: None) == 0
    assert output.stat().st_size
    if ending == "json":
        told = json.loads(output.read_text())
        (one,) = told["targets"]
        assert (one["name"], one["is_tracked"], one["alerts"]) == ("leaky.py", False, 1)
        assert one["peak_rss_bytes"] == (leaky_mib(MINUTES - 1) + 3) * MIB
        sizes = [each["targets"] for each in told["samples"] if each["targets"]]
        assert len(sizes) == MINUTES
    if ending == "csv":
        heading = output.read_text().splitlines()[0]
        assert "leaky.py rss_bytes" in heading
        assert "web" not in heading


def test_without_a_name_only_targets_are_exported(store: Path) -> None:
    output = store.with_name("out.csv")
    main(ExportOptions(history_file=store, output=output), lambda _: None)
    assert "leaky.py" not in output.read_text().splitlines()[0]


def test_an_unknown_name_is_told_the_nearest_application(store: Path) -> None:
    output = store.with_name("out.csv")
    with pytest.raises(UsageError, match=r"did you mean 'leaky\.py'"):
        main(
            ExportOptions(history_file=store, output=output, targets=("leaky.pi",)), lambda _: None
        )


def test_a_report_judges_an_application_and_names_its_alert(store: Path) -> None:
    output = store.with_name("out.html")
    options = ReportOptions(history_file=store, output=output, targets=("leaky.py",))
    told: Any = report_json(report(options, lambda _: None))
    (one,) = told["targets"]
    assert (one["name"], one["verdict"], one["alerts"]) == ("leaky.py", "leaking", 1)
    assert [each["subject"] for each in told["incidents"]] == ["leaky.py"]
    assert "leaky.py" in output.read_text()
