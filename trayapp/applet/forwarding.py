"""What becomes of an incident beside the banner: files, channels, hooks, and actions.

Levels that were reached are facts: files, hooks and actions go by them, whatever banners do.
Channels are heard by people: they keep to snoozes and quiet hours.

Each of these is loaded only when the settings ask for it: most people's resident process carries
none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.applet.children import memtray_command, package_parent
from trayapp.delivery.sinks import SINKS, Hears, Surroundings, TransitionSink
from trayapp.domain.acting.occasions import OCCASION_NAMES, Occasion, RunWatch
from trayapp.domain.judging.transitions import facts_of, message_of
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event

if TYPE_CHECKING:
    from trayapp.applet.automatic_actions import Actions
    from trayapp.applet.cleanups import Cleanups
    from trayapp.delivery.child import Child
    from trayapp.delivery.hooks import HookRunner
    from trayapp.domain.judging.monitor import Outcome
    from trayapp.domain.judging.transitions import Transition
    from trayapp.paths import Paths
    from trayapp.settings.records import Settings


class Forwarding:
    """Passes transitions on as the settings say. The sampler thread, unless said otherwise."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        paths: Paths,
        config_file: Path,
        *,
        cleanups: Cleanups,
        write_snapshot: Callable[[], Path],
        terminate: Callable[[ProcessKey], None],
        log: Callable[[str], None],
        on_action: Callable[[Event], None],
        record: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """Keep what the settings may ask for later.

        `settings` gives those in force; `on_action` gets the event of everything that was done by
        itself, refused or looked at again, in the sampler thread or one of the actions. `record`
        gets what became of hooks and channels, for the journal; any thread.
        """
        self._settings = settings
        self._paths = paths
        self._config_file = config_file
        self._cleanups = cleanups
        self._write_snapshot = write_snapshot
        self._terminate = terminate
        self._log = log
        self._on_action = on_action
        self._record = record
        self._used: Settings | None = None
        self._sinks: dict[str, TransitionSink] = {}
        self._hooks: HookRunner | None = None
        self._actions: Actions | None = None
        self._runs = RunWatch()

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each channel that cannot be reached. Any thread."""
        return tuple(problem for sink in self._sinks.values() for problem in sink.problems)

    def tick(self) -> None:
        """Adopt changed settings, and continue what waits; at every tick."""
        settings = self._settings()
        if settings is not self._used:
            before, self._used = self._used, settings
            self._follow(settings, before)
        for sink in self._sinks.values():
            sink.tick()

    def pass_on(self, outcome: Outcome) -> None:
        """Pass every transition of a tick to all who are to know; at every tick."""
        wall_seconds = outcome.view.wall_seconds
        transitions = tuple(facts_of(outcome.reached, outcome.announcements, wall_seconds))
        for transition in transitions:
            for sink in self._hearing("transitions"):
                sink.send(transition)
            if self._hooks is not None:
                self._hooks.submit(transition)
        if transitions:
            self._tell_programs(outcome, transitions)
        if self._hooks is not None:
            for event in self._runs.update(outcome.view.targets, wall_seconds):
                self.on_event(event)
        for sink in self._hearing("messages"):
            for announcement in outcome.messages:
                message = message_of(announcement, wall_seconds)
                if message is not None:
                    sink.send(message)
                else:
                    sink.note_held(announcement, wall_seconds)
        if self._actions is not None:
            # At every tick: what was done is looked at again a minute later.
            self._actions.act_on(outcome.view, transitions)

    def on_event(self, event: Event) -> None:
        """Run the hooks that are meant for such an event. Any thread; does not wait."""
        if self._hooks is not None and event.kind in OCCASION_NAMES:
            self._hooks.submit(Occasion(event))

    def stop(self) -> None:
        """End all of it; waits a few seconds at most. After the last tick; any thread."""
        for part in (self._actions, self._hooks):
            if part is not None:
                part.stop()
        for sink in self._sinks.values():
            sink.close()

    def _hearing(self, hears: Hears) -> list[TransitionSink]:
        """Return the open sinks of one kind, in the order of `SINKS`."""
        kinds = (kind.name for kind in SINKS if kind.hears == hears)
        return [self._sinks[name] for name in kinds if name in self._sinks]

    def _open_sinks(self, settings: Settings) -> None:
        """Open and close sinks as the settings want them."""
        surroundings = Surroundings(
            settings=settings,
            paths=self._paths,
            record=self._record,
            start_delivery=self._start_delivery,
        )
        for kind in SINKS:
            if kind.hears not in ("transitions", "messages"):
                continue
            if kind.is_wanted(surroundings):
                if kind.name not in self._sinks:
                    self._sinks[kind.name] = kind.open(surroundings)
                self._sinks[kind.name].follow(settings)
            elif kind.name in self._sinks:
                self._sinks.pop(kind.name).close()

    def _follow(self, settings: Settings, before: Settings | None) -> None:
        self._open_sinks(settings)
        if settings.hooks and self._hooks is None:
            from trayapp.delivery.hooks import HookRunner

            self._hooks = HookRunner(
                lambda: self._settings().hooks, self._log, self._secret_names, self._record
            )
        has_actions = any(
            target.on_warning or target.on_critical or target.on_emergency
            for target in settings.targets
        )
        if has_actions and self._actions is None:
            from trayapp.applet.automatic_actions import Actions, past_actions

            self._actions = Actions(
                self._settings,
                cleaner=self._cleanups,
                write_snapshot=self._write_snapshot,
                write_dump=self._write_dump,
                terminate=self._terminate,
                restart=self._restart,
                on_event=self._on_action,
                past=past_actions(self._paths.history_file),
                before=before,
            )

    def _tell_programs(self, outcome: Outcome, transitions: Sequence[Transition]) -> None:
        """Tell the programs themselves, if their probes can hear it."""
        from trayapp.applet.program_alerts import pass_on

        pass_on(self._paths.shared_runtime, outcome.view.targets, transitions)

    def _restart(self, processes: Sequence[ProcessKey]) -> list[int]:
        """Have their guarded runs start them again. A thread of the actions'."""
        from trayapp.guard.restart_request import restart

        return restart(self._paths.shared_runtime, processes)

    def _write_dump(self, target: str) -> list[str]:
        """Write what the memory of a target holds into files. A thread of the actions'."""
        from trayapp.applet.dumps import write_dump

        return write_dump(self._config_file, target)

    def _start_delivery(self, channel: str) -> Child:
        from trayapp.delivery.child import start_child

        command = [*memtray_command(), "deliver", "--config", str(self._config_file)]
        return start_child([*command, "--", channel], package_parent())

    def _secret_names(self) -> list[str]:
        return [each.url_env for each in self._settings().channels if each.url_env]
