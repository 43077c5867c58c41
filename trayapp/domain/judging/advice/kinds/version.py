"""A version of a program that grows where the one before it did not."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine, VersionRuns
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.judging.chance import MORE_THAN_CHANCE
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, ngettext
from trayapp.language.dates import date_said
from trayapp.language.units import MIB, format_duration, format_size

LEAST_BYTES = 32 * MIB
HOUR_SECONDS = 3600.0
LEAST_FACTOR = 4.0
"""It grows so many times as fast."""


class GrowingVersion(ProgramKind):
    """Go back, or report it."""

    key = "version"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        past = case.past.version if case.past else None
        if past is None or past.chance >= MORE_THAN_CHANCE:
            return None
        now, before = past.now, past.before
        if now.grown_bytes < LEAST_BYTES or now.rate < LEAST_FACTOR * max(0.0, before.rate):
            return None
        name = shown_name(case.name)
        evidence = _(
            "Since {date} its {file} is another version: in {time} ({runs}) it grew by {size} an "
            "hour; the one before by {earlier_size} in {earlier_time} ({earlier_runs})."
        ).format(
            date=date_said(now.since_wall_seconds),
            file=shown_name(now.file),
            time=format_duration(now.seconds),
            runs=_runs_said(now),
            size=format_size(now.rate * HOUR_SECONDS),
            earlier_size=format_size(max(0.0, before.rate) * HOUR_SECONDS),
            earlier_time=format_duration(before.seconds),
            earlier_runs=_runs_said(before),
        )
        return self.made(
            case,
            _("Go back to the earlier version of {name}").format(name=name),
            evidence,
            _("Not if the new version has more to do, or keeps more on purpose."),
            Act(
                _("Go back to the version of {date}").format(
                    date=date_said(before.modified_seconds)
                ),
                risk="medium",
                seconds=600.0,
            ),
            Act(_("Report it to its makers, with a report of Memtray"), seconds=600.0),
            offered_bytes=now.grown_bytes,
            confidence=0.9 if min(now.runs, before.runs) > 1 else 0.75,
        )


def _runs_said(version: VersionRuns) -> str:
    text = ngettext("{count} run", "{count} runs", version.runs)
    return text.format(count=version.runs)
