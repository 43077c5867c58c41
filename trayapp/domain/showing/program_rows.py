"""Programs in the tray's menu: a row of figures each, and below it what can be done about it.

Figures come first, in columns: digits are equally wide in the fonts of menus, names are not. Figure
spaces (U+2007) are as wide as a digit, punctuation spaces (U+2008) as a point or a comma.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from trayapp.domain.acting.acts import acts_of, menu_key
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.trend import is_flat, trend_arrow
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.records.bars import sparkline, zoomed_heights
from trayapp.domain.records.identity import (
    MEMTRAY,
    application_key,
    is_application,
    target_key,
    target_of,
)
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.sizes import size_label, size_said
from trayapp.domain.showing.lines import unmatched_line, with_limit
from trayapp.domain.showing.menu import TEXT_MARK, MenuEntry
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import format_percent, format_rate, format_size

Program = TargetView | ApplicationView
ALERT_KEY = "alert"
"""Begins the key of what can be done about an alert's program: `alert:end:leak:NAME`."""

_MOST_APPLICATIONS, _LEAST_APPLICATIONS = 5, 2
_DIGIT, _POINT = "\u2007", "\u2008"
_MOST_DIGITS = 3
_NAME = "Memtray"
_UNKNOWN_SIZE = f"{5 * _DIGIT}–{2 * _DIGIT}"
_RATE_WIDTH = 10
"""Characters of a rate, as in "+12.3 MiB/s"."""


def shown_applications(view: View) -> tuple[ApplicationView, ...]:
    """The largest few, fewer beside many targets: the menu is to fit the screen."""
    return view.applications[: max(_LEAST_APPLICATIONS, _MOST_APPLICATIONS - len(view.targets))]


def about_program(program: Program) -> str:
    """Return whom a row is about, as a key of `identity`."""
    if isinstance(program, TargetView):
        return target_key(program.name)
    return application_key(program.key) if program.key else f"application:{program.name}"


def program_rows(view: View, controls: Controls, targets: Sequence[TargetView]) -> list[MenuEntry]:
    """Return a submenu for each of these targets, each shown application, and Memtray.

    Where there are both, a line of text stands above what is not tracked.
    """
    programs: list[Program] = [*targets, *shown_applications(view)]
    names = Counter(shown_name(program.name) for program in programs)
    rows = []
    for place, program in enumerate(programs):
        if targets and place == len(targets):
            # Both kinds of rows look alike, and are not meant alike.
            rows.append(MenuEntry(key="others:heading", label=_("Not tracked"), kind="text"))
        about, name = about_program(program), shown_name(program.name)
        if names[name] > 1 and program.pids:
            # Translators: a program that has a namesake, and its process.
            name = _("{name} (pid {pid})").format(name=name, pid=program.pids[0])
        rows.append(
            MenuEntry(
                key=about,
                label=_row(program, name),
                kind="submenu",
                spoken=_with_level(program.level, _spoken(program, name)),
                children=tuple(_program_actions(program, about, controls)),
            )
        )
    return [*rows, _own_row(view, controls)]


def acts_shown(view: View, controls: Controls) -> Mapping[str, tuple[object, ...]]:
    """Return what may be done about each program, which decides what can be clicked."""
    programs: Iterable[Program] = (*view.targets, *shown_applications(view))
    keys = (about_program(program) for program in programs)
    return {key: acts_of(controls.programs.get(key)) for key in keys}


def alert_entries(incident: Incident, view: View, controls: Controls) -> Iterator[MenuEntry]:
    """Yield what an alert's entry offers of the program that it is about; nothing, if of none."""
    about, key = incident.identity, incident.key
    name = target_of(about)
    is_other = is_application(about)
    is_tracked = any(target.name == name for target in view.targets)
    if not (is_other or is_tracked or about == MEMTRAY):
        return
    yield MenuEntry(key=alert_key("details", key), label=_("Details…"))
    if about == MEMTRAY:
        return
    for act in acts_of(controls.programs.get(about)):
        yield MenuEntry(key=alert_key(act.name, key), label=act.text, enabled=act.is_possible)
    if is_other and any(about_program(each) == about for each in view.applications):
        yield MenuEntry(key=alert_key("follow", key), label=_("Track"))


def alert_key(what: str, incident_key: str) -> str:
    """Return the key of an entry about the program of an alert; what: "details", "follow", an act.

    The program's own row may be in the same menu, and keys are unique.
    """
    return f"{ALERT_KEY}:{what}:{incident_key}"


def size_cell(size_bytes: float | None) -> str:
    """Return a size as wide as any other, where digits are equally wide."""
    if size_bytes is None:
        return _UNKNOWN_SIZE
    text = format_size(size_bytes)
    digits = sum(char.isdigit() for char in text)
    number = text[: max((place for place, char in enumerate(text) if char.isdigit()), default=0)]
    point = "" if any(not char.isdigit() for char in number) else _POINT
    return _DIGIT * (_MOST_DIGITS - digits) + point + text


def _row(program: Program, name: str) -> str:
    """Return "144 MiB ↗ ▁▁▁▂▂▃▃▄▅█  NAME ×9  +1.2 MiB/s, limit in 8 min"."""
    if isinstance(program, TargetView):
        if program.unmatched is not None:
            return unmatched_line(name, program.unmatched)
        if not program.pids:
            return _("{name} – not running").format(name=name)
    mark = TEXT_MARK if program.level > Level.NORMAL else ""
    count = len(program.pids)
    several = f" ×{count}" if count > 1 else ""
    rate = program.slope_bytes_per_second
    headroom = program.headroom if isinstance(program, TargetView) else program.leak.headroom
    line = f"{_columns(program.size_bytes, rate, program.bars)}  {mark}{name}{several}"
    if isinstance(program, TargetView) and program.has_own_limit and program.limit_share:
        # Translators: a program and how much of its limit it takes.
        text = _("{name} ({share} of limit)")
        line = text.format(name=line, share=format_percent(program.limit_share))
    if not is_flat(rate):
        line += f"  {format_rate(rate)}"
    # A tray may not widen a menu that is open.
    room = _DIGIT * _RATE_WIDTH if is_flat(rate) else "\u00a0" * 3
    return with_limit(line, headroom) + room


