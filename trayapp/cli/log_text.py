"""What `memtray log analyze` and `memtray day` print for people, made of their JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trayapp.domain.records.names import short_name, shown_name
from trayapp.language.catalogue import _, format_count, ngettext, paragraph
from trayapp.language.units import format_duration, format_percent, format_size
from trayapp.recording.outcomes import outcome_name

_NAME_WIDTH = 28
_LEAST_SHARE = 0.005
"""What is less is 0% where a person reads it."""
_MOST_TASKS = 30
_MOST_DAYS = 31
_MOST_MOMENTS = 20

Found = Mapping[str, Any]


def log_lines(found: Found) -> Iterator[str]:
    """Yield the answer first, then what it rests on."""
    count = found["lines"]
    text = ngettext("{count} line, {time}", "{count} lines, {time}", count)
    span = f"{found['first_time']} – {found['last_time']} ({_time(found['span_s'])})"
    yield text.format(count=format_count(count), time="–" if found["first_time"] is None else span)
    if found["other_lines"]:
        yield from _other_lines(found)
    yield from summary_lines(found)
    if found["compare"]:
        yield from _compare_lines(found["compare"])


def summary_lines(found: Found) -> Iterator[str]:
    """Yield what logs and the history have in common."""
    yield from _guilty_lines(found)
    yield from _task_lines(found["tasks"])
    yield from _growth_lines(found)
    yield from _idle_lines(found["idle"])
    yield from _moment_lines(_("Peaks"), [_peak(each) for each in found["peaks"]])
    yield from _moment_lines(_("Jumps between lines"), [_jump(each) for each in found["jumps"]])
    yield from _machine_lines(found["low_memory"])
    yield from _level_lines(found["levels"])


def day_lines(found: Found) -> Iterator[str]:
    """Yield a day of Memtray's own history."""
    for target in found["targets"]:
        yield _("{name} on {date}").format(name=shown_name(target["name"]), date=found["date"])
        if target["tasks"]:
            yield from _guilty_lines(target)
            yield from _task_lines(target["tasks"])
            yield ""
        titles = (_("LEAST"), _("MEAN"), _("PEAK"), _("TASKS"))
        hour_title = _("HOUR")
        yield f"  {hour_title:<8}" + "".join(f"{title:>11}" for title in titles)
        for hour in target["hours"]:
            sizes = (hour["least_bytes"], hour["mean_bytes"], hour["peak_bytes"])
            cells = [*map(format_size, sizes), format_count(hour["task_count"])]
            yield f"  {hour['hour']:02}:00   " + "".join(f"{cell:>11}" for cell in cells)
        yield ""
    if found["applications"]:
        yield from _application_lines(found)
    elif not found["targets"]:
        yield _("Nothing was recorded on {date}.").format(date=found["date"])


def _application_lines(found: Found) -> Iterator[str]:
    """Yield the largest applications of a day on which nothing tracked was recorded."""
    text = _("No tracked program was recorded on {date}. The largest applications:")
    yield text.format(date=found["date"])
    titles = (_("LEAST"), _("MEAN"), _("PEAK"))
    name_title = _("PROGRAM")
    yield f"{name_title:<{_NAME_WIDTH}}" + "".join(f"{title:>11}" for title in titles)
    for each in found["applications"]:
        sizes = (each["least_bytes"], each["mean_bytes"], each["peak_bytes"])
        name = short_name(each["name"], _NAME_WIDTH - 1)
        yield f"{name:<{_NAME_WIDTH}}" + "".join(f"{format_size(size):>11}" for size in sizes)


def _guilty_lines(found: Found) -> Iterator[str]:
    """Name the task that a person is to look at first, if there is one."""
    first = next(iter(found["tasks"]), None)
    kept = first["kept_bytes"] if first else None
    if first is None or not kept or kept <= 0:
        return
    share = kept / found["growth_bytes"] if found["growth_bytes"] else 0.0
    count, each = first["count"], first["growth_median_bytes"]
    text = ngettext(
        "{name} kept most: {size} in {count} run", "{name} kept most: {size} in {count} runs", count
    )
    name = shown_name(first["name"])
    line = text.format(name=name, size=format_size(kept), count=format_count(count))
    if count > 1 and each and each > 0:
        line = _("{text}, about {each} each time").format(text=line, each=format_size(each))
    if 0 < share <= 1:
        line = _("{text}; {share} of all growth").format(text=line, share=format_percent(share))
    yield ""
    yield line
    if first["where"]:
        yield _("Look into {place}").format(place=short_name(first["where"], 120))


def _task_lines(tasks: Sequence[Found]) -> Iterator[str]:
    if not tasks:
        return
    titles = (
        _("RUNS"), _("FAILED"), _("MEAN"), _("PEAK"), _("KEPT/RUN"), _("WORST"), _("KEPT"),
    )  # fmt: skip
    yield ""
    name_title = _("TASK")
    yield f"{name_title:<{_NAME_WIDTH}}" + "".join(f"{title:>11}" for title in titles)
    for task in tasks[:_MOST_TASKS]:
        sizes = (
            "mean_bytes", "peak_bytes", "growth_median_bytes", "growth_worst_bytes", "kept_bytes",
        )  # fmt: skip
        cells = [format_count(task["count"]), format_count(task["failed"])]
        cells += [format_size(task[size]) for size in sizes]
        name = short_name(task["name"], _NAME_WIDTH - 1)
        yield f"{name:<{_NAME_WIDTH}}" + "".join(f"{cell:>11}" for cell in cells)
    if len(tasks) > _MOST_TASKS:
        yield _("and {count} more").format(count=len(tasks) - _MOST_TASKS)


