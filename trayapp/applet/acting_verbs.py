"""Verbs of the control socket by which a person acts on a program: asked, ended, restarted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from trayapp.applet.parts import Parts
from trayapp.applet.programs import OWN
from trayapp.applet.sampler import Sampler
from trayapp.control.server import Handler
from trayapp.dataclass import asdict
from trayapp.domain.acting.acts import END, RESTART, ActName
from trayapp.domain.records.identity import MEMTRAY, application_key
from trayapp.domain.records.names import process_label, shown_name
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.samples import ProcessKey, ProcessUse
from trayapp.domain.records.series import Event, JsonValue
from trayapp.errors import ControlError, MemtrayError, UsageError
from trayapp.language.catalogue import _, listed, ngettext, paragraph

MOST_PROCESSES = 2000
"""Of one program; a request that names more is a mistake."""
_MOST_DIGITS = 19
ACTED = "act"
"""The kind of the events about what a person did."""
Arguments = Mapping[str, object]


class ActingVerbs:
    """Answers windows about one program. Every method runs in a thread of the control server's."""

    def __init__(self, parts: Parts) -> None:
        self._sampler = parts.sampler
        self._programs = parts.programs
        self._platform = parts.platform
        self._cleanups = parts.cleanups
        self._runtime = parts.paths.shared_runtime

    def handlers(self) -> dict[str, Handler]:
        return {
            "program": self._describe,
            "end": self._end,
            "running": self._running,
            "restart": self._restart,
            "free": self.free,
        }

    def _describe(self, arguments: Arguments) -> dict[str, object]:
        """Return the processes of "kind" and "name", largest first, and what they allow."""
        uses = self._sampler.read_processes(self._keys(arguments))
        keys = [use.facts.key for use in uses]
        return {
            "processes": [process_status(use) for use in uses],
            "facts": asdict(self._facts(arguments, keys)) if keys else None,
        }

    def _end(self, arguments: Arguments) -> dict[str, object]:
        """Ask these "processes" to end, with "force" without asking; who refuses is named.

        Each is checked right before it is sent anything: who was shown to the person may have
        ended meanwhile, and another process have its pid.
        """
        force = arguments.get("force") is True
        asked, refusals = [], []
        for key in given_keys(arguments):
            try:
                self._platform.terminate(key, force=force)
            except MemtrayError as error:
                refusals.append(str(error))
            else:
                asked.append(key)
        if not asked:
            raise ControlError(refusals[0] if refusals else _("No process to end."))
        text = ngettext(
            "{name}: {count} process was asked to end",
            "{name}: {count} processes were asked to end",
            len(asked),
        )
        if force:
            text = ngettext(
                "{name}: {count} process was forced to end",
                "{name}: {count} processes were forced to end",
                len(asked),
            )
        self._record(arguments, END, text.format(name=_name(arguments), count=len(asked)))
        return {"asked": [list(key) for key in asked], "refusals": refusals}

    def _running(self, arguments: Arguments) -> dict[str, object]:
        """Return those of these "processes" that have not ended."""
        keys = given_keys(arguments)
        running = [key for key in keys if self._platform.is_running(key)]
        if len(running) < len(keys):
            self._sampler.read_everything_soon()
        return {"processes": [list(key) for key in running]}

    def _restart(self, arguments: Arguments) -> dict[str, object]:
        """Have the guarded run or the systemd unit of "kind" and "name" start it again; waits."""
        from trayapp.guard.restart_request import restart

        keys = self._keys(arguments)
        facts = self._facts(arguments, keys)
        name = _name(arguments)
        if facts.is_guarded:
            pids = restart(self._runtime, keys)
            text = ngettext(
                "{name}: restarted as process {pids}.",
                "{name}: restarted as processes {pids}.",
                len(pids),
            ).format(name=name, pids=listed(map(str, pids)))
        elif facts.unit and not facts.refusal:
            self._platform.restart_unit(facts.unit)
            text = _("{name}: systemd restarted {unit}.").format(name=name, unit=facts.unit)
        else:
            text = _("Memtray cannot restart {name}.")
            raise ControlError(text.format(name=name))
        self._sampler.read_everything_soon()
        self._record(arguments, RESTART, text.rstrip(".。"))
        return {"text": text}

    def free(self, arguments: Arguments) -> dict[str, object]:
        """Have "kind" and "name" give memory back; waits for the probes."""
        kind, name = arguments.get("kind"), str(arguments.get("name"))
        if kind in ("app", "target"):
            results = self._cleanups.clean_named("app" if kind == "app" else f"target:{name}")
        else:
            keys = self._keys(arguments)
            results = [self._cleanups.clean_processes(_name(arguments), keys)] if keys else []
        if not results:
            raise ControlError(_("{name} has already exited.").format(name=_name(arguments)))
        return {"text": paragraph(*(result.sentence() for result in results))}

    def open_folder(self, arguments: Arguments) -> None:
        """Show the folder of the program that the largest process of "kind" and "name" runs."""
        keys = self._keys(arguments)
        uses = self._sampler.read_processes(keys)
        if not uses:
            raise ControlError(_("{name} has already exited.").format(name=_name(arguments)))
        self._platform.open_file(self._platform.program_folder(uses[0].facts.key))

    def _facts(self, arguments: Arguments, keys: Sequence[ProcessKey]) -> ProgramFacts:
        return OWN if arguments.get("kind") == "app" else self._programs.look(keys)

    def _keys(self, arguments: Arguments) -> list[ProcessKey]:
        """Return the processes that "kind" and "name" stand for; empty: they have ended."""
        return program_keys(self._sampler, arguments.get("kind"), arguments.get("name"))

    def _record(self, arguments: Arguments, act: ActName, text: str) -> None:
        name = str(arguments.get("name"))
        data: dict[str, JsonValue] = {"act": act}
        view = self._sampler.view
        for application in view.applications if view else ():
            if arguments.get("kind") == "application" and application.name == name:
                data["about"] = application_key(application.key) if application.key else ""
        is_target = arguments.get("kind") == "target"
        subject = name if is_target else _name(arguments)
        event = Event(wall_seconds=time.time(), kind=ACTED, subject=subject, text=text, data=data)
        self._sampler.record(event)


