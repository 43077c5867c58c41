"""Why a Python program is as large as it is, or grows, and what would give its memory back."""

from __future__ import annotations

from typing import Literal

from trayapp.dataclass import dataclass
from trayapp.domain.records.inside import Composition
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB, MIB, format_size

InsideKind = Literal["live", "retained", "pinned", "cache", "native"]

LEAST_BYTES = 8 * MIB
"""What is smaller is worth no sentence."""
LEAST_GROWTH_SHARE = 0.1
"""Of its size before: less growth than that says nothing of its causes."""
LEAST_SHARE = 0.4
"""Of the whole, or of the growth, that a cause has to explain."""
_LARGEST_GROWN_BYTES = MIB
"""So large, at most, are large Python objects on average where they come and stay one by one."""
_LARGEST_BYTES = 64 * KIB
"""The same of all that there are: a few tables of the interpreter's are among them."""
_SMALL_HEAP_BYTES = 16 * MIB
"""What the C library has given out to an interpreter with its modules, not to native code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsideVerdict:
    """What most of a program's memory, or of its growth, consists of."""

    kind: InsideKind
    """"live": objects in use; "retained" by the C library; "pinned" in Python's arenas; "cache": a
    registered one; "native": memory that no Python object accounts for."""
    part_bytes: int
    """Of this kind: of the growth if `is_growth`, else of all."""
    whole_bytes: int
    """The growth, or the resident set."""
    is_growth: bool
    frees_bytes: int
    """About what a trim gives back now, whatever the kind."""
    cache: str = ""
    """The cache that is largest or grew most: a stranger's name, fit to be shown."""

    @property
    def label(self) -> str:
        """The kind in a few words."""
        return _(_LABELS[self.kind] if not self.is_growth else _GROWING_LABELS[self.kind])

    @property
    def sentence(self) -> str:
        """What a person wants to know of it, with what would help."""
        text = _GROWING[self.kind] if self.is_growth else _STANDING[self.kind]
        sentence = _(text).format(
            part=format_size(self.part_bytes),
            whole=format_size(self.whole_bytes),
            frees=format_size(self.frees_bytes),
            cache=self.cache,
        )
        if self.kind != "retained" and self.frees_bytes >= LEAST_BYTES:
            more = _("Freeing memory gives back about {frees}.")
            return f"{sentence} {more.format(frees=format_size(self.frees_bytes))}"
        return sentence


def judge_inside(now: Composition, before: Composition | None = None) -> InsideVerdict | None:
    """Return what explains the growth since then, else what it consists of; None: nothing does.

    before: the same program earlier, such as when its growth began; None: only now is known.
    """
    if before is not None:
        # A resident set stands still while what was freed before is filled anew.
        grown = max(now.rss_bytes - before.rss_bytes, now.used_bytes - before.used_bytes)
        if grown >= max(LEAST_BYTES, LEAST_GROWTH_SHARE * before.rss_bytes):
            return _verdict(_grown_parts(now, before), grown, now, before)
    return _verdict(_parts(now), now.rss_bytes, now, None)


def _verdict(
    parts: dict[InsideKind, int], whole: int, now: Composition, before: Composition | None
) -> InsideVerdict | None:
    kind = max(parts, key=lambda each: parts[each])
    part = parts[kind]
    if part < LEAST_BYTES or part < LEAST_SHARE * whole:
        return None
    return InsideVerdict(
        kind=kind,
        part_bytes=part,
        whole_bytes=whole,
        is_growth=before is not None,
        frees_bytes=now.retained_bytes,
        cache=_cache(now, before) if kind == "cache" else "",
    )


def _parts(now: Composition) -> dict[InsideKind, int]:
    many = now.large_count is None or now.library_bytes <= now.large_count * _LARGEST_BYTES
    is_python = many or now.library_bytes <= _SMALL_HEAP_BYTES
    live = now.live_bytes + (now.library_bytes if is_python else 0)
    return {
        "live": live - min(live, now.caches_bytes),
        "retained": now.retained_bytes,
        "pinned": now.pinned_bytes,
        "cache": now.caches_bytes,
        "native": now.other_bytes + (0 if is_python else now.library_bytes),
    }


def _grown_parts(now: Composition, before: Composition) -> dict[InsideKind, int]:
    library = max(0, now.library_bytes - before.library_bytes)
    is_python = True
    if now.large_count is not None and before.large_count is not None:
        more = max(0, now.large_count - before.large_count)
        is_python = library <= more * _LARGEST_GROWN_BYTES
    live = max(0, now.live_bytes - before.live_bytes) + (library if is_python else 0)
    caches = max(0, now.caches_bytes - before.caches_bytes)
    other = max(0, now.other_bytes - before.other_bytes)
    # A cache may hold arrays of native code as well as objects.
    native = other + (0 if is_python else library)
    return {
        "cache": caches,
        "live": live - min(live, caches),
        "retained": max(0, now.retained_bytes - before.retained_bytes),
        "pinned": max(0, now.pinned_bytes - before.pinned_bytes),
        "native": native - min(native, max(0, caches - live)),
    }


def _cache(now: Composition, before: Composition | None) -> str:
    sizes = dict(before.caches) if before is not None else {}
    return max(now.caches, key=lambda item: item[1] - sizes.get(item[0], 0))[0]


_LABELS = {
    "live": N_("live objects"),
    "retained": N_("retained by the C library"),
    "pinned": N_("pinned in Python's arenas"),
    "cache": N_("a cache"),
    "native": N_("native extension"),
}
_GROWING_LABELS = {
    **_LABELS,
    "live": N_("live growth"),
    "cache": N_("a cache that grows"),
}
_STANDING = {
    "live": N_("{part} of {whole} are objects in use; only the program can free them."),
    "retained": N_("{part} of {whole} was freed but is kept by the C library; freeing memory "
                   "gives back about {frees}."),
    "pinned": N_("{part} of {whole} is free but pinned in Python's arenas; only a restart frees "
                 "it."),
    "cache": N_("{part} of {whole} is in caches, above all in “{cache}”; freeing memory can empty "
                "them."),
    "native": N_("{part} of {whole} belongs to no Python object: a native extension, or large "
                 "buffers."),
}  # fmt: skip
_GROWING = {
    "live": N_("{part} of the {whole} it grew by are objects in use; only the program can free "
               "them."),
    "retained": N_("{part} of the {whole} it grew by was freed but is kept by the C library; "
                   "freeing memory gives back about {frees}."),
    "pinned": N_("{part} of the {whole} it grew by is free but pinned in Python's arenas; only a "
                 "restart frees it."),
    "cache": N_("{part} of the {whole} it grew by is in caches, above all in “{cache}”; freeing "
                "memory can empty them."),
    "native": N_("{part} of the {whole} it grew by belongs to no Python object: a native "
                 "extension, or large buffers."),
}  # fmt: skip
