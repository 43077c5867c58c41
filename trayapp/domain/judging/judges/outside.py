"""Memory that grows outside of programs: files in memory, the kernel's own, the unexplained."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import replace
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief, brief_name
from trayapp.domain.judging.judges.protocol import MachineCase, MachineJudge
from trayapp.domain.judging.leaks import does_matter
from trayapp.domain.judging.leaks.evidence import grown_in_brief, left_in_brief
from trayapp.domain.judging.leaks.verdict import Verdict
from trayapp.domain.judging.outside_follower import OutsideFinding
from trayapp.domain.records.identity import OUTSIDE, SYSTEM
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.outside import SLAB, TMPFS, LargestFile
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_size

URGENT_SECONDS = 1800.0
"""A leak that leaves less time is critical."""
LEAST_SECONDS = 600.0
"""So long it must have grown where there is time: a large file may be copied into memory."""
_TITLES = {
    "shared": N_("Shared memory keeps growing"),
    "slab_unreclaimable": N_("Kernel objects keep growing"),
    "page_tables": N_("Page tables keep growing"),
    "hugepages": N_("Reserved huge pages keep growing"),
    "zram": N_("Compressed memory (zram) keeps growing"),
    "sockets": N_("Network buffers keep growing"),
    "unexplained": N_("Memory that nothing explains keeps growing"),
}
_BY_PROGRAMS = ("shared", "page_tables", "zram")
"""They grow with any program that does, of which is told already."""


class OutsideLeak(MachineJudge):
    """What grows without end and belongs to no program."""

    key = OUTSIDE
    news = "proof"
    patience_seconds = 1800.0
    yields_to_shortage = True

    def __init__(self) -> None:
        self._found: tuple[Condition, ...] = ()

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        """Keep what was found until somebody looks again."""
        if not case.rules.tells_growth:
            self._found = ()
        elif case.outside is not None:
            found = (self._judge_one(case, finding) for finding in case.outside)
            self._found = tuple(each for each in found if each is not None)
        return self._found

    def _judge_one(self, case: MachineCase, finding: OutsideFinding) -> Condition | None:
        key, verdict = f"{self.key}:{finding.key}", finding.verdict
        is_open = case.judged_level(key) > Level.NORMAL
        if not (is_open or does_matter(verdict)):
            return None
        if finding.key in _BY_PROGRAMS and not is_open and _is_by_a_program(case, verdict):
            return None
        left = verdict.seconds_to_limit
        is_urgent = left is not None and left < URGENT_SECONDS
        if not (is_open or is_urgent or verdict.grown_seconds >= LEAST_SECONDS):
            return None
        title, body = outside_text(finding)
        condition = Condition(
            key=key,
            subject=SYSTEM,
            about=key,
            level=Level.CRITICAL if is_urgent else Level.WARNING,
            title=title,
            body=body,
        )
        return replace(condition, has_lasted=True)


def outside_text(finding: OutsideFinding) -> tuple[str, str]:
    """Title and body about something that grows outside of programs."""
    title, remedy = _title(finding.key), ""
    if finding.key.startswith(TMPFS):
        remedy = _("Delete files that nobody needs.")
    whose = () if finding.largest is None else _whose(finding.largest)
    verdict = finding.verdict
    return title, brief(grown_in_brief(verdict), whose, left_in_brief(verdict), remedy)


def _whose(largest: LargestFile) -> tuple[str, str]:
    """Return whose the largest file is, once in full and once as short as can be."""
    owner = brief_name(largest.owner)
    text = _("The largest, {file} ({size}), belongs to {owner}.")
    file, size = brief_name(largest.path.rpartition("/")[2]), format_size(largest.size_bytes)
    return (
        text.format(file=file, size=size, owner=owner),
        _("The largest belongs to {owner}.").format(owner=owner),
    )


def _title(key: str) -> str:
    if key.startswith(TMPFS):
        folder = shown_name(key.removeprefix(TMPFS))
        return _("Files in {folder} keep growing").format(folder=folder)
    if key.startswith(SLAB):
        name = shown_name(key.removeprefix(SLAB))
        return _("Kernel objects keep growing: {name}").format(name=name)
    return _(_TITLES.get(key, _TITLES["unexplained"]))


def _is_by_a_program(case: MachineCase, verdict: Verdict) -> bool:
    """Return whether some program grows at least half as fast."""
    rate = verdict.rate_bytes_per_second or 0.0
    rates = [each.slope_bytes_per_second or 0.0 for each in case.applications]
    return max((*rates, *case.target_rates().values()), default=0.0) >= rate / 2
