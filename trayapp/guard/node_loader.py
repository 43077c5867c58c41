"""Loads the probe into a program that Node.js runs, by the environment alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import trayapp

PRELOAD = Path(trayapp.__file__).parent / "probe" / "node_probe.js"
"""The script that Node.js is to run before a program."""
OPTIONS_VARIABLE, PROGRAM_VARIABLE = "NODE_OPTIONS", "MEMTRAY_NODE_PROBE"


def variables(environment: Mapping[str, str], with_children: bool) -> dict[str, str]:
    """Return what to set; who takes no notice of it, or is not Node.js, goes on without."""
    options = environment.get(OPTIONS_VARIABLE, "")
    set_to = {OPTIONS_VARIABLE: f"{options} {require_option()}".lstrip()}
    if not with_children:
        set_to[PROGRAM_VARIABLE] = "program"
    return set_to


def require_option() -> str:
    """Return what loads the probe, as it is to stand in `NODE_OPTIONS`."""
    path = str(PRELOAD)
    if os.sep == "/":
        path = path.replace("\\", "\\\\")
    quoted = path.replace('"', '\\"')
    return f'--require="{quoted}"'
