"""Verbs of the control socket, one for each thing that commands and windows ask of the applet."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from functools import partial

from trayapp.applet.overview import Overview
from trayapp.applet.parts import Parts
from trayapp.applet.process_environment import surroundings
from trayapp.control.following import Feed
from trayapp.control.server import Handler
from trayapp.domain.acting.cleanups import CleanupResult
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.records.identity import SYSTEM, application_key, target_key
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, UsageError
from trayapp.language.catalogue import _, listed, paragraph

Arguments = Mapping[str, object]
_ACTING_VERBS = ("program", "end", "running", "restart", "free")
_WINDOW_VERBS = ("table", "detail", "describe", "track", "untrack", "forget", "processes", "write")


class ControlVerbs:
    """Answers commands. Every method runs in a thread of the control server's."""

    def __init__(self, parts: Parts, overview: Overview, feed: Feed) -> None:
        """`feed`: what "follow" answers with, again and again."""
        self._parts = parts
        self._overview = overview
        self._sampler = parts.sampler
        self._feed = feed

    def handlers(self) -> dict[str, Handler | Feed]:
        return {
            "follow": self._feed,
            "status": lambda _: self._overview.status(fresh=True),
            "statistics": lambda _: {"rows": self._overview.statistics()},
            "pause": lambda _: self._set_paused(True),
            "resume": lambda _: self._set_paused(False),
            "snapshot": lambda _: {"file": str(self._overview.write_snapshot())},
            "cleanup": self._clean,
            "alerts": self._set_alerts,
            "profile": self._change_profile,
            "advice": self._answer_advice,
            "learned": self._answer_learned,
            "quit": lambda _: self._quit(),
            "settings_changed": lambda _: self._notice_settings(),
            "debug": self._set_debug,
            "surroundings": self._describe_surroundings,
            "guarded_run": self._note_guarded_run,
            **{verb: partial(self._answer_window, verb) for verb in _WINDOW_VERBS},
            **{verb: partial(self._act, verb) for verb in _ACTING_VERBS},
        }

    def _answer_window(self, verb: str, arguments: Arguments) -> Mapping[str, object]:
        from trayapp.applet.window_verbs import WindowVerbs

        verbs = WindowVerbs(self._sampler, self._parts.config_file, self._overview.controls)
        return verbs.handlers()[verb](arguments)

    def _act(self, verb: str, arguments: Arguments) -> Mapping[str, object]:
        from trayapp.applet.acting_verbs import ActingVerbs

        return ActingVerbs(self._parts).handlers()[verb](arguments)

    def _answer_advice(self, arguments: Arguments) -> dict[str, object]:
        """List all advice; or "apply", "dismiss" ("for_good") or "undo" the one with "id"."""
        what, wanted = arguments.get("what"), str(arguments.get("id"))
        advisor = self._parts.advisor
        if what == "apply":
            return {"text": advisor.apply(wanted).text} | advisor.status()
        if what == "dismiss":
            advice = advisor.dismiss(wanted, for_good=arguments.get("for_good") is True)
            return {"text": advice.title} | advisor.status()
        if what == "undo":
            return {"text": advisor.undo(wanted)} | advisor.status()
        return advisor.status()

    def _answer_learned(self, arguments: Arguments) -> dict[str, object]:
        """Return what was learned; or "freeze", "unfreeze" or "reset" that of target "name"."""
        lessons = self._parts.advisor.lessons()
        what, name = arguments.get("what"), str(arguments.get("name"))
        if lessons is None:
            return {"learned": []}
        if what in ("freeze", "unfreeze"):
            lessons.freeze(name, frozen=what == "freeze")
        elif what == "reset":
            lessons.reset(name)
        return lessons.status()

    def _note_guarded_run(self, arguments: Arguments) -> Mapping[str, object]:
        from trayapp.applet.guarded_runs import note_guarded_run

        return note_guarded_run(self._parts, arguments)

    def _notice_settings(self) -> dict[str, object]:
        """Read the settings file now rather than within two seconds."""
        self._sampler.wake()
        return {}

    def _set_paused(self, paused: bool) -> dict[str, object]:
        self._parts.switches.set_paused(paused)
        return {"paused": paused}

    def _clean(self, arguments: Arguments) -> dict[str, object]:
        wanted = arguments.get("targets")
        names = [str(name) for name in wanted] if isinstance(wanted, list) else []
        applications = self._application_keys(names)
        subjects = [f"target:{name}" for name in names if name not in applications]
        if arguments.get("all"):
            subjects = ["app", "all"]
        elif not names:
            subjects = ["app"]
        cleanups = self._parts.cleanups
        results = [each for subject in subjects for each in cleanups.clean_named(subject)]
        results += [cleanups.clean_processes(*each) for each in applications.items()]
        return {"results": list(map(_as_json, results))}

    def _application_keys(self, names: Sequence[str]) -> dict[str, list[ProcessKey]]:
        """Return the processes of each name that no target has. Raises: UsageError for others."""
        from trayapp.applet.acting_verbs import program_keys

        known = self._overview.target_names()
        found = {}
        for name in names:
            if name not in known:
                found[name] = program_keys(self._sampler, "application", name)
                if not found[name]:
                    raise UsageError(_unknown_target(name, known))
        return found

    def _set_alerts(self, arguments: Arguments) -> dict[str, object]:
        what, target = arguments.get("what"), arguments.get("target")
        seconds = arguments.get("seconds")
        if what in ("ack", "resolve"):
            return self._settle(str(what), str(arguments.get("incident")))
        if what in ("on", "off"):
            self._parts.switches.set_alerts(str(what))
        elif what == "snooze" and isinstance(seconds, (int, float)):
            for about in [None] if target is None else self._snoozed_keys(str(target)):
                self._parts.switches.snooze(about, float(seconds))
        if self._parts.switches.unkept:
            raise ControlError(self._parts.switches.unkept)
        return {"alerts": self._overview.status()["alerts"]}

    def _snoozed_keys(self, name: str) -> list[str]:
        """Return the keys of what goes by a name: a target, or where there is none, applications.

        Raises: UsageError if nothing does.
        """
        known = [SYSTEM, *self._overview.target_names()]
        if name in known:
            return [target_key(name)]
        view = self._sampler.view
        # One incident alone may be snoozed, too.
        keys = [each.key for each in (view.incidents if view else ()) if each.key == name]
        keys += [
            application_key(each.key)
            for each in (view.applications if view else ())
            if each.name == name and each.key is not None
        ]
        if not keys:
            raise UsageError(_unknown_target(name, known))
        return keys

    def _settle(self, what: str, wanted: str) -> dict[str, object]:
        """Acknowledge or resolve an incident by its key, its subject, or a part of its key."""
        view = self._sampler.view
        incidents = view.incidents if view else ()
        found = matching_incidents(incidents, wanted)
        if len(found) != 1:
            if not incidents:
                raise UsageError(_("No open incidents."))
            keys = listed(each.key for each in incidents)
            text = _("No single incident matches {name}; open: {keys}.")
            raise UsageError(text.format(name=repr(wanted), keys=keys))
        settled = {"key": found[0].key, "title": found[0].title}
        if what == "resolve":
            self._sampler.resolve(found[0].key)
            return {"resolved": settled}
        self._sampler.acknowledge(found[0].key)
        return {"acknowledged": settled}

    def _set_debug(self, arguments: Arguments) -> dict[str, object]:
        """Switch the debug log until Memtray ends, or only report whether it is on."""
        from trayapp.applet.debug_log import FILE_NAME, DebugLog

        what, debug = arguments.get("what"), self._sampler.debug
        if what == "on" and debug is None:
            self._sampler.debug = DebugLog(self._parts.paths.data)
        elif what == "off" and debug is not None:
            self._sampler.debug = None
            debug.end()
        return {
            "on": self._sampler.debug is not None,
            "file": str(self._parts.paths.data / FILE_NAME),
        }

    def _describe_surroundings(self, arguments: Arguments) -> dict[str, object]:
        notifier = self._parts.banners.notifier
        return surroundings(os.environ, arguments.get("variables")) | {
            "tray": self._parts.trays.description(),
            "notifications": {"status": notifier.status, "ready": notifier.is_ready},
        }

    def _change_profile(self, arguments: Arguments) -> dict[str, object]:
        """Start the Memtray of another profile, wait until it answers, and end this one."""
        from trayapp.applet.profiles import checked_profile, present_profile, start_profile

        name = checked_profile(arguments.get("name"), os.environ)
        if name != present_profile():
            start_profile(name)
            self._quit()
        return {"profile": name}

    def _quit(self) -> dict[str, object]:
        # After the answer has left: the socket is closed by stopping.
        threading.Timer(0.1, self._parts.trays.stop).start()
        return {"quitting": True}


def _as_json(result: CleanupResult) -> dict[str, object]:
    return {
        "subject": result.subject,
        "before_bytes": result.before_bytes,
        "after_bytes": result.after_bytes,
        "freed_bytes": result.freed_bytes,
        "note": result.note or None,
        "text": result.sentence(),
    }


def matching_incidents(incidents: Sequence[Incident], wanted: str) -> list[Incident]:
    """Return whom a person may mean: by key, else by subject, else by a part of the key.

    Several, or none: it is not known which one. Case counts for nothing in a part.
    """
    part = wanted.strip().casefold()
    return (
        [each for each in incidents if each.key == wanted]
        or [each for each in incidents if each.subject == wanted]
        or [each for each in incidents if part and part in each.key.casefold()]
    )


def _unknown_target(name: str, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = _("Did you mean {name}?").format(name=repr(near[0])) if near else ""
    return paragraph(_("No tracked program is called {name}.").format(name=repr(name)), hint)
