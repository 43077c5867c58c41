"""One question to the probe of one process.

What asks is loaded with the first question: where no program has a probe, it is not resident.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from trayapp.domain.records.samples import ProcessKey

CALL_LIMIT_SECONDS = 2.0
"""For one answer."""
ANSWER_LIMIT_BYTES = 256 * 1024


def ask_probe(
    runtime: Path, key: ProcessKey, verb: str, arguments: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the answer; empty where another process has the pid, or speaks for it. Blocks.

    runtime: the folder in which probes listen. Any thread but the sampler's.
    Raises: MemtrayError in one line, or OSError, where it ends, hangs or answers nonsense.
    """
    from trayapp.control.client import call
    from trayapp.control.process_endpoints import PROBE, endpoint_name

    if sys.platform != "linux":
        from trayapp.cleanup.probes import is_the_same

        if not is_the_same(key):
            return {}
    told = call(
        runtime,
        verb,
        dict(arguments or {}),
        CALL_LIMIT_SECONDS,
        name=endpoint_name(PROBE, *key),
        who=f"the probe of process {key.pid}",
        answer_limit_bytes=ANSWER_LIMIT_BYTES,
    )
    return told if told.get("pid") == key.pid else {}
