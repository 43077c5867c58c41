"""The words above a chart and its panels: what is shown, and of which time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trayapp.charts.axes import FINE_SECONDS, fine_clock
from trayapp.charts.curves import Run, TrendData
from trayapp.charts.labels import chart_name
from trayapp.charts.palette import Palette
from trayapp.charts.selection import RANGES, metric_label
from trayapp.domain.records.series import APPLICATION
from trayapp.language.catalogue import _, ngettext
from trayapp.language.dates import format_date
from trayapp.language.units import format_duration


def write_title(figure: Figure, data: TrendData, palette: Palette, now: float) -> None:
    width, height = figure.get_size_inches()
    left = 0.1 / width
    figure.text(
        left, 1 - 0.14 / height, _title(data),
        va="top", fontsize=13, weight="bold", color=palette.text,
    )  # fmt: skip
    line = time_span(data.since, data.until) if data.runs is None else _runs_line(data.runs)
    is_history = data.recording is None and data.selection.window is None
    if is_history and data.last is not None and now - data.last > 60:
        line = _("{line} · last sample {age} ago").format(
            line=line, age=format_duration(now - data.last)
        )
    figure.text(left, 1 - 0.4 / height, line, va="top", fontsize=8.5, color=palette.muted)


def _title(data: TrendData) -> str:
    selection = data.selection
    if selection.runs_of is not None:
        return _("Runs of {name}, since start").format(name=chart_name(selection.runs_of))
    if data.recording is not None:
        return chart_name(_("Memory, {what}").format(what=data.recording), 90)
    if selection.window is not None:
        what = format_duration(data.until - data.since)
    elif selection.span_seconds is None:
        what = _("since the first sample")
    else:
        # In the words of the button: "24 h", not "1 d".
        labels = {one.seconds: _(one.label) for one in RANGES}
        duration = labels.get(selection.span_seconds) or format_duration(selection.span_seconds)
        what = _("last {duration}").format(duration=duration)
    return _("Memory, {what}").format(what=what)


def _runs_line(runs: Sequence[Run]) -> str:
    return ngettext("{count} run recorded", "{count} runs, the latest in colour", len(runs)).format(
        count=len(runs)
    )


def time_span(since: float, until: float) -> str:
    """Return a stretch of time for people: date and clock of both ends."""
    start, end = datetime.fromtimestamp(since), datetime.fromtimestamp(until)
    if until - since < FINE_SECONDS:
        return f"{_date(start)}, {fine_clock(start)} – {fine_clock(end)}"
    clock = "%H:%M:%S" if until - since < 2 * 3600 else "%H:%M"
    first, last = _date(start), _date(end)
    if first == last:
        return f"{first}, {start:{clock}} – {end:{clock}}"
    return f"{first}, {start:{clock}} – {last}, {end:{clock}}"


def _date(moment: datetime) -> str:
    return format_date(moment.year, moment.month, moment.day)


def targets_heading(data: TrendData) -> str:
    # What a recording holds is not always known to be resident sets.
    if data.recording is not None:
        return _("Processes, resident set (RSS)")
    metric = metric_label(data.selection.metric)
    shown = len(data.selection.targets)
    if data.targets and all(curve.series.kind == APPLICATION for curve in data.targets):
        return _("Applications: {metric}").format(metric=metric)
    if 1 < shown < data.target_count:
        return _("Tracked programs: {metric}, {shown} of {count}").format(
            metric=metric, shown=shown, count=data.target_count
        )
    return _("Tracked programs: {metric}").format(metric=metric)


def write_heading(axes: Axes, text: str, palette: Palette) -> None:
    axes.set_title(text, loc="left", fontsize=9.5, weight="bold", color=palette.text, pad=7)
