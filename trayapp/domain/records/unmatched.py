"""A target whose rule matches no process, and the process that is most like it."""

from __future__ import annotations

from trayapp.dataclass import dataclass
from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import ProcessFacts
from trayapp.language.catalogue import _, paragraph
from trayapp.language.units import format_estimate

_SHOWN_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A target that no process has matched since it is followed."""

    lasted_seconds: float
    nearest: ProcessFacts | None = None
    """The running process that is most like it; None: none is like it, or not searched yet."""
    may_be_hidden: bool = False
    """The system hides other users' processes: it may well run."""

    @property
    def sentence(self) -> str:
        """For how long nothing has matched, and what is most like it."""
        if self.may_be_hidden:
            return _(
                "No visible process matches it; the system hides other users' processes (hidepid)."
            )
        text = _("No running process has matched it for {time}.").format(
            time=format_estimate(self.lasted_seconds)
        )
        if self.nearest is None:
            return paragraph(text, _("No similar process was found."))
        nearest = _("Most similar: {command} (pid {pid}).").format(
            command=shown_command(self.nearest), pid=self.nearest.key.pid
        )
        return paragraph(text, nearest)


def shown_command(facts: ProcessFacts) -> str:
    """A command line cut to what fits a line; strangers wrote it."""
    return short_name(facts.command_line, _SHOWN_LENGTH)
