"""Automatic actions: what was decided is done in the background and kept in the history."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from trayapp.domain.acting.action_policy import (
    CLEANUP,
    COLLECT,
    DUMP,
    RESTART,
    SNAPSHOT,
    ActionPolicy,
    added_actions,
)
from trayapp.domain.acting.actions import ACTION, HOUR_SECONDS, ActionKeeper, Decision
from trayapp.domain.acting.cleanups import CleanupResult
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event
from trayapp.errors import HistoryError, MemtrayError
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _, listed, ngettext, paragraph
from trayapp.settings.records import TERMINATE_PHRASE, Settings

_YEAR_SECONDS = 366 * 86_400.0


class Cleaner(Protocol):
    """The part of `Cleanups` that is used here."""

    def clean(self, *, app: bool, targets: Iterable[TargetView]) -> list[CleanupResult]:
        """Clean now; may take seconds."""

    def collect(self, target: TargetView) -> CleanupResult:
        """Have the target's probes collect garbage; may take seconds."""


class Actions:
    """Does automatically what the settings ask for and `ActionKeeper` allows. Thread-safe.

    One thing after the other, in threads that live no longer than there is something to do.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        cleaner: Cleaner,
        write_snapshot: Callable[[], Path],
        write_dump: Callable[[str], Sequence[str]],
        terminate: Callable[[ProcessKey], None],
        restart: Callable[[Sequence[ProcessKey]], Sequence[int]],
        on_event: Callable[[Event], None],
        past: Iterable[Event] = (),
        before: Settings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to act, and continue the count of earlier actions.

        `settings` gives those in force. `write_snapshot` may take seconds and raise MemtrayError
        or OSError, so may `write_dump`, which gets a target's name and takes up to an hour and a
        half; `terminate` is the platform's, `restart` that of `guard.restart_request`.
        `on_event` gets every decision and what came of it, in the sampler's or a background
        thread. `past` are the `past_actions`, `before` the settings that those in force have
        replaced; None: Memtray has just started.
        """
        self._settings = settings
        self._cleaner = cleaner
        self._write_snapshot = write_snapshot
        self._write_dump = write_dump
        self._terminate = terminate
        self._restart = restart
        self._on_event = on_event
        self._clock = clock
        self._seen = before
        self._keeper = ActionKeeper()
        self._keeper_lock = threading.Lock()
        self._turn = threading.Lock()
        self._stopping = False
        self._keeper.remember(clock(), time.time(), past)

    def act_on(self, view: View, transitions: Sequence[Transition]) -> None:
        """Take in one tick: `transitions` are of this view. The sampler thread; does not wait."""
        now = self._clock()
        with self._keeper_lock:
            keeper = self._keeper
            settings, before = self._settings(), self._seen
            is_changed = before is not None and before is not settings
            self._seen = settings
            is_needed = bool(transitions) or keeper.is_waiting or is_changed
            policy = action_policy(settings) if is_needed else ActionPolicy()
            events = list(keeper.follow_up(now, view.wall_seconds, view.targets))
            decisions = list(
                keeper.retry(now, view.wall_seconds, view.incidents, view.targets, policy)
            )
            if before is not None and is_changed:
                keys = {transition.key for transition in transitions}
                added = added_actions(action_policy(before), policy, view.incidents, keys)
                decisions += keeper.catch_up(now, view.wall_seconds, added, view.targets, policy)
            for transition in transitions:
                decisions += keeper.decide(now, transition, view.targets, policy)
        for event in [*events, *(decision.as_event() for decision in decisions)]:
            self._on_event(event)
        to_do = [decision for decision in decisions if decision.refusal is None]
        if not to_do:
            return
        targets = {target.name: target for target in view.targets}
        try:
            threading.Thread(
                target=self._carry_out, args=(to_do, targets), name="actions", daemon=True
            ).start()
        except RuntimeError as error:  # no thread to be had: short of memory, most likely
            for decision in to_do:
                self._finish(decision, _failure(decision, f"{error}."))

    def stop(self) -> None:
        """Begin nothing any more. Any thread; does not wait for what has begun."""
        self._stopping = True

    def _carry_out(self, decisions: Sequence[Decision], targets: dict[str, TargetView]) -> None:
        for decision in decisions:
            with self._turn:
                if self._stopping:
                    return
                try:
                    event = self._do(decision, targets)
                except (MemtrayError, OSError) as error:
                    event = _failure(decision, str(error))
            self._finish(decision, event)

    def _finish(self, decision: Decision, event: Event) -> None:
        if event.data["outcome"] == "failed":
            with self._keeper_lock:
                self._keeper.note_failure(decision, event.text)
        self._on_event(event)

    def _do(self, decision: Decision, targets: dict[str, TargetView]) -> Event:
        if decision.action == SNAPSHOT:
            file = self._write_snapshot()
            text = _("Snapshot for {name}: {file}").format(name=decision.target, file=file)
            return decision.event("done", time.time(), text)
        if decision.action == DUMP:
            files = self._write_dump(decision.target)
            text = _("Memory dump of {name}: {file}")
            text = text.format(name=decision.target, file=listed(files))
            return decision.event("done", time.time(), text)
        if decision.action == COLLECT:
            return _cleaned(decision, self._cleaner.collect(targets[decision.target]))
        if decision.action == CLEANUP:
            target = targets[decision.target]
            return _cleaned(decision, self._cleaner.clean(app=False, targets=[target])[0])
        if decision.action == RESTART:
            return self._start_again(decision)
        return self._end(decision)

    def _start_again(self, decision: Decision) -> Event:
        pids = list(self._restart(decision.processes))
        text = ngettext(
            "{name}: restarted as process {pids}.",
            "{name}: restarted as processes {pids}.",
            len(pids),
        ).format(name=decision.target, pids=listed(map(str, pids)))
        return decision.event("done", time.time(), text, started_count=len(pids))

    def _end(self, decision: Decision) -> Event:
        refusals = []
        for key in decision.processes:
            try:
                self._terminate(key)
            except MemtrayError as error:
                refusals.append(str(error))
        asked_count = len(decision.processes) - len(refusals)
        if not asked_count:
            return _failure(decision, "".join(refusals[:1]))
        count = len(decision.processes)
        text = ngettext(
            "{name}: asked {asked} of {count} process to end.",
            "{name}: asked {asked} of {count} processes to end.",
            count,
        ).format(name=decision.target, asked=asked_count, count=count)
        return decision.event(
            "done", time.time(), paragraph(text, *refusals[:1]), asked_count=asked_count
        )


