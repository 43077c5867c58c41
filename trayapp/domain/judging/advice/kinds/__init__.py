"""The kinds of advice: one file each (machine and caches hold two), one line here.

What a kind is, `protocol` says. They are asked in this order.
"""

from __future__ import annotations

from trayapp.domain.judging.advice.kinds.caches import BoundCache, EmptyCache
from trayapp.domain.judging.advice.kinds.children import Children
from trayapp.domain.judging.advice.kinds.collect import Collect
from trayapp.domain.judging.advice.kinds.exception import MakeException
from trayapp.domain.judging.advice.kinds.heap_limit import HeapLimit
from trayapp.domain.judging.advice.kinds.idle import Idle
from trayapp.domain.judging.advice.kinds.limits import OwnLimit
from trayapp.domain.judging.advice.kinds.machine import Swap, Tmpfs
from trayapp.domain.judging.advice.kinds.malloc_arenas import MallocArenas
from trayapp.domain.judging.advice.kinds.protocol import Kind
from trayapp.domain.judging.advice.kinds.restart import Restart
from trayapp.domain.judging.advice.kinds.task import KeepingTask
from trayapp.domain.judging.advice.kinds.trim import Trim
from trayapp.domain.judging.advice.kinds.twins import RunsTwice
from trayapp.domain.judging.advice.kinds.version import GrowingVersion

KINDS: tuple[Kind, ...] = (
    Trim(),
    Collect(),
    Restart(),
    EmptyCache(),
    BoundCache(),
    MallocArenas(),
    HeapLimit(),
    OwnLimit(),
    Children(),
    Idle(),
    RunsTwice(),
    KeepingTask(),
    GrowingVersion(),
    Tmpfs(),
    Swap(),
    MakeException(),
)