def _columns(size_bytes: float | None, rate: float | None, bars: Sequence[float | None]) -> str:
    # A dot is about a space narrower than a bar.
    course = sparkline(zoomed_heights(bars)).replace("·", "·\u00a0")
    return f"{size_cell(size_bytes)} {trend_arrow(rate)} {course}".rstrip(" ")


def _program_actions(program: Program, about: str, controls: Controls) -> Iterator[MenuEntry]:
    if program.pids:
        yield MenuEntry(key=f"size:{about}", label=_kind_line(program), kind="text")
        for number, line in enumerate(inside_lines(program)):
            yield MenuEntry(key=f"inside{number}:{about}", label=line, kind="text")
    if isinstance(program, TargetView) and program.charge and program.charge.in_brief:
        yield MenuEntry(key=f"charge:{about}", label=program.charge.in_brief, kind="text")
    yield MenuEntry(key=f"details:{about}", label=_("Details…"))
    if isinstance(program, TargetView):
        yield MenuEntry(key=f"history:{about}", label=_("Trends…"))
    for act in acts_of(controls.programs.get(about)):
        yield MenuEntry(key=menu_key(act.name, about), label=act.text, enabled=act.is_possible)
    yield MenuEntry(key=f"snooze:{about}", label=_("Snooze for 1 hour"))
    if isinstance(program, TargetView):
        yield MenuEntry(key=f"untrack:{program.name}", label=_("Stop tracking"))
    else:
        yield MenuEntry(key=f"follow:{about}", label=_("Track"))


def inside_lines(program: Program) -> list[str]:
    """Return what is known of a program's heap from inside, a line each; empty: nothing."""
    if not isinstance(program, TargetView):
        return []
    lines = []
    limit = program.heap.limit_bytes if program.heap else None
    if program.heap is not None and limit:
        text = _("Heap: {used} of {limit} in use ({share})")
        used = program.heap.kept_bytes
        used = program.heap.used_bytes if used is None else used
        lines.append(
            text.format(
                used=format_size(used), limit=format_size(limit), share=format_percent(used / limit)
            )
        )
    if program.inside is not None and program.inside.label:
        lines.append(program.inside.label)
    return lines


def _kind_line(program: Program) -> str:
    """Return how the size was found, and of which processes: "144 MiB PSS, 9 processes"."""
    count = len(program.pids)
    size = size_label(program.size_bytes, program.size_kind, count)
    if count == 1:
        return _("{size}, pid {pid}").format(size=size, pid=program.pids[0])
    return _("{size}, {count} processes").format(size=size, count=format_count(count))


def _own_row(view: View, controls: Controls) -> MenuEntry:
    """Return the row of Memtray itself, with what it costs."""
    app = view.app
    size_bytes = app.uss_bytes or app.rss_bytes
    cpu = format_percent(None if app.cpu_percent is None else app.cpu_percent / 100, 1)
    # Translators: how much of a processor core something takes.
    load = _("{share} CPU").format(share=cpu)
    acts = acts_of(controls.programs.get(MEMTRAY))
    kind = _("{size} private") if app.uss_bytes else _("{size} resident")
    if app.uss_bytes and app.rss_bytes:
        # Trends and table show the latter, which counts what all programs share.
        kind = _("{size} private, {resident} resident")
    return MenuEntry(
        key=MEMTRAY,
        label="  ".join((_columns(size_bytes, 0.0, view.app_bars), _NAME, load)),
        kind="submenu",
        spoken=_("{name}: {size}").format(name=_NAME, size=format_size(size_bytes)),
        children=(
            MenuEntry(
                key="size:memtray",
                label=kind.format(
                    size=format_size(size_bytes), resident=format_size(app.rss_bytes)
                ),
                kind="text",
            ),
            MenuEntry(key="details:memtray", label=_("Details…")),
            MenuEntry(key="history:memtray", label=_("Trends…")),
            *(
                MenuEntry(key="cleanup:app", label=act.text, enabled=act.is_possible)
                for act in acts
                if act.name == "free"
            ),
        ),
    )


def _spoken(program: Program, name: str) -> str:
    """Return what a screen reader says of a row: words, where others see signs."""
    size_bytes, bytes_per_second = program.size_bytes, program.slope_bytes_per_second
    if isinstance(program, TargetView) and not program.pids:
        return ""
    if size_bytes is None:
        return _("{name}: size unknown").format(name=name)
    if bytes_per_second is None:
        text = _("{name}: {size}")
    elif is_flat(bytes_per_second):
        text = _("{name}: {size}, steady")
    elif bytes_per_second > 0:
        text = _("{name}: {size}, growing by {rate}")
    else:
        text = _("{name}: {size}, shrinking by {rate}")
    figures = text.format(
        name=name,
        size=size_said(size_bytes, program.size_kind, len(program.pids)),
        rate=format_rate(abs(bytes_per_second or 0.0), signed=False),
    )
    return with_limit(figures, program.headroom) if isinstance(program, TargetView) else figures


def _with_level(level: Level, text: str) -> str:
    """Return what a screen reader says where others see a mark."""
    if level == Level.NORMAL or not text:
        return text
    return _("{level}: {title}").format(level=level.said, title=text)