def _cleaned(decision: Decision, result: CleanupResult) -> Event:
    freed_bytes = result.freed_bytes
    helped = freed_bytes is not None and not (result.note and freed_bytes <= 0)
    return decision.event(
        "done" if helped else "failed",
        time.time(),
        result.sentence(),
        after_bytes=result.after_bytes,
        freed_bytes=freed_bytes,
    )


def action_policy(settings: Settings) -> ActionPolicy:
    """Return what may be done automatically under these settings."""
    return ActionPolicy(
        actions={
            target.name: {
                Level.WARNING: target.on_warning,
                Level.CRITICAL: target.on_critical,
                Level.EMERGENCY: target.on_emergency,
            }
            for target in settings.targets
        },
        per_hour=settings.actions.per_hour,
        may_terminate=settings.actions.terminate_phrase == TERMINATE_PHRASE,
    )


def past_actions(history_file: Path) -> list[Event]:
    """Return what was done within the last hour, so that a restart does not begin to count anew.

    Empty where there is no history yet, or none that can be read.
    """
    now = time.time()
    try:
        with HistoryReader(history_file) as reader:
            # Also what is stamped with a time to come: the clock may have been set back.
            return reader.events(now - HOUR_SECONDS, now + _YEAR_SECONDS, (ACTION,), 10_000)
    except HistoryError:
        return []


def _failure(decision: Decision, text: str) -> Event:
    # Translators: what somebody or something has to say.
    said = _("{name}: {text}").format(name=decision.target, text=text)
    return decision.event("failed", time.time(), said)
