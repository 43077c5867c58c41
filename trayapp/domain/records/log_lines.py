"""The lines of the daily memory log: what those who write it and those who read it agree on.

    2026-03-16 08:34:15 --- [Import] | RSS:  598.4 MB | VMS:  812.7 MB | System Available:  725.3 MB (35.6% free)

A MB is a million bytes, as everywhere in Memtray; the heap and what was kept are in KB, which are
thousands: a task that keeps 40 KB each time is not to be lost in a rounded MB. This page is loaded
into programs that write the log, so it needs nothing but what every program has.
"""  # noqa: E501  (an example of a line is not to be wrapped)

from __future__ import annotations

FILE_PREFIX = "memory_"
FILE_SUFFIX = ".log"
PACKED_SUFFIX = ".gz"
BETWEEN = "---"
STARTED = ">>> TASK START"
ENDED = "<<< TASK END"
RUNS = "<<< TASK RUNS"
"""Several short runs together, where so many ended that each of them would flood the log."""
ABOUT = "==="
"""A remark of the log about itself: who writes it, in which zone, what could not be written."""
OPENED, CLOSED = "LOG OPENED", "LOG CLOSED"
IDLE = "idle"
"""In place of a task's name."""
UNKNOWN = "-"
"""In place of a figure, or of the tasks where nobody can say what ran."""
OK = "ok"
FAILED = "failed"
MB, KB = 1_000_000, 1000
MOST_LISTED = 8
"""Tasks named in one line."""

RSS, VMS, AVAILABLE, HEAP = "RSS", "VMS", "System Available", "Heap"
RUN, TOOK, KEPT, RESULT, NOTE = "Run", "Took", "Kept", "Result", "Note"
COUNT, FAILURES, PEAK, WHERE = "Count", "Failed", "Peak", "Where"
PID, ZONE = "PID", "UTC"

_NOT_IN_NAMES = str.maketrans({"[": "(", "]": ")", "|": "/"})


def file_name(stamp: str, writer: str = "") -> str:
    """Return the name of the file that a line with this stamp belongs into.

    writer: tells apart programs that write into the same folder; empty for the first of them.
    """
    day = stamp[:10].replace("-", "")
    return f"{FILE_PREFIX}{day}{'.' if writer else ''}{writer}{FILE_SUFFIX}"


def in_brackets(name: str) -> str:
    """Return a task's name as it stands in a line; what would break the line is replaced."""
    flat = "".join(each if each.isprintable() else " " for each in name)
    return f"[{flat.translate(_NOT_IN_NAMES).strip() or UNKNOWN}]"


def listed(names: list[str]) -> str:
    """Return the names of all tasks that run, as they stand between the mark and the figures."""
    if not names:
        return f"[{IDLE}]"
    shown = " ".join(in_brackets(name) for name in names[:MOST_LISTED])
    left_out = len(names) - MOST_LISTED
    return f"{shown} +{left_out}" if left_out > 0 else shown


def megabytes(size_bytes: float | None) -> str:
    """Return a size in MB, right-aligned so that lines below one another can be compared."""
    return f"{UNKNOWN:>6}" if size_bytes is None else f"{size_bytes / MB:6.1f}"


def sizes(
    rss_bytes: int | None,
    vms_bytes: int | None,
    available_bytes: int | None,
    total_bytes: int | None,
    heap_bytes: int | None = None,
) -> str:
    """Return the figures that every line ends with; None: not known."""
    share = UNKNOWN
    if available_bytes is not None and total_bytes:
        share = f"{100 * available_bytes / total_bytes:.1f}"
    text = (
        f" | {RSS}: {megabytes(rss_bytes)} MB | {VMS}: {megabytes(vms_bytes)} MB"
        f" | {AVAILABLE}: {megabytes(available_bytes)} MB ({share}% free)"
    )
    return text if heap_bytes is None else f"{text} | {HEAP}: {heap_bytes / KB:.1f} KB"


def field(name: str, value: object) -> str:
    """Return one more field of a line; a value that is somebody's text cannot break the line."""
    text = str(value).replace("|", "/")
    return f" | {name}: {text if text.isprintable() else ascii(text)}"


def kept_field(kept_bytes: int | None) -> str:
    """Return how much more was in use after a task than before; nothing where not known."""
    return "" if kept_bytes is None else f" | {KEPT}: {kept_bytes / KB:+.1f} KB"


def result_field(failed: str | None, note: str | None) -> str:
    """Return how a task ended."""
    text = field(RESULT, OK if failed is None else f"{FAILED} ({failed})")
    return text if note is None else text + field(NOTE, note)


def runs_line(
    name: str, count: int, failed: int, seconds: float, kept_bytes: int, peak_bytes: int
) -> str:
    """Return a line of several runs together, from its mark on."""
    text = f"{RUNS} {in_brackets(name)}{field(COUNT, count)}{field(FAILURES, failed)}"
    text += field(TOOK, f"{seconds:.3f} s") + kept_field(kept_bytes)
    return text + (f" | {PEAK}: {megabytes(peak_bytes)} MB" if peak_bytes else "")


def opening(stamp: str, zone: str, pid: int | None, subject: str) -> str:
    """Return the remark that each file, and each life of a program in it, begins with."""
    about = in_brackets(subject) if subject else ""
    named = f"{stamp} {ABOUT} {OPENED} {about}".rstrip()
    process = "" if pid is None else field(PID, pid)
    return f"{named}{process} | {ZONE}{zone}\n"


def remark(stamp: str, text: str) -> str:
    """Return a line of the log about itself."""
    return f"{stamp} {ABOUT} {text if text.isprintable() else ascii(text)}\n"