def _growth_lines(found: Found) -> Iterator[str]:
    grown, share = found["growth_bytes"], found["unexplained_share"]
    if grown is None or not found["tasks"]:
        return
    yield ""
    text = _("Memory in use changed by {size}").format(size=format_size(grown))
    if share is not None and share >= _LEAST_SHARE:
        text += "; " + _("no task explains {share} of that").format(share=format_percent(share))
    yield text


def _idle_lines(idle: Found) -> Iterator[str]:
    days = idle["days"]
    if not days:
        return
    yield ""
    yield _("While no task runs")
    for day in days[-_MOST_DAYS:]:
        yield f"  {day['date']}  {format_size(day['bytes']):>10}"
    slope = idle["slope_bytes_per_day"]
    sign = "+" if slope and slope > 0 else ""
    trend = "–" if slope is None else _("{size} a day").format(size=sign + format_size(slope))
    verdict = "" if idle["verdict"] is None else outcome_name(idle["verdict"])
    evidence = idle["evidence"] if idle["verdict"] in ("growing", "leaking") else ""
    yield "  " + paragraph(f"{trend}: {verdict}.", evidence or "")


def _moment_lines(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines[:_MOST_MOMENTS])


def _peak(peak: Found) -> str:
    return f"{peak['time']}  {format_size(peak['rss_bytes']):>10}  {_task(peak)}"


def _jump(jump: Found) -> str:
    before, after = jump["from_bytes"], jump["to_bytes"]
    sizes = f"{format_size(before)} → {format_size(after)}"
    sign = "+" if after > before else ""
    return f"{jump['time']}  {sign + format_size(after - before):>10}  {sizes:<24} {_task(jump)}"


def _task(moment: Found) -> str:
    return _("idle") if moment["task"] is None else short_name(moment["task"], 80)


def _machine_lines(episodes: Sequence[Found]) -> Iterator[str]:
    if not episodes:
        return
    yield ""
    seconds = sum(one["seconds"] for one in episodes)
    text = ngettext(
        "The machine was short of memory once, for {time}",
        "The machine was short of memory {count} times, for {time} in all",
        len(episodes),
    )
    yield text.format(count=len(episodes), time=_time(seconds))
    for one in episodes[:_MOST_MOMENTS]:
        size, share = one["least_available_bytes"], one["least_free_share"]
        least = f"{format_size(size)} ({format_percent(share)})"
        yield f"  {one['time']}  {_time(one['seconds']):>12}  {least:<20} {_task(one)}"


def _level_lines(levels: Found | None) -> Iterator[str]:
    if not levels:
        return
    normal, warning, critical = (levels[key] for key in ("normal_s", "warning_s", "critical_s"))
    total = normal + warning + critical
    if not total or normal == total:
        return
    yield ""
    text = _("Size: warning from {warning} for {time}, critical from {critical} for {longer}")
    yield text.format(
        warning=format_size(levels["warning_bytes"]),
        time=f"{_time(warning)} ({format_percent(warning / total)})",
        critical=format_size(levels["critical_bytes"]),
        longer=f"{_time(critical)} ({format_percent(critical / total)})",
    )


def _other_lines(found: Found) -> Iterator[str]:
    count = found["other_lines"]
    text = ngettext("{count} line of another form:", "{count} lines of other forms:", count)
    yield text.format(count=format_count(count))
    yield from (f"  {short_name(line, 100)}" for line in found["other_examples"])


def _compare_lines(compare: Found) -> Iterator[str]:
    yield ""
    yield _("Compared with before")
    yield "  " + _difference(_("idle"), compare["idle"])
    peak = compare["peak"]
    before, after = format_size(peak["old_bytes"]), format_size(peak["new_bytes"])
    text = _("Peak: {before} → {after}")
    yield "  " + text.format(before=before, after=after)
    for task in compare["tasks"][:_MOST_TASKS]:
        title = _("{name}, kept by each run").format(name=short_name(task["name"], 60))
        yield "  " + _difference(title, task)
    for key, text in (
        ("only_new", _("only now: {names}")),
        ("only_old", _("only before: {names}")),
    ):
        names = compare[key]
        if names:
            yield "  " + text.format(names=", ".join(short_name(name) for name in names))


def _difference(title: str, one: Found) -> str:
    before, after = format_size(one["old_bytes"]), format_size(one["new_bytes"])
    size = one["difference_bytes"]
    sign = "+" if size and size > 0 else ""
    judged = {
        None: _("too few to tell from chance"),
        True: _("more than chance"),
        False: _("may be chance"),
    }[one["more_than_chance"]]
    return f"{title}: {before} → {after} ({sign}{format_size(size)}, {judged})"


def _time(seconds: float) -> str:
    return format_duration(seconds)
