"""What containers and pods are called, from their runtimes' own files, or from their sockets.

Control groups tell IDs only. Where nothing here may be read, as for most users without the group
"docker", the ID is all there is to show.

| runtime | where its names are |
| --- | --- |
| Docker | `containers/ID/config.v2.json` of its folder, else its socket |
| Podman, CRI-O | `*-containers/containers.json` of their storage, else Podman's socket |
| containerd, nerdctl | `ID/config.json` of its tasks |
| Kubernetes | `/var/log/pods/NAMESPACE_POD_UID`, `/var/log/containers/POD_NAMESPACE_NAME-ID.log` |

LXC and systemd-nspawn name their groups themselves.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from trayapp.domain.grouping.groups import containers_around
from trayapp.domain.records.samples import ContainerName
from trayapp.paths import home_folder
from trayapp.readers.container_socket import ContainerSockets
from trayapp.readers.procfile import read_all

_MOST_KEPT = 512
_UNKNOWN_SECONDS = 0.5
"""So soon an ID without a name is asked for again: its files may come a moment after it."""
_LARGEST_BYTES = 8 * 1024**2
_LONGEST_NAME = 256
_ID = re.compile(r"[0-9a-f]{64}")
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMESPACES = ("k8s.io", "default", "moby")
"""Of containerd, where they may be entered but not listed."""
_TASK_NAMES = ("nerdctl/name", "io.kubernetes.cri.container-name", "io.kubernetes.container.name")
_TASK_PODS = ("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name")

Source = Callable[[str], Iterable[str]]


class ContainerNames:
    """Looks names up, each once. All calls from one thread, which waits half a second at most."""

    def __init__(
        self,
        root: str = "",
        *,
        home: str | None = None,
        sockets: ContainerSockets | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`home`: of the person, for what runs without root; None: this one's."""
        home = str(home_folder()) if home is None else home
        self._docker = (*_docker_folders(root), f"{home}/.local/share/docker")
        self._storages = (
            f"{root}/var/lib/containers/storage",
            f"{home}/.local/share/containers/storage",
        )
        self._tasks = f"{root}/run/containerd/io.containerd.runtime.v2.task"
        self._logs = f"{root}/var/log"
        self._sockets = sockets or ContainerSockets(root, clock=clock)
        self._clock = clock
        self._known: dict[str, tuple[str, ...]] = {}
        self._unknown: dict[str, float] = {}
        self._storage_names: dict[str, tuple[tuple[int, int], dict[str, tuple[str, ...]]]] = {}

    def names_around(self, path: str) -> tuple[ContainerName, ...]:
        """Return all names of the containers and pods around a control group."""
        return tuple(
            ContainerName(around.identity, name)
            for around in containers_around(path)
            for name in self._names(around.identity)
        )

    def _names(self, identity: str) -> tuple[str, ...]:
        if identity in self._known:
            return self._known[identity]
        now = self._clock()
        if now < self._unknown.get(identity, now):
            return ()
        names = self._look_up(identity)
        kept = self._known if names else self._unknown
        while len(kept) >= _MOST_KEPT:
            del kept[next(iter(kept))]
        if names:
            self._known[identity] = names
            self._unknown.pop(identity, None)
        else:
            self._unknown[identity] = now + _UNKNOWN_SECONDS
        return names

    def _look_up(self, identity: str) -> tuple[str, ...]:
        sources: tuple[Source, ...] = ()
        if _ID.fullmatch(identity):
            sources = (self._of_docker, self._of_storage, self._of_task, self._of_log,
                       self._sockets.names)  # fmt: skip
        elif _UID.fullmatch(identity):
            sources = (self._of_pod,)
        for source in sources:
            names = dict.fromkeys(each for each in source(identity) if _is_name(each))
            if names:
                return tuple(names)
        return ()

    def _of_docker(self, identity: str) -> Iterator[str]:
        for folder in self._docker:
            told = _read_json(f"{folder}/containers/{identity}/config.v2.json")
            if isinstance(told, dict):
                yield _plain(told.get("Name"))

    def _of_storage(self, identity: str) -> Iterator[str]:
        for storage in self._storages:
            for folder in _listed(storage):
                if folder.endswith("-containers"):
                    file = f"{storage}/{folder}/containers.json"
                    yield from self._stored(file).get(identity, ())

    def _stored(self, file: str) -> dict[str, tuple[str, ...]]:
        """Return all names in a file, read when it has changed."""
        try:
            found = Path(file).stat()
        except OSError:
            return {}
        mark = found.st_mtime_ns, found.st_size
        known = self._storage_names.get(file)
        if known is None or known[0] != mark:
            told = _read_json(file)
            names = {
                str(each.get("id")): tuple(map(str, each.get("names") or ()))
                for each in (told if isinstance(told, list) else ())
                if isinstance(each, dict) and isinstance(each.get("names"), list)
            }
            known = self._storage_names[file] = mark, names
        return known[1]

    def _of_task(self, identity: str) -> Iterator[str]:
        for namespace in dict.fromkeys((*_NAMESPACES, *_listed(self._tasks))):
            told = _read_json(f"{self._tasks}/{namespace}/{identity}/config.json")
            notes = told.get("annotations") if isinstance(told, dict) else None
            if not isinstance(notes, dict):
                continue
            pod = next((_plain(notes[key]) for key in _TASK_PODS if key in notes), "")
            for key in _TASK_NAMES:
                if name := _plain(notes.get(key)):
                    yield name
                    if pod:
                        yield f"{pod}/{name}"

    def _of_log(self, identity: str) -> Iterator[str]:
        for file in _listed(f"{self._logs}/containers"):
            if file.endswith(f"-{identity}.log"):
                # None of the three may have "_" in it.
                pod, _namespace, rest = (*file.split("_", 2), "", "")[:3]
                name = rest.removesuffix(f"-{identity}.log")
                yield name
                yield f"{pod}/{name}"

    def _of_pod(self, identity: str) -> Iterator[str]:
        for folder in _listed(f"{self._logs}/pods"):
            namespace, pod, uid = (*folder.split("_", 2), "", "")[:3]
            if uid == identity:
                yield pod
                yield f"{namespace}/{pod}"


def _docker_folders(root: str) -> tuple[str, ...]:
    """Return Docker's folder, and the one that its settings may name."""
    told = _read_json(f"{root}/etc/docker/daemon.json")
    chosen = told.get("data-root") if isinstance(told, dict) else None
    folders = [f"{root}/var/lib/docker"]
    if isinstance(chosen, str) and chosen.startswith("/"):
        folders.insert(0, root + chosen)
    return tuple(folders)


def _plain(name: object) -> str:
    return name.removeprefix("/") if isinstance(name, str) else ""


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  (thousands on a large node)
    except OSError:
        return []


def _read_json(file: str) -> Any:
    """Return what a file holds; None: it may not be read, or holds something else."""
    with suppress(OSError, ValueError, RecursionError):
        if Path(file).stat().st_size <= _LARGEST_BYTES:
            return json.loads(read_all(file))
    return None
