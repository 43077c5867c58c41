"""Which processes a person means by `--pid` and `--match`."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath

from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import ProcessFacts
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _
from trayapp.readers.processes import open_process_reader
from trayapp.recording.kin import MOST_PROCESSES


def find_by_text(text: str) -> tuple[int, ...]:
    """The pids of those whose command line holds `text`: at most ten, the largest first.

    Memtray's own processes are never among them, nor who started this one: their command lines
    hold the text because it was asked for.

    Raises: RecordingError with the nearest name if there is none.
    """
    reader = open_process_reader()
    try:
        everyone = {facts.key: facts for facts in reader.refresh().appeared}
        readings = reader.read_all()
    finally:
        reader.close()
    by_pid = {facts.key.pid: facts for facts in everyone.values()}
    askers = _askers(by_pid)
    others = [
        facts
        for facts in everyone.values()
        if facts.key.pid not in askers and not is_memtray(facts.arguments)
    ]
    found = [facts for facts in others if text in facts.command_line and facts.key in readings]
    if not found:
        raise RecordingError(_no_match(text, others))
    found.sort(key=lambda facts: -readings[facts.key].rss_bytes)
    return tuple(facts.key.pid for facts in found[:MOST_PROCESSES])


def find_program(command: Sequence[str]) -> None:
    """Make sure that a command can be started, before anything is done for it.

    Raises: RecordingError.
    """
    if shutil.which(command[0]) is None:
        raise RecordingError(
            _("command not found: {command}").format(command=short_name(command[0]))
        )


def is_memtray(arguments: Sequence[str]) -> bool:
    """Whether a command line starts Memtray, by its script or by its package."""
    names = [PurePath(argument).name.removesuffix(".exe") for argument in arguments[:2]]
    return "memtray" in names or ("-m", "trayapp") in pairwise(arguments)


def _askers(by_pid: Mapping[int, ProcessFacts]) -> set[int]:
    """This process, and its ancestors as far as they only carry the command (sh -c, sudo)."""
    askers = {os.getpid()}
    facts = by_pid.get(os.getpid())
    while facts is not None and facts.parent_pid not in askers:
        facts = by_pid.get(facts.parent_pid)
        if facts is not None and "record" in facts.command_line:
            askers.add(facts.key.pid)
    return askers


def _no_match(text: str, others: Iterable[ProcessFacts]) -> str:
    names = {facts.name for facts in others if facts.arguments}
    near = difflib.get_close_matches(text, sorted(names), n=1, cutoff=0.5)
    said = _("no process matches {text}")
    if near:
        said = _("no process matches {text}; did you mean {name}?")
    return said.format(text=repr(short_name(text)), name=repr(short_name("".join(near))))
