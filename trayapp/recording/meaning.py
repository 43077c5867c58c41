"""Meanings of the names of columns and metrics: memory in use, or something else.

Names are taken apart into words, however they are written (camelCase, snake_case, kebab-case,
blanks, glued: "kbmemused"), and rules over the words decide, the excluding ones first. The same
for titles of tables, keys of JSON and metrics of Prometheus.
"""

from __future__ import annotations

import re
from functools import lru_cache

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import N_, _
from trayapp.recording.quantities import UNITS
from trayapp.recording.records import Kind

_STRONG: dict[str, Kind] = {
    "anon": "anonymous memory", "anonymous": "anonymous memory", "rssanon": "anonymous memory",
    "private": "private memory", "uss": "private memory", "pss": "proportional set",
    "rss": "resident set", "vmrss": "resident set", "resident": "resident set",
    "workingset": "resident set", "residentset": "resident set", "footprint": "resident set",
}  # fmt: skip
"""Words that say on their own that a program has so much."""
_NOUNS: dict[str, Kind] = {
    "mem": "memory", "memory": "memory", "ram": "memory", "vram": "memory", "dram": "memory",
    "memsw": "memory", "memstats": "memory", "mems": "memory",
    "heap": "heap", "heaps": "heap", "nonheap": "memory", "offheap": "memory",
    "swap": "swap", "swp": "swap", "memswap": "swap",
}  # fmt: skip
_USE = {
    "used", "usage", "use", "uses", "using", "inuse", "consumed", "consumption", "current", "live",
    "alloc", "allocated", "occupied", "taken", "utilized", "utilised", "footprint",
}  # fmt: skip
_SHARE = {
    "percent", "perc", "pct", "pcnt", "prct", "percentage", "percents", "ratio", "share",
    "fraction", "utilization", "utilisation", "util", "quotient", "saturation", "pressure",
    "psi",
}  # fmt: skip
_RATE = {
    "rate", "persec", "persecond", "bps", "kbps", "mbps", "delta", "diff", "difference", "change",
    "changes", "growth", "increase", "increment", "speed", "throughput", "bandwidth", "slope",
}  # fmt: skip
_PEAK = {
    "peak", "peaks", "hwm", "highwater", "watermark", "maxrss", "vmhwm", "vmpeak", "highest",
    "peakmemory",
}  # fmt: skip
_FREE = {
    "free", "available", "avail", "unused", "idle", "remaining", "left", "headroom", "freeable",
    "released", "reclaimable", "spare",
}  # fmt: skip
_VIRTUAL = {
    "vsz", "vms", "virtual", "virt", "vmsize", "vsize", "vmem", "vmalloc", "address", "vss", "vm",
}  # fmt: skip
_CAPACITY = {
    "limit", "limits", "max", "maximum", "capacity", "quota", "request", "requests", "requested",
    "reserved", "reservation", "reserve", "committed", "commit", "init", "initial", "target",
    "threshold", "budget", "ceiling", "allowed", "min", "minimum", "next", "installed",
    "configured", "xmx", "xms", "provisioned", "assigned",
}  # fmt: skip
_TOTAL = {"total", "totals", "sys"}
_COUNT = {
    "count", "counts", "counter", "cumulative", "num", "number", "nr", "threads", "thread",
    "objects", "fds", "handles", "faults", "flt", "minflt", "majflt", "pgfault", "pgmajfault",
    "pids", "failcnt", "fail", "fails", "failed", "failures", "errors", "allocs", "mallocs",
    "frees", "allocations", "collections", "events", "ooms", "oom", "kills", "restarts",
    "pid", "ppid", "tgid", "tid", "uid", "procs", "processes", "nprocs", "lookups", "id", "index",
    "pages", "page", "hits", "misses", "evictions", "keys", "items", "entries", "users",
    "sessions", "generation", "port", "version", "score",
}  # fmt: skip
_TRAFFIC = {
    "net", "network", "rx", "tx", "recv", "received", "receive", "sent", "send", "transmit",
    "transmitted", "upload", "uploaded", "download", "downloaded", "uplink", "downlink", "packets",
    "tcp", "udp", "http", "inbound", "outbound", "ingress", "egress", "eth", "wlan", "lo", "wan",
    "lan", "wifi", "traffic", "response", "body", "transfer", "transferred", "bytesin", "bytesout",
    "socket", "sockets", "netio",
}  # fmt: skip
_DISK = {
    "disk", "disks", "fs", "filesystem", "file", "files", "db", "database", "wal", "storage",
    "volume", "volumes", "inode", "inodes", "log", "logs", "logfile", "journal", "blk", "block",
    "blocks", "blkio", "blockio", "sda", "sdb", "nvme", "ssd", "hdd", "mount", "partition",
    "backup", "backups", "table", "dump", "archive", "image", "images", "folder", "directory",
    "dir", "root", "home", "binlog", "tablespace", "snapshot",
}  # fmt: skip
_MOVED = {
    "read", "reads", "write", "writes", "written", "io", "iops", "bandwidth", "rchar", "wchar",
    "sin", "sout",
}  # fmt: skip
_CPU = {
    "cpu", "cpus", "core", "cores", "load", "clock", "freq", "frequency", "temp", "temperature",
    "power", "watts", "fan", "voltage", "battery",
}  # fmt: skip
_PARTS = {
    "cached", "cache", "caches", "buffers", "buffer", "buff", "bufs", "slab", "writeback",
    "pagetables", "pagetable", "active", "inactive", "wired", "pool", "paged", "nonpaged",
    "pagefile", "compressed", "compressor", "bounce", "hugepages", "hugepage", "thp", "data",
    "stack", "metaspace", "lrs", "trs", "drs", "percpu", "unevictable", "mlocked", "locked",
    "external", "arraybuffers", "arraybuffer", "speculative", "purgeable", "reserved", "laundry",
}  # fmt: skip
_HARD_PARTS = {
    "shared", "shr", "shmem", "mapped", "rssfile", "rssshmem", "dirty", "clean", "text", "txt",
    "lib", "code", "hugetlb", "kernel", "kmem", "kernelstack", "referenced", "lazyfree", "shm",
    "slack", "sreclaimable", "sunreclaim",
}  # fmt: skip
_TIME = {
    "ms", "us", "ns", "sec", "secs", "second", "seconds", "minute", "minutes", "hours", "time",
    "timestamp", "date", "latency", "duration", "uptime", "elapsed", "pause", "age", "period",
    "interval", "datetime", "epoch",
}  # fmt: skip
_MACHINE = {
    "system", "host", "machine", "node", "server", "os", "global", "meminfo", "physical",
}  # fmt: skip
_OTHER = {"in", "out", "of", "per", "set", "size", "working", "high", "water", "bytes", "byte"}
_GLUED = sorted(
    {
        word
        for words in (
            _STRONG, _NOUNS, _USE, _SHARE, _PEAK, _FREE, _VIRTUAL, _CAPACITY, _TOTAL, _COUNT,
            _TRAFFIC, _DISK, _MOVED, _CPU, _PARTS, _HARD_PARTS, _MACHINE, _OTHER,
            {"kb", "mb", "gb", "kib", "mib", "gib"},
        )
        for word in words
        if len(word) > 1 and word not in ("lo", "id", "db", "us", "ns", "vm", "os", "of", "use")
    },
    key=len,
    reverse=True,
)  # fmt: skip
_WORDS = {*_GLUED, *_TIME, *UNITS, *_RATE, "lo", "id", "db", "vm", "os", "use"}
_PIECE = re.compile(
    r"[KMGTP]i?B(?:ytes?|s)?(?![a-z])"
    r"|[kmgtp]i?B(?:ytes?)?(?![a-z])"
    r"|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|%|[^\W\d_]+"
)
_LABELS = re.compile(r"\{.*\}\s*$", re.DOTALL)
_PER_SECOND = re.compile(r"(?i)/\s*s(ec(ond)?)?\b|(?<![a-z])per[ _-]?s(ec(ond)?)?(?![a-z])")


