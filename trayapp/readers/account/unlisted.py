"""What meminfo does not count, but others tell of: ZFS, a balloon, the network.

Each takes at most what is in no other part: of each it may be that some is counted there, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from trayapp.domain.records.account import AccountPart
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Look
from trayapp.readers.procfile import read_all


def read(look: Look) -> Iterator[AccountPart]:
    """Yield what is known of them, as far as it fits into what is left."""
    left_bytes = look.left_bytes
    for part in (_zfs(look), _balloon(look), _sockets(look)):
        size_bytes = min(part.size_bytes, left_bytes)
        left_bytes -= size_bytes
        yield AccountPart(
            key=part.key,
            title=part.title,
            size_bytes=size_bytes,
            comes_back=part.comes_back,
            sentence=part.sentence,
            advice=part.advice,
        )


def read_socket_bytes(root: str, page_bytes: int) -> int | None:
    """Return what waits in the buffers of TCP and UDP; None: the kernel does not say."""
    pages, found = 0, False
    for name in ("sockstat", "sockstat6"):
        try:
            words = read_all(f"{root}/proc/net/{name}").split()
        except OSError:
            continue
        for label, figure in itertools.pairwise(words):
            if label == b"mem" and figure.isdigit():
                pages, found = pages + int(figure), True
    return pages * page_bytes if found else None


def _zfs(look: Look) -> AccountPart:
    return AccountPart(
        key="zfs_arc",
        title=_("Cache of ZFS"),
        size_bytes=_kstat_bytes(look, b"size"),
        comes_back="at once",
        sentence=_("Copies of files on ZFS; it shrinks when programs need memory."),
        advice=_("Lower zfs_arc_max if it gives way too slowly."),
    )


def _balloon(look: Look) -> AccountPart:
    size_bytes = look.known("Balloon")
    if size_bytes is None:
        size_bytes = max(0, _ballooned_pages(look)) * look.page_bytes
    return AccountPart(
        key="balloon",
        title=_("Lent to the host"),
        size_bytes=size_bytes,
        sentence=_("The host of this virtual machine has taken it for others (balloon)."),
        advice=_("Give the virtual machine more memory on its host."),
    )


def _sockets(look: Look) -> AccountPart:
    return AccountPart(
        key="sockets",
        title=_("Network buffers"),
        size_bytes=read_socket_bytes(look.root, look.page_bytes) or 0,
        comes_back="no",
        sentence=_("Data that was received and not read yet, or is still to be sent."),
    )


def _ballooned_pages(look: Look) -> int:
    """Return the pages that were taken and not given back, before Linux 6.15."""
    try:
        lines = read_all(f"{look.proc}/vmstat").split(b"\n")
    except OSError:
        return 0
    figures = {
        words[0]: int(words[1])
        for words in (line.split() for line in lines if line.startswith(b"balloon_"))
        if len(words) == 2 and words[1].isdigit()
    }
    return figures.get(b"balloon_inflate", 0) - figures.get(b"balloon_deflate", 0)


def _kstat_bytes(look: Look, name: bytes) -> int:
    try:
        lines = read_all(f"{look.proc}/spl/kstat/zfs/arcstats").split(b"\n")
    except OSError:
        return 0
    for words in (line.split() for line in lines):
        if len(words) == 3 and words[0] == name and words[2].isdigit():
            return int(words[2])
    return 0
