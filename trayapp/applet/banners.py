"""Banners: one for each subject of incidents, and one for the result of what a person asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from trayapp.applet.pictures import icon_file
from trayapp.applet.terminal import LiveLines
from trayapp.delivery.banner import Banner
from trayapp.delivery.counts import DeliveryCounts
from trayapp.delivery.notifier import Notifier
from trayapp.delivery.sinks import Surroundings, open_sinks
from trayapp.delivery.sinks.log import LogFile
from trayapp.domain.acting.acts import MOST_ON_BANNER, Act
from trayapp.domain.judging.alerting import Announcement, Incident
from trayapp.domain.records.identity import SYSTEM, is_application, is_outside
from trayapp.domain.records.levels import Level
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import N_, _, paragraph
from trayapp.language.units import format_duration
from trayapp.log import Log

if TYPE_CHECKING:
    from trayapp.domain.judging.advice.records import Advice

APPLY, LATER, NEVER = "apply", "later", "never"
"""What the buttons below a notification of advice do."""
MOST_ADVICE_A_DAY = 3
_DAY_SECONDS = 86_400.0
_ADVICE_KEY = "advice:"
_SNOOZE = (("snooze", N_("Snooze 1 h")), ("acknowledge", N_("Acknowledge")))
_MOMENTS = ("oom", "spike")
"""How the keys of incidents begin that have happened rather than last."""
_log = Log(__name__)


class Banners:
    """Owns the notifier, and knows which incident each banner is about."""

    def __init__(
        self,
        log_file: LogFile,
        live: LiveLines,
        icon_notify: Callable[[str, str], None],
        on_action: Callable[[str, Incident | None], None],
        keep: Callable[[Callable[[], None]], None] = lambda body: body(),
        acts: Callable[[Incident], Sequence[Act]] = lambda _incident: (),
        pulse: Callable[[float | None], None] = lambda _limit_seconds: None,
        advice: Callable[[], Sequence[Advice]] = tuple,
        on_advice: Callable[[str, str], None] = lambda _action, _identity: None,
    ) -> None:
        """Prepare the notifier.

        `icon_notify` is the tray icon's own way to show a title and a text. `on_action` gets what
        a banner's button does and the incident, if the banner is about one; the notifier thread.
        `keep` runs that thread's body, and runs it again should it fail; `pulse` hears of its work.
        `acts` returns what helps against an incident; the sampler thread. `advice` is what stands;
        `on_advice` gets what a button below it does, and its identity; the notifier thread.
        """
        self._acts = acts
        self._advice = advice
        self._on_advice = on_advice
        self._on_incident = on_action
        self._advised: dict[str, float] = {}
        """When a notification was sent of which advice; wall seconds."""
        surroundings = Surroundings(
            log=log_file.append,
            print_between=live.print_between,
            icon_file=icon_file(),
            icon_notify=icon_notify,
        )
        self.counts = DeliveryCounts()
        self.notifier = Notifier(
            open_sinks("desktop", surroundings),
            sinks=open_sinks("banners", surroundings),
            log=log_file.append,
            on_action=self._on_button,
            on_delivered=self._on_delivered,
            keep=keep,
            pulse=pulse,
        )
        self._incidents: dict[str, Incident] = {}
        """What each banner shows, by the banner's key."""

    def announce(self, announcement: Announcement) -> None:
        """Show, replace or finish the banner of an incident. The sampler thread."""
        incident = announcement.incident
        key = banner_key(incident)
        if announcement.what == "resolved":
            # Unless it speaks of another incident of the same subject by now.
            if key in self._incidents and self._incidents[key].key == incident.key:
                if announcement.was_moment:
                    self.notifier.withdraw(key)
                else:
                    self.notifier.finish(_over(key, announcement, time.time()))
                del self._incidents[key]
        elif announcement.what == "held":
            self.counts.count_held()
        else:
            self.counts.count_sent(key)
            self._incidents[key] = incident
            actions = _actions(incident, self._acts(incident), self._advice_about(incident))
            self.notifier.send(Banner(key, incident.title, incident.body, incident.level, actions))

    def advise(self, advice: Advice, is_wanted: bool) -> None:
        """Show new advice, if it is worth that: Memtray can follow it, and it gives back much.

        At most once a day of the same, and three a day in all. The sampler thread.
        """
        now = time.time()
        recent = {each: at for each, at in self._advised.items() if now - at < _DAY_SECONDS}
        act = advice.automatic
        is_worth = advice.priority != "low" and advice.confidence >= 0.5
        if not is_wanted or act is None or not is_worth or advice.id in recent:
            return
        if len(recent) >= MOST_ADVICE_A_DAY:
            return
        self._advised = recent | {advice.id: now}
        from trayapp.domain.showing.advice_lines import expected_line

        buttons = (
            ("default", _("Advice…")),
            (APPLY, act.what),
            (LATER, _("Not now")),
            (NEVER, _("Never")),
        )
        body = paragraph(advice.evidence, expected_line(advice))
        key = _ADVICE_KEY + advice.id
        self.notifier.send(Banner(key, advice.title, body, Level.NORMAL, buttons))

    def _advice_about(self, incident: Incident) -> Advice | None:
        """Return the advice that helps against an incident and that Memtray can follow."""
        for advice in self._advice():
            if advice.about == incident.identity and advice.automatic is not None:
                return advice
        return None

    def _on_button(self, key: str, action: str) -> None:
        if key.startswith(_ADVICE_KEY):
            self._on_advice(action, key.removeprefix(_ADVICE_KEY))
            return
        incident = self._incidents.get(key)
        advice = self._advice_about(incident) if incident and action == APPLY else None
        if advice is not None:
            self._on_advice(APPLY, advice.id)
        else:
            self._on_incident(action, incident)

    def notify(self, text: str, title: str = "Memtray") -> None:
        """Show the result of what the person asked for. Any thread."""
        self.notifier.send(Banner(key="told", title=title, body=text, level=Level.NORMAL))

    def run_errand(self, errand: Callable[[], object], done: Callable[[], object]) -> None:
        """Do in a thread what may take long, show how it failed if it did, and call `done`."""

        def run() -> None:
            try:
                errand()
            except MemtrayError as error:
                self.notify(str(error))
            except OSError as error:
                self.notify(_("Failed: {reason}").format(reason=error))
            done()

        threading.Thread(target=run, name="errand", daemon=True).start()

    def _on_delivered(self, key: str, delivered: bool, reason: str) -> None:
        if delivered:
            self.counts.count_shown(key)
        else:
            _log.warning("%s is not shown on the desktop: %s", key, reason)


