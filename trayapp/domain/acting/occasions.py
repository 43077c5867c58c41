"""What hooks may be run for beside incidents: runs, cleanups, snapshots, actions, targets."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import dataclass
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.identity import about_of, target_key
from trayapp.domain.records.levels import Level, as_level
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size

RUN_END, TARGET_START, TARGET_END = "run_end", "target_start", "target_end"
OCCASION_NAMES = (RUN_END, "cleanup", "snapshot", "action", TARGET_START, TARGET_END)
"""The kinds of events, as the settings call them."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event as hooks are told of it; its texts may hold names that strangers chose."""

    event: Event

    @property
    def kind(self) -> str:
        return self.event.kind

    @property
    def key(self) -> str:
        return self.event.subject

    @property
    def subject(self) -> str:
        return self.event.subject

    @property
    def about(self) -> str:
        """The key of the subject, see `identity`."""
        return about_of(self.event)

    @property
    def level(self) -> Level:
        """That of the incident for which something was done; else normal."""
        return as_level(self.event.data.get("incident_level"))

    def facts(self) -> dict[str, str | float]:
        """Return it as JSON, with units in the keys and without what is unknown."""
        event = self.event
        figures = {key: value for key, value in event.data.items() if value is not None}
        return figures | {
            "event": event.kind,
            "subject": event.subject,
            "about": self.about,
            "title": event.text,
            "wall_seconds": event.wall_seconds,
        }


@dataclass(slots=True)
class _Run:
    keys: frozenset[ProcessKey]
    since_wall_seconds: float
    is_whole: bool
    """Its beginning was seen."""
    peak_bytes: int = 0


class RunWatch:
    """Notices that targets start and end, and that a run ends when another takes its place."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run | None] = {}
        """By target; None: it does not run."""

    def update(self, targets: Iterable[TargetView], wall_seconds: float) -> tuple[Event, ...]:
        """Return the starts and ends of this tick. What runs when first seen has not started."""
        before, self._runs = self._runs, {}
        events: list[Event] = []
        for target in targets:
            is_known = target.name in before
            run, keys = before.get(target.name), frozenset(target.keys)
            if run is not None and not (keys & run.keys):
                events += _ends(target.name, run, wall_seconds, is_gone=not keys)
                run = None
            if run is None and keys:
                run = _Run(keys, wall_seconds, is_known)
                if is_known:
                    events.append(_starts(target, wall_seconds))
            if run is not None:
                run.keys = keys
                run.peak_bytes = max(run.peak_bytes, target.rss_bytes or 0)
            self._runs[target.name] = run
        return tuple(events)


def _starts(target: TargetView, wall_seconds: float) -> Event:
    return Event(
        wall_seconds=wall_seconds,
        kind=TARGET_START,
        subject=target.name,
        text=_("{name} started").format(name=target.name),
        data={
            "about": target_key(target.name),
            "pid": target.pids[0],
            "process_count": len(target.pids),
            "rss_bytes": target.rss_bytes,
        },
    )


def _ends(name: str, run: _Run, wall_seconds: float, *, is_gone: bool) -> Iterable[Event]:
    """The end of a run, which is an end of the target, too."""
    seconds = max(0.0, wall_seconds - run.since_wall_seconds)
    text = _("A run of {name} ended after {time}; its peak was {size}.")
    for kind, said in (
        (RUN_END, text),
        (TARGET_END, _("{name} exited")),
    ):
        if kind == TARGET_END and not is_gone:
            # Another run has taken its place; the target itself ended and started in between.
            said = _("{name} exited and restarted")
        yield Event(
            wall_seconds=wall_seconds,
            kind=kind,
            subject=name,
            text=said.format(
                name=name, time=format_duration(seconds), size=format_size(run.peak_bytes)
            ),
            data={
                "about": target_key(name),
                "seconds": round(seconds, 3),
                "is_whole": run.is_whole,
                "peak_bytes": run.peak_bytes,
            },
        )
