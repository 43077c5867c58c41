"""Loads the Python probe into a program that does not know of it, by the environment alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import trayapp

PRELOAD = Path(trayapp.__file__).parent / "probe" / "preload"
"""The folder whose `sitecustomize.py` Python runs before a program, if it is on the path."""
CHILDREN_VARIABLE = "MEMTRAY_PROBE_CHILDREN"


def variables(environment: Mapping[str, str], with_children: bool) -> dict[str, str]:
    """Return what to set; `python -I`, `-E` and `-S` take no notice of it."""
    path = environment.get("PYTHONPATH", "")
    set_to = {"PYTHONPATH": f"{PRELOAD}{os.pathsep}{path}" if path else str(PRELOAD)}
    if with_children:
        set_to[CHILDREN_VARIABLE] = "1"
    return set_to
