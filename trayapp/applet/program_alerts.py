"""Tells programs of the alerts about themselves: those tracked ones whose probe can hear it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names
from trayapp.domain.judging.transitions import Transition, key_of_transition
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.identity import key_of_subject
from trayapp.errors import MemtrayError
from trayapp.log import Log

CALL_LIMIT_SECONDS = 5.0
"""For one program, which calls functions of its own meanwhile."""
ALL_LIMIT_SECONDS = 30.0
"""For all whom one tick concerns."""
_ANSWER_LIMIT_BYTES = 64 * 1024
_log = Log(__name__)


def pass_on(
    runtime: Path, targets: Sequence[TargetView], transitions: Sequence[Transition]
) -> None:
    """Have probes call whom the transitions of one tick concern. The sampler thread; no waiting.

    runtime: the folder in which probes listen.
    """
    listening = frozenset(find_names(runtime, PROBE))
    if not listening:
        return
    to_call = [
        (name, message_of(transition))
        for transition in transitions
        for target in targets
        if key_of_transition(transition) == key_of_subject(target.name)
        for key in target.keys
        if (name := endpoint_name(PROBE, *key)) in listening
    ]
    if to_call:
        try:
            threading.Thread(
                target=_call_all, args=(runtime, to_call), name="program alerts", daemon=True
            ).start()
        except RuntimeError as error:  # no thread to be had: short of memory, most likely
            _log.warning("programs cannot be told of an alert: %s", error)


def message_of(transition: Transition) -> dict[str, object]:
    """Return what a program gets, as `trayapp.probe.on_alert` describes it."""
    return {
        "level": transition.level.label,
        "phase": "resolved" if transition.kind == "resolved" else "active",
        "kind": transition.key.partition(":")[0],
        "title": transition.title,
        "body": transition.body,
    }


def _call_all(runtime: Path, to_call: Sequence[tuple[str, Mapping[str, object]]]) -> None:
    deadline = time.monotonic() + ALL_LIMIT_SECONDS
    for name, message in to_call:
        left_seconds = min(CALL_LIMIT_SECONDS, deadline - time.monotonic())
        if left_seconds <= 0:
            return
        try:
            call(
                runtime, "alert", message, left_seconds,
                name=name, answer_limit_bytes=_ANSWER_LIMIT_BYTES,
            )  # fmt: skip
        except MemtrayError as error:  # it has ended, or has an older probe
            _log.debug("%s was not told of an alert: %s", name, error)