class Meaning(NamedTuple):
    """Meaning of a name, as far as its words tell."""

    kind: Kind | None
    """Kind of memory in use; None: it is none, see `reason`."""
    strength: int = 0
    """3: a program's own memory beyond doubt; 2: memory that is used; 1: memory; 0: by its unit."""
    factor: float | None = None
    """Bytes of the unit in the name; None without one."""
    unit: str = ""
    """As it is written."""
    reason: str = ""
    """Why it is none, a part of a sentence; "" where nothing speaks against it."""
    is_machine: bool = False
    """Whether it names the machine, not a program."""

    @property
    def is_undecided(self) -> bool:
        """Nothing says memory, and nothing says anything else."""
        return self.kind is None and not self.reason


def words_of(name: str) -> list[str]:
    """The words of a name in small letters, however it is written."""
    words: list[str] = []
    for piece in _PIECE.findall(name):
        word = piece.lower()
        words += [word] if word in _WORDS else _unglued(word)
    return words


@lru_cache(maxsize=4096)
def _unglued_cached(word: str) -> tuple[str, ...]:
    if not word:
        return ()
    for known in _GLUED:
        if word.startswith(known):
            rest = word[len(known) :]
            if not rest:
                return (known,)
            if after := _unglued_cached(rest):
                return (known, *after)
    return ()