def _actions(
    incident: Incident, acts: Sequence[Act], advice: Advice | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the buttons of an incident's banner, with what helps first."""
    # Of what is not tracked, a click shows the details, where it can be tracked as well.
    label = _("Details…") if is_application(incident.identity) else _("Trends")
    if is_outside(incident.identity):
        label = _("Where memory goes…")
    # A click on the banner itself is all that services without buttons offer.
    buttons = [("default", label), *((act.name, act.label) for act in acts)]
    if advice is not None and advice.automatic is not None:
        # In the place of the act that does the same, or less of it.
        helps = advice.automatic
        rest = [each for each in buttons[1:] if each[0] != helps.does][: MOST_ON_BANNER - 1]
        buttons = [buttons[0], (APPLY, helps.what), *rest]
    if incident.identity == SYSTEM:
        buttons.append(("table", _("Show programs")))
    buttons.append(("trends", label))
    return (*buttons, *((action, _(label)) for action, label in _SNOOZE))


def is_moment(incident: Incident) -> bool:
    """Return whether an incident has happened rather than lasts."""
    return incident.key.partition(":")[0] in _MOMENTS


def banner_key(incident: Incident) -> str:
    """Return the key of the banner: what is related shares one, all about one target for example.

    What has merely happened has one of its own, lest it replaces what goes on.
    """
    return incident.key if is_moment(incident) else f"about:{incident.identity}"


def _over(key: str, announcement: Announcement, wall_seconds: float) -> Banner:
    incident, reason = announcement.incident, announcement.reason
    if not reason.startswith(incident.subject):
        # A name stays as it is written.
        reason = f"{reason[:1].upper()}{reason[1:]}"
    lasted = format_duration(max(0.0, wall_seconds - incident.since_wall_seconds))
    text = _("Duration: {time}.")
    if reason:
        # Translators: how an alert ended, such as "postgres is not running any more".
        text = _("{reason}. Duration: {time}.")
    title = _("Resolved: {title}").format(title=incident.title)
    return Banner(key, title, text.format(reason=reason, time=lasted), Level.NORMAL)
