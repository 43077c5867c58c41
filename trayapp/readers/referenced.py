"""The memory of a process that was not touched since its marks were cleared. Linux only.

The kernel keeps an "accessed" mark for each page. Writing 1 to `/proc/PID/clear_refs` clears the
marks of one process; `Referenced` in `/proc/PID/smaps` counts those that were set since. Reading
clears nothing, so one clearing serves readings after one, five and fifteen minutes.

What clearing costs the watched program is measured by `tests.benchmarks.staleness`: it loses its
cached translations once, and for a while the kernel takes its pages for idle ones.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from trayapp.domain.records.referenced import ReferencedRequest, ReferencedSample
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.procfile import field_bytes, read_start, read_started

_MOST_TEXT_BYTES = 512 * 1024
"""About 700 mappings. Of processes with more, the sums of `smaps_rollup` have to do."""
_SHARED_MEMORY = (b"/dev/shm/", b"/memfd:", b"/SYSV", b"/dev/zero")


class ReferencedReader:
    """Carries out what `StalenessPlan` asks for. One thread."""

    def __init__(
        self, root: str = "/proc", *, cpu_clock: Callable[[], float] = time.thread_time
    ) -> None:
        """`root`: where the process file system is; `cpu_clock`: seconds this thread has worked."""
        self._root = root
        self._cpu_clock = cpu_clock

    def carry_out(self, request: ReferencedRequest) -> ReferencedSample:
        """Clear the marks of a process, or count those that were set since; never raises OSError.

        A process that has ended, has given its pid to another, or may not be asked is a sample
        with `failed`.
        """
        started = self._cpu_clock()
        key, failed = request.key, False
        sizes = (0, 0, 0, 0)
        try:
            if request.clears:
                # Read first: what is there now is what may be found untouched later. And whoever
                # may not be read must not be cleared for nothing.
                sizes = self._sizes(key)
                self._clear(key)
            else:
                sizes = self._sizes(key)
        except (OSError, ValueError):
            failed = True
        memory, low, high, huge = sizes
        return ReferencedSample(
            key=key,
            clears=request.clears,
            memory_bytes=memory,
            untouched_low_bytes=low,
            untouched_high_bytes=high,
            huge_bytes=huge,
            cpu_seconds=self._cpu_clock() - started,
            failed=failed,
        )

    def _clear(self, key: ProcessKey) -> None:
        descriptor = os.open(f"{self._root}/{key.pid}/clear_refs", os.O_WRONLY)
        try:
            # Opened before it is asked who it is: a pid that is reused later is not this file's.
            self._require(key)
            os.write(descriptor, b"1")
        finally:
            os.close(descriptor)

    def _require(self, key: ProcessKey) -> None:
        if read_started(self._root, key.pid) != key.started:
            raise ProcessLookupError(key.pid)

    def _sizes(self, key: ProcessKey) -> tuple[int, int, int, int]:
        """Return memory, the least and most of it that is untouched, and what is in huge pages."""
        text = self._read_mappings(key.pid)
        self._require(key)
        if text is not None:
            return _of_mappings(text)
        rollup = read_start(f"{self._root}/{key.pid}/smaps_rollup", 8192)
        return _of_rollup(rollup)

    def _read_mappings(self, pid: int) -> bytes | None:
        """Return all of `smaps`; None: that is too long. By mapping: it is given out by pages."""
        descriptor = os.open(f"{self._root}/{pid}/smaps", os.O_RDONLY)
        try:
            parts, length = [], 0
            while part := os.read(descriptor, 65536):
                parts.append(part)
                length += len(part)
                if length > _MOST_TEXT_BYTES:
                    return None
        finally:
            os.close(descriptor)
        return b"".join(parts)


def _of_mappings(text: bytes) -> tuple[int, int, int, int]:
    """Sum up the mappings that are memory of the program's own: anonymous, swap, shared memory."""
    memory = untouched = huge = 0
    counts = False
    for line in text.split(b"\n"):
        label, _, rest = line.partition(b":")
        if b"-" in label and b" " in line[: line.find(b":")]:
            fields = line.split(None, 5)
            path = fields[5] if len(fields) > 5 else b""
            is_file = len(fields) > 4 and fields[4] != b"0"
            counts = not is_file or path.startswith(_SHARED_MEMORY)
            continue
        if not counts or label not in _COUNTED:
            continue
        size = _kilobytes(rest)
        if label == b"Rss":
            memory += size
            untouched += size
        elif label == b"Referenced":
            untouched -= size
        elif label == b"SwapPss":
            # What was swapped out and is still there was not touched since it went.
            memory += size
            untouched += size
        else:
            huge += size
    return memory, max(0, untouched), max(0, untouched), huge


_COUNTED = frozenset((b"Rss", b"Referenced", b"SwapPss", b"AnonHugePages"))


def _kilobytes(text: bytes) -> int:
    words = text.split(None, 2)
    return 1024 * int(words[0]) if words and words[0].isdigit() else 0


def _of_rollup(rollup: bytes) -> tuple[int, int, int, int]:
    """Return bounds from sums: whether it is the file pages that were touched, they do not tell."""
    anonymous = field_bytes(rollup, b"Anonymous:")
    referenced = field_bytes(rollup, b"Referenced:")
    rss = field_bytes(rollup, b"Rss:")
    if anonymous is None or referenced is None or rss is None:
        raise ValueError(rollup)
    swapped = field_bytes(rollup, b"SwapPss:") or 0
    # Since 5.4; of what others map, too, its share.
    memory = anonymous + (field_bytes(rollup, b"Pss_Shmem:") or 0)
    low = max(0, memory - referenced)
    high = max(0, min(memory, rss - referenced))
    huge = field_bytes(rollup, b"AnonHugePages:") or 0
    return memory + swapped, low + swapped, high + swapped, huge
