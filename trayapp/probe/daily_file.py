"""A log of one file a day: lines that are written whole or not at all, old files packed, then gone.

The file is opened for every write. So one that `logrotate` has moved away, truncated or removed is
followed without a thought, a program that closes all its descriptors does no harm, and a line costs
some ten microseconds, of which there is one in two minutes.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from trayapp.domain.records.log_lines import (
    FILE_PREFIX,
    FILE_SUFFIX,
    PACKED_SUFFIX,
    file_name,
    remark,
)
from trayapp.probe.importing import load

_FLAGS = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    # Nobody is to lead it elsewhere by a link, or hold it up by a named pipe.
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_PIECE_BYTES = 1 << 16
_LOCK_NAME = ".memory_log.lock"
DAY_SECONDS = 86_400
FAR_DAYS = 30
"""After so many days without a log, the clock may be wrong: nothing is removed for its age yet."""
RETRY_SECONDS = 1.0
"""After a failure, lines that come sooner are not tried: a full disk is not to cost anything."""


def stamp_of(wall_seconds: float) -> str:
    """Return the local date and time, as logs have them."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_seconds))


def zone_of(wall_seconds: float) -> str:
    """Return by how much the local clock differs from UTC: "+01:00"."""
    offset_seconds = time.localtime(wall_seconds).tm_gmtoff
    hours, minutes = divmod(abs(offset_seconds) // 60, 60)
    return f"{'-' if offset_seconds < 0 else '+'}{hours:02}:{minutes:02}"


class DailyFile:
    """Appends lines to the file of the day that each is stamped with. Any thread; raises nothing.

    Several programs may write into one folder: the first has `memory_20260316.log`, the others
    have their pid before the ending.
    """

    def __init__(
        self,
        folder: str,
        opening: Callable[[float], str],
        report: Callable[[str], object],
    ) -> None:
        """`opening`: the first line of each file, for a wall time; `report` gets problems, once."""
        self._folder = Path(folder)
        self._opening = opening
        self._report = report
        # What a signal's handler does may be logged, while its own thread is writing.
        self._lock = threading.RLock()
        self._held: int | None = None
        self._writer = ""
        self._path: Path | None = None
        self._missed = 0
        self._missed_since = self._problem = ""
        self._retry_at = 0.0

    def write(self, wall_seconds: float, text: str) -> bool:
        """Append one line, without stamp and end, or nothing of it.

        Returns: whether it is in the file; a full disk or a lack of permission loses it, which is
        reported once, and noted in the log when that can be written again.
        """
        stamp = stamp_of(wall_seconds)
        with self._lock:
            now = time.monotonic()
            if self._missed and now < self._retry_at:
                self._missed += 1
                return False
            try:
                self._append(wall_seconds, stamp, f"{stamp} {text}\n")
            except (OSError, ValueError) as error:  # a path may hold what no path can
                self._retry_at = now + RETRY_SECONDS
                self._note_miss(stamp, getattr(error, "strerror", None) or str(error))
                return False
            return True

    def begin_anew(self) -> None:
        """Write the first line of a file again before the next: it is of another process."""
        with self._lock:
            self._path = None

    def close(self) -> None:
        """Leave the folder to others."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(OSError):
                os.close(held)

    def _append(self, wall_seconds: float, stamp: str, line: str) -> None:
        if self._held is None:
            self._claim_folder()
        try:
            descriptor, path = self._open(stamp)
        except FileNotFoundError:  # somebody has removed the folder
            self.close()
            self._claim_folder()
            descriptor, path = self._open(stamp)
        try:
            before_bytes = os.fstat(descriptor).st_size
            text = line
            if self._missed:
                missed = f"{self._missed} lines since {self._missed_since[11:]} are missing"
                text = remark(stamp, f"{missed}: {self._problem}") + text
            if not before_bytes or path != self._path:
                # A new file, or a new life of the program; a line that a crash broke off is ended.
                broken = "\n" if before_bytes and not _ends_a_line(path) else ""
                text = broken + self._opening(wall_seconds) + text
            data = text.encode("utf-8", "replace")
            if os.write(descriptor, data) != len(data):
                # Full within the line. It is taken back, lest the next is glued to its beginning.
                os.ftruncate(descriptor, before_bytes)
                raise OSError(28, "No space left on device")
        finally:
            os.close(descriptor)
        self._path, self._missed, self._problem = path, 0, ""

    def _open(self, stamp: str) -> tuple[int, Path]:
        path = self._folder / file_name(stamp, self._writer)
        return os.open(path, _FLAGS, 0o666), path

    def _note_miss(self, stamp: str, reason: str) -> None:
        if not self._missed:
            self._missed_since = stamp
        self._missed += 1
        if reason != self._problem:
            self._problem = reason
            self._report(f"the memory log in {self._folder} cannot be written: {reason}")

    def _claim_folder(self) -> None:
        """Find out whether another program writes here. Raises: OSError."""
        load("fcntl")
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        held = os.open(self._folder / _LOCK_NAME, flags, 0o666)
        self._held = held
        try:
            import fcntl

            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._writer = ""
        except ImportError:
            pass  # not on Windows, where the lines of several programs share the file
        except OSError:
            self._writer = str(os.getpid())


def tidy(folder: str, now_wall_seconds: float, keep_days: int, remove_days: int) -> None:
    """Pack the logs of days that are so many days ago, and remove those that are even older.

    A file that is not named like a log is left alone. After `FAR_DAYS` without a log, nothing is
    removed before there is one of another day. Takes as long as packing a day does. Any thread;
    raises nothing.
    """
    load("_strptime", "gzip", "shutil", "zlib")
    with suppress(OSError, ValueError):
        paths = list(Path(folder).iterdir())
        found = [(path, _age_days(path.name, now_wall_seconds)) for path in paths]
        gap_days = min((age for _path, age in found if age), default=0)
        for path, age in found:
            if age is None:
                continue
            with suppress(OSError):
                if age >= remove_days and gap_days < FAR_DAYS:
                    path.unlink()
                elif age >= keep_days and path.suffix != PACKED_SUFFIX and _is_regular(path):
                    _pack(path)


def _is_regular(path: Path) -> bool:
    """Return whether it can be packed: a pipe would be waited for. Raises: OSError."""
    return stat.S_ISREG(path.lstat().st_mode)


def _age_days(name: str, now_wall_seconds: float) -> int | None:
    """Return how many days ago a log was written; None: the name is not one of ours."""
    plain = name.removesuffix(PACKED_SUFFIX)
    if not plain.startswith(FILE_PREFIX) or not plain.endswith(FILE_SUFFIX):
        return None
    day, _, writer = plain[len(FILE_PREFIX) : -len(FILE_SUFFIX)].partition(".")
    if writer and not writer.isdecimal():
        return None
    try:
        then = time.mktime((*time.strptime(day, "%Y%m%d")[:3], 12, 0, 0, 0, 0, -1))
        today = time.localtime(now_wall_seconds)
        noon = time.mktime((today.tm_year, today.tm_mon, today.tm_mday, 12, 0, 0, 0, 0, -1))
    except (ValueError, OverflowError):
        return None
    return round((noon - then) / DAY_SECONDS)


def _pack(path: Path) -> None:
    """Replace a file by a packed one; there is always one of both, whole. Raises: OSError.

    Where there is a packed one already, as after a clock was set back, it goes on with this file.
    """
    import gzip
    import shutil

    packed = path.with_name(path.name + PACKED_SUFFIX)
    draft = path.with_name(packed.name + ".new")
    times = path.stat()
    with draft.open("wb") as file:
        if packed.exists() and not _holds(packed, path):
            with packed.open("rb") as before:
                shutil.copyfileobj(before, file)
        with path.open("rb") as plain, gzip.open(file, "wb") as out:
            shutil.copyfileobj(plain, out)
    draft.chmod(times.st_mode & 0o777)
    os.utime(draft, ns=(times.st_atime_ns, times.st_mtime_ns))
    draft.replace(packed)
    path.unlink()


def _holds(packed: Path, path: Path) -> bool:
    """Return whether a crash left both the file and what was packed of it.

    Raises: OSError, also where the packed one is damaged.
    """
    import gzip
    import zlib

    try:
        with gzip.open(packed, "rb") as there, path.open("rb") as here:
            while (piece := there.read(_PIECE_BYTES)) == here.read(_PIECE_BYTES):
                if not piece:
                    return True
    except (EOFError, zlib.error) as error:
        raise OSError(str(error)) from error
    return False


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
