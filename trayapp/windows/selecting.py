"""The selection of curves and time that a person asks for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trayapp.charts.labels import plain_name
from trayapp.charts.selection import METRICS, Selection
from trayapp.dataclass import replace
from trayapp.domain.records.series import APPLICATION, Series
from trayapp.errors import UsageError
from trayapp.language.catalogue import _

if TYPE_CHECKING:
    from trayapp.history.sources import CurveSource
    from trayapp.windows.recordings import RecordingSource

MOST_AT_FIRST = 10
"""So many targets are shown until the person chooses; more would be hard to tell apart."""


MOST_IN_RECORDINGS = 10
"""As many as one recording follows at a time."""


def target_names(series: Iterable[Series]) -> tuple[str, ...]:
    """Return the targets that have a history, in a stable order."""
    return tuple(sorted({one.name for one in series if one.kind == "target"}))


def application_names(series: Iterable[Series]) -> tuple[str, ...]:
    """Return the applications that have a history, without those that go by a target's name."""
    known = [*series]
    names = {one.name for one in known if one.kind == APPLICATION}
    return tuple(sorted(names.difference(target_names(known))))


def program_names(series: Iterable[Series]) -> tuple[str, ...]:
    """Return all that has a history: the targets, then the applications."""
    known = [*series]
    return target_names(known) + application_names(known)


def first_selection(reader: CurveSource) -> Selection:
    """Return what is shown when nothing was asked for: the system and the largest targets.

    The time axis is ten minutes for a history of less than half an hour, else one hour.

    Raises: HistoryError if the store cannot be read.
    """
    names = target_names(reader.series())
    first, last = reader.span() or (0.0, 0.0)
    if len(names) > MOST_AT_FIRST:
        sizes = recent_sizes(reader, names, last)
        names = tuple(sorted(sorted(names, key=lambda name: -sizes[name])[:MOST_AT_FIRST]))
    return Selection(
        targets=names, app=not names, span_seconds=600.0 if last - first < 1800.0 else 3600.0
    )


def recording_selection(source: RecordingSource) -> Selection:
    """Return what is shown of recordings at first: the largest processes, from end to end."""
    return Selection(system=False, targets=tuple(source.largest(MOST_IN_RECORDINGS)))


def narrow_selection(
    selection: Selection,
    known: Sequence[str],
    *,
    targets: Sequence[str] = (),
    since_seconds: float | None = None,
    at_wall_seconds: float | None = None,
    last_wall_seconds: float | None = None,
    **chosen: Any,
) -> Selection:
    """Apply what a person asked for; "system" and "memtray" name what is not a target.

    A moment is shown in the middle, or, where it is so recent that half of the chart would be
    empty, in the present (`last_wall_seconds`: the newest sample). `chosen` are fields of
    `Selection`; None leaves one as it is.

    Raises: UsageError if there is no history of a target.
    """
    if targets:
        named = {_known_name(name, known) for name in targets}
        selection = replace(
            selection,
            system="system" in named - {*known},
            app="memtray" in named - {*known},
            targets=tuple(name for name in known if name in named),
            window=None,
            runs_of=None,
        )
    if since_seconds is not None:
        selection = replace(selection, span_seconds=since_seconds, window=None)
    if at_wall_seconds is not None:
        span = since_seconds or selection.span_seconds or 3600.0
        window = (at_wall_seconds - span / 2, at_wall_seconds + span / 2)
        if last_wall_seconds is not None and window[1] > last_wall_seconds > window[0]:
            selection = replace(selection, span_seconds=span, window=None)
        else:
            selection = replace(selection, window=window)
        selection = replace(selection, moment=at_wall_seconds, runs_of=None)
    chosen = {key: value for key, value in chosen.items() if value is not None}
    if chosen.get("runs_of") is True:
        if len(selection.targets) != 1:
            raise UsageError(_("give one tracked program whose runs to overlay"))
        chosen["runs_of"] = selection.targets[0]
    return replace(selection, **chosen)


def with_new_targets(
    selection: Selection, before: Sequence[str], known: Sequence[str]
) -> Selection:
    """Return a selection of all targets with those that are tracked since; others stay as they are.

    before: the targets that there were when it was shown last; known: those of now.
    """
    is_all = selection.targets == tuple(before) and selection.runs_of is None
    if not is_all or set(known) <= set(before) or not (before or selection.app):
        # Without any target it may be the machine alone that somebody has asked for.
        return selection
    return replace(selection, targets=tuple(known))


def selection_from_message(
    selection: Selection,
    known: Sequence[str],
    message: Mapping[str, Any],
    last_wall_seconds: float | None = None,
) -> Selection:
    """Narrow a selection as another process asked; leaves out what makes no sense."""
    targets = message.get("targets")
    names = [name for name in targets if isinstance(name, str)] if isinstance(targets, list) else []
    names = [name for name in names if name in (*known, "system", "memtray")]
    metric, stacked = message.get("metric"), message.get("stacked")
    return narrow_selection(
        selection,
        known,
        targets=names,
        since_seconds=_positive(message.get("since_seconds")),
        at_wall_seconds=_positive(message.get("at_wall_seconds")),
        last_wall_seconds=last_wall_seconds,
        metric=metric if metric in METRICS else None,
        stacked=stacked if stacked is True else None,
        runs_of=(message.get("runs_of") is True and len({*names} & {*known}) == 1) or None,
    )


def _positive(value: object) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # A hundred years: beyond that, clocks and charts have no words.
    return float(value) if is_number and 0 < value < 3.2e9 else None  # type: ignore[operator,arg-type]


def _known_name(name: str, known: Sequence[str]) -> str:
    if name in known or name in ("system", "memtray"):
        return name
    near = difflib.get_close_matches(name, [*known, "system", "memtray"], n=1)
    if near:
        raise UsageError(
            _("no history of a program named {name!r}; did you mean {near!r}?").format(
                name=plain_name(name), near=plain_name(near[0])
            )
        )
    raise UsageError(
        _(
            "no history of a program named {name!r}; memtray status lists the tracked programs"
        ).format(name=plain_name(name))
    )


def recent_sizes(reader: CurveSource, names: Sequence[str], last: float) -> dict[str, float]:
    """Return the largest resident set of each target in the ten minutes before `last`."""
    series = [Series("target", name, "rss_bytes") for name in names]
    return {
        name: max((point.maximum for point in points if point.maximum is not None), default=0.0)
        for name, points in zip(
            names, reader.curves(series, last - 600.0, last, max_points=10), strict=True
        )
    }
