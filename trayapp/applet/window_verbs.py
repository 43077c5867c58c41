"""Verbs of the control socket that only windows use: figures, processes, targets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from trayapp.applet.sampler import Sampler
from trayapp.control.server import Handler
from trayapp.domain.grouping.captures import base_name
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.errors import HistoryError, MemtrayError, UsageError
from trayapp.language.catalogue import _
from trayapp.settings.file import add_target, make_target_name, remove_target
from trayapp.settings.records import TargetSettings


class WindowVerbs:
    """Answers windows. Every method runs in a thread of the control server's."""

    def __init__(
        self, sampler: Sampler, config_file: Path, controls: Callable[[], Controls]
    ) -> None:
        self._sampler = sampler
        self._config_file = config_file
        self._controls = controls

    def handlers(self) -> dict[str, Handler]:
        return {
            "table": self._table,
            "detail": self._detail,
            "describe": self._describe,
            "track": self.track,
            "untrack": self.untrack,
            "forget": self._forget,
            "processes": self._list_processes,
            "write": lambda _: {"written": self._sampler.write_now()},
        }

    def _table(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Return all rows of the table; with "all" also of applications that are not followed.

        "open" names rows, by kind and name, of which the processes are wanted, too.
        """
        from trayapp.domain.showing.table_status import table_status

        view = self._sampler.view
        everything = None
        if arguments.get("all") is True and view is not None:
            everything = self._sampler.read_applications()
        told = table_status(view, self._controls(), everything)
        wanted = arguments.get("open")
        return told | {"processes": self._processes(wanted if isinstance(wanted, list) else [])}

    def _processes(self, wanted: list[object]) -> list[dict[str, object]]:
        from trayapp.applet.acting_verbs import process_status, program_keys

        told: list[dict[str, object]] = []
        for pair in wanted:
            if isinstance(pair, list) and len(pair) == 2:
                kind, name = map(str, pair)
                uses = self._sampler.read_processes(program_keys(self._sampler, kind, name))
                processes = [process_status(use) for use in uses]
                told.append({"kind": kind, "name": name, "processes": processes})
        return told

    def _detail(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Return the row of "kind" and "name" with all there is to know; null if there is none."""
        from trayapp.domain.showing.table_status import detail_status

        kind, name = _kind_and_name(arguments)
        view = self._sampler.view
        return {
            "taken_at": view.wall_seconds if view else None,
            "row": detail_status(view, kind, name) or None,
        }

    def _describe(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Return the process that "kind" and "name" are about: the oldest of theirs."""
        facts = self._founder(*_kind_and_name(arguments))
        return {
            "pid": facts.key.pid,
            "started_at": facts.started_wall_seconds,
            "arguments": list(facts.arguments),
            "name": facts.name,
        }

    def track(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Make a target of an "application", or of a "process" named by "pid:started"."""
        kind, name = _kind_and_name(arguments)
        if kind not in ("application", "process"):
            raise UsageError(_("Only an application can be tracked."))
        facts = self._founder(kind, name)
        if kind == "process":
            name = process_label(facts.arguments, facts.name)
        target = TargetSettings(name=make_target_name(name), match=facts.command_line)
        added = add_target(self._config_file, target).targets[-1]
        self._sampler.wake()
        return {"name": added.name}

    def untrack(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Stop tracking the target "name": its rule leaves the settings, its history stays."""
        _kind, name = _kind_and_name(arguments)
        remove_target(self._config_file, base_name(name))
        self._sampler.wake()
        return {"name": name}

    def _forget(self, arguments: Mapping[str, object]) -> dict[str, object]:
        kind, name = _kind_and_name(arguments)
        if not self._sampler.forget(name, kind):
            raise HistoryError(_("Cannot write the history now; try again later."))
        return {"name": name}

    def _list_processes(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Return every process, largest first; with "arguments" also its command line."""
        from trayapp.applet.acting_verbs import process_status

        owners = {
            key.pid: (use.name, key)
            for use in self._sampler.read_applications()
            for key in use.processes
        }
        view = self._sampler.view
        targets = {key: each.name for each in (view.targets if view else ()) for key in each.keys}
        told = []
        for use in self._sampler.read_all_processes():
            key = use.facts.key
            name, owner = owners.get(key.pid, (None, None))
            row = process_status(use) | {
                "application": name if owner == key else None,
                "target": targets.get(key),
            }
            if arguments.get("arguments") is True:
                row["arguments"] = list(use.facts.arguments)
            told.append(row)
        return {"taken_at": time.time(), "processes": told}

    def _founder(self, kind: str, name: str) -> ProcessFacts:
        """Return the oldest process. Raises: MemtrayError if it has ended."""
        view = self._sampler.view
        keys: set[ProcessKey] = set()
        if kind == "application":
            for application in self._sampler.read_applications():
                if application.name == name:
                    keys.update(application.processes)
        elif kind == "target" and view is not None:
            for target in view.targets:
                if target.name == name:
                    keys.update(target.keys)
        for use in sorted(
            self._sampler.read_all_processes(),
            key=lambda use: (use.facts.key.started, use.facts.key.pid),
        ):
            key = use.facts.key
            is_own = kind == "app" and view is not None and key.pid == view.app.pid
            # Not only of those in the menu: who was there when it opened may have been overtaken.
            is_named = kind == "process" and name == f"{key.pid}:{key.started}"
            if is_own or is_named or key in keys:
                return use.facts
        if kind == "process":
            raise MemtrayError(_("That process has already exited."))
        raise MemtrayError(_("{name} has already exited.").format(name=name))


def _kind_and_name(arguments: Mapping[str, object]) -> tuple[str, str]:
    kind, name = arguments.get("kind"), arguments.get("name")
    if not isinstance(kind, str) or not isinstance(name, str):
        raise UsageError(_("kind and name are texts"))
    return kind, name
