"""Names of containers and pods, from files as their runtimes write them, and from real sockets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.readers.children import FakeClock
from trayapp.domain.records.samples import ContainerName
from trayapp.readers.container_names import ContainerNames
from trayapp.readers.container_socket import ContainerSockets

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="control groups of Linux")

ID, OTHER = "4f" * 32, "5a" * 32
POD = "1f0c2d3e-aaaa-bbbb-cccc-0123456789ab"
POD_SLICE = f"/kubepods.slice/kubepods-besteffort-pod{POD.replace('-', '_')}.slice"


@pytest.fixture
def root() -> Iterator[Path]:
    """A short path: that of a socket has 107 bytes at most."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def write(root: Path, path: str, told: object) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(told if isinstance(told, str) else json.dumps(told))


def opened(root: Path, clock: FakeClock | None = None) -> ContainerNames:
    clock = clock or FakeClock()
    sockets = ContainerSockets(str(root), runtime=str(root / "session"), clock=clock)
    return ContainerNames(str(root), home=str(root / "home"), sockets=sockets, clock=clock)


def names(root: Path, path: str) -> list[str]:
    return [each.name for each in opened(root).names_around(path)]


def test_docker_keeps_the_name_in_a_file_of_the_container(root: Path) -> None:
    write(root, f"var/lib/docker/containers/{ID}/config.v2.json", {"ID": ID, "Name": "/web"})
    assert opened(root).names_around(f"/docker/{ID}") == (ContainerName(ID, "web"),)
    assert names(root, f"/system.slice/docker-{ID}.scope") == ["web"]
    assert names(root, f"/docker/{OTHER}") == []


def test_docker_may_keep_its_files_elsewhere_or_at_home(root: Path) -> None:
    write(root, "etc/docker/daemon.json", {"data-root": "/mnt/docker"})
    write(root, f"mnt/docker/containers/{ID}/config.v2.json", {"Name": "/far"})
    write(root, f"home/.local/share/docker/containers/{OTHER}/config.v2.json", {"Name": "/mine"})
    assert names(root, f"/docker/{ID}") == ["far"]
    assert names(root, f"/user.slice/user@5.service/docker-{OTHER}.scope") == ["mine"]


@pytest.mark.parametrize(
    "storage", ["var/lib/containers/storage", "home/.local/share/containers/storage"]
)
def test_podman_keeps_all_names_in_one_file(root: Path, storage: str) -> None:
    file = f"{storage}/overlay-containers/containers.json"
    write(root, file, [{"id": OTHER, "names": []}, {"id": ID, "names": ["db", "old-name"]}])
    path = f"/machine.slice/libpod-{ID}.scope/container"
    assert names(root, path) == ["db", "old-name"]
    reader = opened(root)
    assert reader.names_around(f"/libpod-{OTHER}.scope") == ()
    write(root, file, [{"id": OTHER, "names": ["new"]}])
    reader._clock.seconds += 1  # type: ignore[attr-defined]
    assert [each.name for each in reader.names_around(f"/libpod-{OTHER}.scope")] == ["new"]


def test_containerd_and_kubernetes_tell_container_and_pod(root: Path) -> None:
    notes = {"io.kubernetes.cri.container-name": "app", "io.kubernetes.cri.sandbox-name": "shop-1"}
    tasks = "run/containerd/io.containerd.runtime.v2.task"
    write(root, f"{tasks}/k8s.io/{ID}/config.json", {"annotations": notes})
    write(root, f"{tasks}/mine/{OTHER}/config.json", {"annotations": {"nerdctl/name": "tool"}})
    (root / f"var/log/pods/web_shop-1_{POD}").mkdir(parents=True)
    path = f"{POD_SLICE}/cri-containerd-{ID}.scope"
    assert opened(root).names_around(path) == (
        ContainerName(POD, "shop-1"),
        ContainerName(POD, "web/shop-1"),
        ContainerName(ID, "app"),
        ContainerName(ID, "shop-1/app"),
    )
    assert names(root, f"/mine/{OTHER}") == ["tool"]


