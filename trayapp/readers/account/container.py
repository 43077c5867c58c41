"""What a container is charged for: its own view, beside its host's."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.domain.records.account import AccountPart, ComesBack
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_size
from trayapp.readers.cgroups import Cgroup, Cgroups
from trayapp.readers.container import ContainerReader

_KINDS: tuple[tuple[str, str, tuple[str, ...], ComesBack], ...] = (
    ("programs", N_("Programs"), ("anon", "total_rss"), "no"),
    ("page_cache", N_("Page cache"), ("file", "total_cache"), "at once"),
    ("shared", N_("Shared memory and files in memory"), ("shmem", "total_shmem"), "no"),
    ("slab_reclaimable", N_("Kernel caches"), ("slab_reclaimable",), "at once"),
    ("sockets", N_("Network buffers"), ("sock",), "no"),
)
"""Key, title, names in `memory.stat` of both versions, whether it comes back."""


def read_container(root: str = "") -> AccountPart | None:
    """Return what the container is charged for that Memtray runs in; None: it is in none."""
    if not ContainerReader(root).is_inside:
        return None
    try:
        cgroup = Cgroups(root).of("self")
    except (OSError, ValueError):
        return None
    if cgroup is None:
        return None
    *_below, top = cgroup.upwards()
    used_bytes = top.read_used_bytes()
    return None if used_bytes is None else _part(top, used_bytes)


def _part(cgroup: Cgroup, used_bytes: int) -> AccountPart:
    limit_bytes = cgroup.read_limit_bytes()
    sentence = _("What the container is charged for; the rest of this account is its host's.")
    if limit_bytes is not None and limit_bytes < 1 << 60:
        sentence = _(
            "What the container is charged for, of {limit}; the rest of this account is its host's."
        ).format(limit=format_size(limit_bytes))
    parts = _parts(cgroup.read_stat())
    left_bytes = used_bytes - sum(part.size_bytes for part in parts)
    if left_bytes > 0:
        parts.append(AccountPart(key="container.kernel", title=_("Kernel"), size_bytes=left_bytes))
    return AccountPart(
        key="container",
        title=_("This container"),
        size_bytes=used_bytes,
        comes_back=None,
        sentence=sentence,
        parts=tuple(sorted(parts, key=lambda part: -part.size_bytes)),
    )


def _parts(stat: Mapping[str, int]) -> list[AccountPart]:
    parts = []
    for key, title, names, comes_back in _KINDS:
        size_bytes = next((stat[name] for name in names if name in stat), 0)
        if key == "page_cache":
            # It counts shared memory as files.
            shared = next((stat[name] for name in ("shmem", "total_shmem") if name in stat), 0)
            size_bytes = max(0, size_bytes - shared)
        if size_bytes:
            parts.append(
                AccountPart(
                    key=f"container.{key}",
                    title=_(title),
                    size_bytes=size_bytes,
                    comes_back=comes_back,
                )
            )
    return parts