def _unglued(word: str) -> list[str]:
    """Take "kbmemused" for "kb", "mem", "used"; the word itself if a part of it is unknown."""
    if len(word) > 40:
        return [word]
    return list(_unglued_cached(word)) or [word]


@lru_cache(maxsize=4096)
def meaning_of(name: str, *, is_metric: bool = False) -> Meaning:
    """Return the meaning of the name of a column, key or metric.

    `is_metric`: by the rules of Prometheus' names, where "_total" ends the name of a counter.
    """
    text = _LABELS.sub("", name)
    if "\\" in text.strip("\\"):
        # Of Windows' counters, \\MACHINE\Object(instance)\Counter, the last tells.
        text = text.strip("\\").rsplit("\\", 1)[-1]
    first, slash, second = text.partition("/")
    if (
        slash
        and {*words_of(second)} & (_CAPACITY | _TOTAL)
        and {*words_of(first)} & {*_NOUNS, *_USE}
    ):
        # "MEM USAGE / LIMIT (MiB / GiB)": the first of both, and the first unit.
        rest = re.search(r"[(\[].*", second)
        text = f"{first} {rest[0] if rest else ''}"
    words = words_of(text)
    unit, factor = _unit_of(text, words)
    others = [word for word in words if word not in UNITS or word in ("page", "pages")]
    kind, strength, reason = _judge(text, others, has_unit=factor is not None, is_metric=is_metric)
    return Meaning(kind, strength, factor, unit, reason, is_machine=bool({*others} & _MACHINE))


def _unit_of(text: str, words: list[str]) -> tuple[str, float | None]:
    """The unit in a name; of several the last, but the first of "MiB / GiB"."""
    found = [
        word
        for word in words
        if word in UNITS and (len(word) > 1) and word not in ("page", "pages")
    ]
    single = re.search(r"[(\[]\s*([kKmMgGtT])\s*[)\]]|[_ .-]([kmgKMG])$", text)
    if not found and single:
        letter = single[1] or single[2]
        return letter, UNITS[letter.lower()]
    if not found:
        return "", None
    exact = [word for word in found if word not in ("b", "byte", "bytes")] or found
    chosen = exact[0] if "/" in text else exact[-1]
    written = re.search(re.escape(chosen), text, re.IGNORECASE)
    return written[0] if written else chosen, UNITS[chosen]


_Judged = tuple["Kind | None", int, str]


