"""The charts of a workbook, and their time axes in round steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from trayapp.export.sheets import Sheet

_CHART_COLORS = (
    "#0072B2", "#D55E00", "#00805D", "#B04A86", "#9A6B00", "#3188BD", "#4D4D4D",
)  # fmt: skip
_CHART_DASHES = ("solid", "dash", "round_dot", "dash_dot")
"""Each time that the colours begin anew."""
_GRID_COLOR, _AXIS_COLOR = "#D9D9D9", "#808080"
_TICK_SECONDS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800, 1_209_600, 2_592_000,
)  # fmt: skip
_CLOCKS = ((86_400, "mm-dd"), (3600, "mm-dd hh:mm"), (60, "hh:mm"), (0, "hh:mm:ss"))
"""How moments are written, by the least step in seconds."""
_MOST_TICKS = 8


def insert_chart(
    workbook: Any,
    table: Sheet,
    title: str,
    columns: Sequence[int],
    span: tuple[float, float],
    onto: Any,
    at: tuple[int, int],
) -> None:
    """Draw columns of a table over its times, on the sheet `onto`; nothing where it is empty."""
    if not columns or table.row == table.heading_row:
        return
    chart = workbook.add_chart({"type": "scatter", "subtype": "straight"})
    for number, column in enumerate(columns):
        rounds, color = divmod(number, len(_CHART_COLORS))
        dash = _CHART_DASHES[rounds % len(_CHART_DASHES)]
        chart.add_series(
            {
                "name": table.heading(column),
                "categories": table.cells(0),
                "values": table.cells(column),
                "line": {"width": 1.5, "color": _CHART_COLORS[color], "dash_type": dash},
            }
        )
    since, until, step = _time_axis(*span)
    line = {"color": _AXIS_COLOR}
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_x_axis(
        {
            "num_format": next(clock for least, clock in _CLOCKS if step >= least),
            "min": since,
            "max": until,
            "major_unit": step / 86_400,
            "major_gridlines": {"visible": False},
            "line": line,
        }
    )
    chart.set_y_axis(
        {
            "name": "MiB",
            "min": 0,
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": _GRID_COLOR}},
            "line": line,
        }
    )
    chart.set_legend({"position": "bottom"})
    chart.show_blanks_as("gap")
    chart.set_size({"width": 740, "height": 340})
    onto.insert_chart(*at, chart)


def _time_axis(since: float, until: float) -> tuple[float, float, int]:
    """Return both ends of a chart's time axis, as spreadsheets count, and its step in seconds.

    A spreadsheet counts its ticks from the beginning of the axis: that must be round.
    """
    span = max(1.0, until - since)
    step = next((one for one in _TICK_SECONDS if span / one <= _MOST_TICKS), _TICK_SECONDS[-1])
    first = math.floor(_serial(since) * 86_400 / step + 1e-6) * step
    # Days are exact to a few millionths of a second.
    last = math.ceil(_serial(since + span) * 86_400 / step - 1e-6) * step
    return first / 86_400, last / 86_400, step


def _serial(wall_seconds: float) -> float:
    """Return a moment as spreadsheets count: days of the local clock since the end of 1899."""
    return (datetime.fromtimestamp(wall_seconds) - datetime(1899, 12, 30)).total_seconds() / 86_400
