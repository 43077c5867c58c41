"""A target that jumped between two samples."""

from __future__ import annotations

from trayapp.dataclass import replace
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.growth_tracker import Spike
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent, format_size


class Jump(TargetJudge):
    """By what the growth tracker calls a spike."""

    key = "spike"
    news = "spike"

    def judge(self, case: TargetCase) -> Condition | None:
        spike = case.spike
        if (
            spike is None
            or case.is_usual
            or not (case.rules.tells_spikes and case.rule.watch_spikes)
        ):
            return None
        text = spike_text(case.rule.name, spike)
        found = case.condition(self.key, Level.WARNING, text, spike.after_bytes)
        return replace(found, is_moment=True)


def spike_text(name: str, spike: Spike) -> tuple[str, str]:
    """Title and body about a jump between two polls."""
    jump = spike.after_bytes - spike.before_bytes
    return (
        _("{name} jumped by {size}").format(name=shown_name(name), size=format_size(jump)),
        _("From {before} to {after} (+{share}) between two samples.").format(
            before=format_size(spike.before_bytes),
            after=format_size(spike.after_bytes),
            share=format_percent(jump / spike.before_bytes),
        ),
    )
