"""An alert that the person has acknowledged again and again."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.domain.judging.advice.case import Machine
from trayapp.domain.judging.advice.harmless import Harmless
from trayapp.domain.judging.advice.kinds.machine import MachineKind
from trayapp.domain.judging.advice.records import EXCEPT, Act, Advice
from trayapp.domain.judging.exceptions import exception_entry
from trayapp.language.catalogue import _, ngettext
from trayapp.language.dates import date_said


class MakeException(MachineKind):
    """Make it silent."""

    key = "exception"

    def advise_machine(self, machine: Machine) -> Iterator[Advice]:
        for each in machine.harmless:
            yield self._made(each)

    def _made(self, harmless: Harmless) -> Advice:
        evidence = ngettext(
            "This alert was acknowledged {count} time since {date}, up to the level {level}.",
            "This alert was acknowledged {count} times since {date}, up to the level {level}.",
            harmless.times,
        ).format(
            count=harmless.times,
            date=date_said(harmless.since_wall_seconds),
            level=harmless.level.said,
        )
        return Advice(
            kind=self.key,
            about=harmless.about,
            topic=harmless.key,
            name=harmless.name,
            # Translators: {title} is that of an alert, such as "web keeps growing".
            title=_("Make an exception: {title}").format(title=harmless.title),
            evidence=evidence,
            unless=_("Not if it may be worth knowing: it is shown, but not reported any more."),
            acts=(
                Act(
                    _("Write the exception into the settings"),
                    EXCEPT,
                    undo=_("the exception is removed"),
                    entry=exception_entry(harmless.key, harmless.level),
                ),
            ),
            confidence=0.7,
        )