def program_keys(sampler: Sampler, kind: object, name: object) -> list[ProcessKey]:
    """Return the processes of a target, application, process ("pid:started") or Memtray.

    Empty: there is none any more. Raises: MemtrayError; not for the sampler thread.
    """
    if kind == "process":
        return [key] if (key := _key_in(str(name))) else []
    view = sampler.view
    if view is None:
        return []
    if kind == "app":
        return [
            use.facts.key
            for use in sampler.read_all_processes()
            if use.facts.key.pid == view.app.pid
        ]
    found = view.targets if kind == "target" else view.applications
    keys = [key for each in found if each.name == name for key in each.keys]
    if not keys and kind == "application":
        # Only the largest are followed.
        keys = [
            key for use in sampler.read_applications() if use.name == name for key in use.processes
        ]
    return keys


def process_status(use: ProcessUse) -> dict[str, object]:
    """Return one process as JSON; unknown is null."""
    facts = use.facts
    return {
        "pid": facts.key.pid,
        "started": facts.key.started,
        "name": process_label(facts.arguments, facts.name),
        "rss_bytes": use.rss_bytes,
        "started_at": facts.started_wall_seconds,
    }


def given_keys(arguments: Arguments) -> list[ProcessKey]:
    """Return the pairs of pid and start in "processes". Raises: UsageError."""
    found = arguments.get("processes")
    if not isinstance(found, list) or len(found) > MOST_PROCESSES:
        raise UsageError(_("processes are pairs of a pid and a start"))
    keys = []
    for pair in found:
        is_pair = isinstance(pair, list) and len(pair) == 2
        if not is_pair or not all(map(_is_number, pair)):
            raise UsageError(_("processes are pairs of a pid and a start"))
        keys.append(ProcessKey(*pair))
    return keys


def _key_in(name: str) -> ProcessKey | None:
    pid, _colon, started = name.partition(":")
    is_key = all(part.isdecimal() and len(part) <= _MOST_DIGITS for part in (pid, started))
    return ProcessKey(int(pid), int(started)) if is_key and _is_number(int(pid)) else None


def _is_number(given: object) -> bool:
    """Return whether it can be a pid or a start, in numbers of the system."""
    return type(given) is int and 0 <= given < 1 << 63


def _name(arguments: Arguments) -> str:
    """Return what to call the program in sentences."""
    if arguments.get("kind") == "process":
        pid = str(arguments.get("name")).partition(":")[0]
        return _("process {pid}").format(pid=pid)
    return shown_name(str(arguments.get("name") or MEMTRAY))
