"""What happens when something is clicked: in the menu, on the icon, on a banner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from trayapp.applet.banners import APPLY, LATER, NEVER, is_moment
from trayapp.applet.overview import Overview
from trayapp.applet.parts import Parts
from trayapp.applet.profiles import present_profile, start_profile
from trayapp.applet.programs import subject_of
from trayapp.domain.acting.acts import ASKED, FREE, MENU_KEY, ActName, act_by_name, act_in
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.records.identity import (
    MEMTRAY,
    family_of,
    is_application,
    is_outside,
    name_in,
    target_of,
)
from trayapp.domain.showing.program_rows import ALERT_KEY, about_program
from trayapp.errors import MemtrayError, WindowError
from trayapp.language.catalogue import _, paragraph
from trayapp.windows import WINDOWS

if TYPE_CHECKING:
    from trayapp.applet.window_verbs import WindowVerbs

_SNOOZE_SECONDS = 3600.0


class MenuActions:
    """Does what was clicked. The tray's or the notifier's thread: nothing here may wait."""

    def __init__(self, parts: Parts, overview: Overview) -> None:
        self._parts = parts
        self._overview = overview
        sampler, switches = parts.sampler, parts.switches
        background = self._in_background
        self._handlers: dict[str, Callable[[str], object]] = {
            **{window.verb: self._window_opener(window.verb) for window in WINDOWS},
            "advice": lambda _: self._open_window("advice", options=("--window",)),
            "where": lambda _: self._open_window("where", options=("--window",)),
            "more": lambda _: self._open_window("table"),
            "details": self._open_details,
            "history": lambda about: self._open_window("trends", target_of(about) or about),
            "recent": self._open_recent,
            "settings": lambda _: self._open_window(
                "settings", options=("--config", str(parts.config_file))
            ),
            "incident": self._open_incident_of,
            MENU_KEY: self._act,
            ALERT_KEY: self._on_alert,
            "acknowledge": sampler.acknowledge,
            "resolve": sampler.resolve,
            "snooze": lambda key: switches.snooze(family_of(key), _SNOOZE_SECONDS),
            "alerts": switches.set_alerts,
            "pause": lambda _: switches.set_paused(not sampler.paused),
            "scroll": lambda steps: switches.show_next(-int(steps)),
            "middle": lambda _: self._on_middle_click(),
            "snapshot": lambda _: background(self._take_snapshot),
            "cleanup": lambda what: background(lambda: self._clean(what)),
            "track": lambda process: background(lambda: self._track("process", process)),
            "follow": lambda about: background(lambda: self._follow(about)),
            "untrack": lambda name: background(lambda: self._untrack(name)),
            "autostart": lambda _: background(switches.toggle_autostart),
            "profile": lambda name: background(lambda: self._change_profile(name)),
            "places": lambda _: background(self._reset_places),
            "quit": lambda _: parts.trays.stop(),
        }

    def on_menu(self, key: str) -> None:
        """Do what the entry with this key stands for: "verb" or "verb:subject"."""
        verb, _colon, subject = key.partition(":")
        if verb in self._handlers:
            self._handlers[verb](subject)
        if verb in ("alerts", "snooze"):
            self._warn_of_unkept()

    def on_banner(self, action: str, incident: Incident | None) -> None:
        """Do what a banner's button says. The notifier thread."""
        if action in ("trends", "default"):
            self._open_incident(incident)
        elif action == "table":
            self._open_window("table")
        elif act_by_name(action) is not None and incident is not None:
            self.on_menu(f"{MENU_KEY}:{action}:{incident.identity}")
        elif action == "snooze" and incident is not None:
            # A kill is not a shortage, and not everything about its program.
            about = family_of(incident.key) if is_moment(incident) else incident.identity
            self._parts.switches.snooze(about, _SNOOZE_SECONDS)
            self._warn_of_unkept()
        elif action == "acknowledge" and incident is not None:
            self._parts.sampler.acknowledge(incident.key)

    def on_advice(self, action: str, identity: str) -> None:
        """Do what a button below a notification of advice says. The notifier thread."""
        advisor = self._parts.advisor
        if action == APPLY:
            self._in_background(lambda: self._apply(identity))
        elif action in (LATER, NEVER):
            for_good = action == NEVER
            self._in_background(lambda: advisor.dismiss(identity, for_good=for_good))
        else:
            self.on_menu("advice")

    def _apply(self, identity: str) -> None:
        deed = self._parts.advisor.apply(identity)
        later = _("Memtray measures again; “Advice…” shows whether it holds.")
        self._parts.banners.notify(paragraph(deed.text, later), deed.title)

    def _warn_of_unkept(self) -> None:
        if text := self._parts.switches.unkept:
            self._parts.banners.notify(text)

    def _in_background(self, errand: Callable[[], object]) -> None:
        self._parts.banners.run_errand(errand, self._parts.trays.refresh)

    def _window_opener(self, verb: str) -> Callable[[str], None]:
        return lambda _subject: self._open_window(verb)

    def _open_window(self, verb: str, *arguments: str, options: Sequence[str] = ()) -> None:
        """Start a window in a child process; takes a millisecond or two."""
        try:
            if verb == "trends":
                _check_charts()
            self._parts.children.open(verb, *arguments, options=options)
        except MemtrayError as error:
            self._parts.banners.notify(str(error))

    def _open_details(self, about: str) -> None:
        """Show a program in a window of its own, whichever kind it is of; else the table."""
        target = MEMTRAY if about == MEMTRAY else target_of(about)
        application = self._application_named(about)
        if target is not None:
            self._open_window("details", target)
        elif application is not None:
            self._open_window("details", application, "application")
        else:
            self._open_window("table")

    def _application_named(self, about: str) -> str | None:
        """Return the name of the application with this key; None: it has ended."""
        view = self._parts.sampler.view
        applications = view.applications if view else ()
        return next((each.name for each in applications if about_program(each) == about), None)

    def _open_recent(self, key: str) -> None:
        """Show whom an alert was about; the machine at that moment, if it was about that."""
        _number, _colon, alert = key.partition(":")
        moment, _colon, about = alert.partition(":")
        is_shown = target_of(about) in self._overview.target_names()
        if about == MEMTRAY or is_shown or self._application_named(about):
            self._open_details(about)
        else:
            self._open_window("trends", options=("--at", moment))

    def _incident(self, key: str) -> Incident | None:
        """Return the open incident with this key; None: it is over."""
        view = self._parts.sampler.view
        incidents = view.incidents if view else ()
        return next((each for each in incidents if each.key == key), None)

    def _open_incident_of(self, key: str) -> None:
        self._open_incident(self._incident(key))

    def _on_alert(self, subject: str) -> None:
        """Do what an entry made by `alert_key` stands for, with the program of that alert."""
        what, _colon, key = subject.partition(":")
        incident = self._incident(key)
        if incident is None:
            self._open_window("table")
        elif what == "details" and is_application(incident.identity):
            # Also where it has ended since.
            self._open_incident(incident)
        elif what in ("details", "follow"):
            self.on_menu(f"{what}:{incident.identity}")
        else:
            self._act(f"{what}:{incident.identity}")

    def _open_incident(self, incident: Incident | None) -> None:
        """Show the trends of what an incident is about, at the moment when it began.

        Of an application, its details; of what is outside of programs, where memory goes.
        """
        if incident is None:
            self._open_window("trends")
            return
        about = incident.identity
        if is_outside(about):
            self.on_menu("where")
            return
        if is_application(about):
            kind, name = subject_of(self._parts.sampler.view, about)
            self._open_window("details", name, kind)
            return
        subject = about if about == MEMTRAY else target_of(about)
        arguments = [subject] if subject in (MEMTRAY, *self._overview.target_names()) else []
        moment = f"{incident.since_wall_seconds:.0f}"
        self._open_window("trends", *filter(None, arguments), options=("--at", moment))

    def _act(self, subject: str) -> None:
        """Do what an entry made by `menu_key` stands for; what ends something is asked first."""
        found = act_in(subject)
        if found is None:
            return
        act, about = found
        kind, name = subject_of(self._parts.sampler.view, about)
        if act in ASKED:
            self._open_window("details", name, kind, options=("--act", act))
        else:
            self._in_background(lambda: self._act_now(act, kind, name))

    def _act_now(self, act: ActName, kind: str, name: str) -> None:
        from trayapp.applet.acting_verbs import ActingVerbs

        verbs = ActingVerbs(self._parts)
        arguments = {"kind": "app" if name == MEMTRAY else kind, "name": name}
        if act == FREE:
            self._parts.banners.notify(str(verbs.free(arguments)["text"]), _("Free memory"))
        else:
            verbs.open_folder(arguments)

    def _on_middle_click(self) -> None:
        choice = self._parts.settings_file.settings.tray.middle_click
        if choice != "none":
            self.on_menu("cleanup:app" if choice == "cleanup" else choice)

    def _take_snapshot(self) -> None:
        self._parts.banners.notify(str(self._overview.write_snapshot()), _("Snapshot"))

    def _clean(self, what: str) -> None:
        results = self._parts.cleanups.clean_named(what)
        if not results:
            raise MemtrayError(_("Nothing to free: that program is no longer tracked."))
        text = "\n".join(result.sentence() for result in results)
        self._parts.banners.notify(text, _("Free memory"))

    def _follow(self, about: str) -> None:
        """Track an application. Raises: MemtrayError if it has ended."""
        name = self._application_named(about)
        if name is None:
            raise MemtrayError(_("{name} has already exited.").format(name=name_in(about)))
        self._track("application", name)

    def _track(self, kind: str, name: str) -> None:
        added = self._window_verbs().track({"kind": kind, "name": name})["name"]
        text = _("{name} is tracked from now on: its history is recorded and shown in the trends.")
        self._parts.banners.notify(text.format(name=added), _("Tracking"))

    def _untrack(self, name: str) -> None:
        self._window_verbs().untrack({"kind": "target", "name": name})
        text = _("{name} is not tracked any more; its history stays.")
        self._parts.banners.notify(text.format(name=name), _("Tracking"))

    def _window_verbs(self) -> WindowVerbs:
        from trayapp.applet.window_verbs import WindowVerbs

        return WindowVerbs(self._parts.sampler, self._parts.config_file, self._overview.controls)

    def _change_profile(self, name: str) -> None:
        """Start the Memtray of another profile, and end this one when that runs."""
        if name != present_profile():
            start_profile(name)
            self._parts.trays.stop()

    def _reset_places(self) -> None:
        """Put windows that remember where they were back to where they begin."""
        from trayapp.windows.compact import reset_all_places

        reset_all_places(self._parts.paths.windows, self._parts.paths.runtime)


def _check_charts() -> None:
    """Raise WindowError where charts are not installed: there is no terminal to draw in."""
    # Only for this click: it brings modules that should not stay.
    from trayapp.language.extras import CHARTS, what_it_needs

    if not CHARTS.is_installed:
        raise WindowError(what_it_needs(_("The trend window"), CHARTS))