def _judge(text: str, words: list[str], *, has_unit: bool, is_metric: bool) -> _Judged:
    found = {*words}
    if {"working", "set"} <= found:
        found |= {"workingset"}
    if {"high", "water"} <= found:
        found |= {"highwater"}
    if "res" in found and found <= {"res", *_NOUNS, "process"}:
        found |= {"rss"}
    strong = next((kind for word, kind in _STRONG.items() if word in found), None)
    noun = next((kind for word, kind in _NOUNS.items() if word in found), None)
    if "heap" in found:
        noun = "heap"
    elif found & {"swap", "swp", "memswap"}:
        noun = "swap"
        strong = None
    is_used = bool(found & _USE) or bool(found & _SHARE - {"pressure", "psi", "ratio"} and has_unit)
    reason = _reason(
        text, words, found, has_unit=has_unit, is_metric=is_metric,
        is_strong=strong is not None, is_noun=noun is not None, is_used=is_used,
    )  # fmt: skip
    if reason:
        return None, 0, reason
    if strong is not None:
        return strong, 3, ""
    if noun is not None:
        return noun, 2 if is_used else 1, ""
    if (is_used and not found - _USE) or (has_unit and not found - {"size", "in"}):
        return "memory", 0, ""
    return None, 0, ""


_SAID = {
    "share": N_("a percentage, not a size"),
    "rate": N_("a rate, not a size"),
    "peak": N_("a peak, which never falls"),
    "free": N_("free memory, not used memory"),
    "virtual": N_("address space, not memory in use"),
    "limit": N_("a limit, maximum or reserve"),
    "total": N_("a total, not used memory"),
    "counter": N_("a counter"),
    "count": N_("a count, not a size"),
    "traffic": N_("network, not memory"),
    "disk": N_("disks or files, not memory"),
    "moved": N_("bytes read or written, not memory"),
    "cpu": N_("processor or similar, not memory"),
    "part": N_("only a part, such as a cache or shared pages"),
    "time": N_("a time"),
}


def _reason(
    text: str, words: list[str], found: set[str], *, has_unit: bool, is_metric: bool,
    is_strong: bool, is_noun: bool, is_used: bool,
) -> str:  # fmt: skip
    """Why it is no memory in use; "" if nothing speaks against it."""
    is_certain = is_strong or (is_noun and is_used)
    is_last_total = words[-1:] == ["total"] and bool(
        re.search(r"(?i)bytes[ _.-]?total|count", text)
    )
    rules = (
        ("share", "%" in found or (found & _SHARE and not has_unit)),
        ("rate", found & _RATE or _PER_SECOND.search(text)),
        ("peak", found & _PEAK),
        ("free", found & _FREE),
        ("virtual", found & _VIRTUAL and not found & {"rss", "swap"}),
        ("counter", words[-1:] == ["total"] and (is_metric or is_last_total)),
        ("counter", found & _TOTAL and found & {"alloc", "allocated"}),
        ("total", found & _TOTAL and not is_certain),
        ("limit", found & _CAPACITY),
        ("count", found & _COUNT and not ("pages" in found and is_strong)),
        ("moved", found & _MOVED and not is_strong),
        ("moved", "swap" in found and found & {"in", "out"} and not is_used),
        ("traffic", found & _TRAFFIC and not is_strong and not is_noun),
        ("disk", found & _DISK and not is_strong and not is_noun),
        ("cpu", found & _CPU and not is_strong and not is_noun),
        (
            "part",
            found & _HARD_PARTS
            or (is_strong and found & {"file"} and "rss" in found and len(found) == 2),
        ),
        ("part", found & _PARTS and not is_certain),
        ("time", found & _TIME and not has_unit),
    )
    return next((_(_SAID[name]) for name, holds in rules if holds), "")


def is_memory_name(name: str, *, is_metric: bool = False) -> bool:
    return meaning_of(name, is_metric=is_metric).kind is not None
