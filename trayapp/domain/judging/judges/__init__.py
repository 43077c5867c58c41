"""The judges: one file each, one line here. What a judge is, `protocol` says.

Each looks at every frame and says, in a sentence of its own, what is wrong. They are asked in this
order, a target's for one target after the other; a later one may see what an earlier one found.
"""

from __future__ import annotations

from trayapp.domain.judging.judges.forecast import FullSoon
from trayapp.domain.judging.judges.growth import SteadyGrowth
from trayapp.domain.judging.judges.heap import HeapFull
from trayapp.domain.judging.judges.inside import Fragmented
from trayapp.domain.judging.judges.leak import ApplicationLeak, Leak
from trayapp.domain.judging.judges.limit import NearLimit
from trayapp.domain.judging.judges.oom_kill import Killed
from trayapp.domain.judging.judges.outside import OutsideLeak
from trayapp.domain.judging.judges.pressure import Shortage
from trayapp.domain.judging.judges.protocol import Judge, MachineJudge, TargetJudge
from trayapp.domain.judging.judges.size import LargeSize
from trayapp.domain.judging.judges.spike import Jump
from trayapp.domain.judging.judges.unusual import Unusual

MACHINE_JUDGES: tuple[type[MachineJudge], ...] = (
    Shortage,
    FullSoon,
    ApplicationLeak,
    Killed,
    OutsideLeak,
)
TARGET_JUDGES: tuple[type[TargetJudge], ...] = (
    NearLimit,
    HeapFull,
    Fragmented,
    LargeSize,
    Leak,
    SteadyGrowth,
    Jump,
    Unusual,
)
JUDGES: tuple[type[Judge], ...] = (*MACHINE_JUDGES, *TARGET_JUDGES)
TARGET_INCIDENTS = tuple(judge.key for judge in TARGET_JUDGES)
"""How the keys of incidents about targets begin: "limit:NAME". Others may be about an application
that merely goes by the name of a target."""
