"""The one tree of errors: each says, in one line, what happened and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")
_LONGEST = 1000


class MemtrayError(Exception):
    """Anything a person is told in one line, without a traceback.

    A reason may quote what a stranger's file or program says, line breaks and codes for terminals
    among it: those become spaces.
    """

    exit_code = 1

    def __str__(self) -> str:
        """The line; of one that is very long, its beginning."""
        line = _BREAKS.sub(" ", super().__str__())
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


class UsageError(MemtrayError):
    """The command line asks for something that does not exist or does not fit."""

    exit_code = 2


class SettingsError(MemtrayError):
    """The settings file holds something Memtray cannot use."""

    exit_code = 2

    def __init__(self, text: str, mistakes: Iterable[str] = ()) -> None:
        """Say `text`; `mistakes`: all there are, one line each, where it names only the first."""
        super().__init__(text)
        self.mistakes = tuple(mistakes) or (text,)


class AlreadyRunningError(MemtrayError):
    """Another Memtray of this user runs already."""

    exit_code = 3


class NotRunningError(MemtrayError):
    """No Memtray of this user runs, and the command needs one."""

    exit_code = 3


class ControlError(MemtrayError):
    """The running Memtray refused a command or did not answer it."""


class HistoryError(MemtrayError):
    """The history cannot be opened, read or written."""


class DeliveryError(MemtrayError):
    """A remote channel did not take what was sent; it may later."""


class ChannelError(MemtrayError):
    """A remote channel cannot work as it is set up."""

    exit_code = 2


class PlatformError(MemtrayError):
    """The system does not offer, or refused, what was asked of it."""


class TrayError(MemtrayError):
    """No tray icon can be shown here."""


class WindowError(MemtrayError):
    """A window or picture cannot be shown here."""


class RecordingError(MemtrayError):
    """A recording cannot be made or read as asked."""

    exit_code = 2


class ExportError(MemtrayError):
    """The history cannot be written to the file that was asked for."""