def test_names_of_kubernetes_are_in_its_logs_which_anybody_may_list(root: Path) -> None:
    write(root, f"var/log/containers/shop-1_web_app-{ID}.log", "")
    assert names(root, f"/kubepods/{ID}") == ["app", "shop-1/app"]


@pytest.mark.parametrize(
    "told",
    ["", "[", "[" * 100_000, "null", "7", '{"Name": 7}', '{"Name": ""}', '{"Name": "/"}',
     json.dumps({"Name": "x" * 5000})],
)  # fmt: skip
def test_files_that_hold_anything_else_name_nobody(root: Path, told: str) -> None:
    for file in (
        f"var/lib/docker/containers/{ID}/config.v2.json",
        "etc/docker/daemon.json",
        "var/lib/containers/storage/overlay-containers/containers.json",
        f"run/containerd/io.containerd.runtime.v2.task/default/{ID}/config.json",
    ):
        write(root, file, told)
    assert names(root, f"/docker/{ID}") == []


def test_a_name_that_comes_a_moment_later_is_found_then(root: Path) -> None:
    clock = FakeClock()
    reader = opened(root, clock)
    assert reader.names_around(f"/docker/{ID}") == ()
    write(root, f"var/lib/docker/containers/{ID}/config.v2.json", {"Name": "/web"})
    clock.seconds += 1
    assert reader.names_around(f"/docker/{ID}") == (ContainerName(ID, "web"),)


def test_what_is_in_no_container_is_not_asked_for(root: Path) -> None:
    assert names(root, "/system.slice/nginx.service") == []
    assert names(root, "/lxc/box") == []


@contextmanager
def runtime_at(path: Path, answer: bytes | None) -> Iterator[list[bytes]]:
    """A runtime's socket, which answers every request so; None: not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    requests: list[bytes] = []
    held: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    held.append(client)
                    requests.append(client.recv(4096))
                    if answer is not None:
                        client.sendall(answer)
                        client.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield requests
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for client in held:
                client.close()
            thread.join(60)


def http(told: object, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Type: x\r\n\r\n{json.dumps(told)}".encode()


RUNNING = [{"Id": ID, "Names": ["/web", "/app/alias"]}, {"Id": 7}, "x"]


@pytest.mark.parametrize("place", ["var/run/docker.sock", "session/podman/podman.sock"])
def test_where_files_may_not_be_read_a_socket_is_asked(root: Path, place: str) -> None:
    with runtime_at(root / place, http(RUNNING)) as requests:
        reader = opened(root)
        assert [each.name for each in reader.names_around(f"/docker/{ID}")] == ["web", "app/alias"]
        assert reader.names_around(f"/docker/{OTHER}") == ()
        assert len(requests) == 1, "one answer names all; an unknown ID asks again later"
    assert requests[0].startswith(b"GET /containers/json HTTP/1.0\r\n")


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.0 403 Forbidden\r\n\r\n[]", http("x"), b"HTTP/1.0 200 OK\r\n\r\n["],
)
def test_a_socket_that_hangs_or_refuses_is_left_alone_for_a_while(
    root: Path, answer: bytes | None
) -> None:
    clock = FakeClock()
    with runtime_at(root / "var/run/docker.sock", answer) as requests:
        reader = opened(root, clock)
        for _each in range(3):
            assert reader.names_around(f"/docker/{ID}") == ()
            clock.seconds += 1
        assert len(requests) == 1 or answer == http("x")


def test_nothing_is_loaded_where_there_is_no_container() -> None:
    code = (
        "import sys; from trayapp.readers.processes import names_once_needed\n"
        "names_around = names_once_needed()\n"
        "print(names_around('/user.slice/user-1000.slice/session-2.scope'))\n"
        "print('trayapp.readers.container_names' in sys.modules)\n"
        f"print(names_around('/docker/{'0' * 64}'))\n"
        "print('trayapp.readers.container_names' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["()", "False", "()", "True"]
