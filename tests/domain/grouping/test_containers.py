from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.grouping.containers import NOWHERE, Place, place_of

ID = "3f2a91b7c0de" + "5" * 52
SHORT = ID[:12]
USER = "/user.slice/user-1000.slice/user@1000.service"


@pytest.mark.parametrize(
    "path",
    [
        f"/docker/{ID}",
        f"/system.slice/docker-{ID}.scope",
        f"/system.slice/docker-{ID}.scope/inner",
        f"{USER}/user.slice/libpod-{ID}.scope/container",
        f"/machine.slice/libpod-{ID}.scope",
        f"/libpod_parent/libpod-{ID}",
        f"/kubepods/burstable/pod12345678-0000-4000-8000-000000000001/{ID}",
        f"/kubepods.slice/kubepods-podaa.slice/cri-containerd-{ID}.scope",
        f"/kubepods.slice/kubepods-podaa.slice/crio-{ID}.scope",
        f"/system.slice/containerd.service/kubepods-podaa.slice:cri-containerd:{ID}",
        f"/ecs/0123456789abcdef0123456789abcdef/{ID}",
        f"/system.slice/nerdctl-{ID}.scope",
        f"/../../system.slice/docker-{ID}.scope",
    ],
)
def test_containers_by_id(path: str) -> None:
    assert place_of(path) == Place(containers=(SHORT,))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/lxc/web1", "web1"),
        ("/lxc.payload.web1/init.scope", "web1"),
        ("/lxc.payload/web1", "web1"),
        ("/machine.slice/machine-web1.scope/payload", "web1"),
        (r"/machine.slice/machine-qemu\x2d1\x2dmy\x2dvm.scope/libvirt/emulator", "my-vm"),
        ("/machine.slice/systemd-nspawn@lab.service/payload/init.scope", "lab"),
    ],
)
def test_containers_by_name(path: str, name: str) -> None:
    assert place_of(path) == Place(containers=(name,))


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("/system.slice/nginx.service", "nginx"),
        ("/system.slice/system-pg.slice/pg@15-main.service", "pg@15-main"),
        (r"/system.slice/my\x2dapp\xc3\xa9.service", "my-appé"),
        (f"{USER}/app.slice/sync.service", "sync"),
        (f"{USER}/app.slice/app-gnome-firefox-47.scope", None),
        (f"{USER}/app.slice/app-firefox@1a.service", None),
        (f"{USER}/app.slice/snap.spotify.spotify-1a2b.scope", None),
        (f"{USER}/app.slice/dbus-:1.2-org.gnome.Maps@0.service", None),
        ("/system.slice/run-u7.service", None),
        (f"{USER}/org.gnome.Maps.service", None),
    ],
)
def test_units_and_what_a_person_calls_them(unit: str, name: str | None) -> None:
    place = Place(unit=unit, unit_name=name)
    assert place_of(unit) == place
    assert place_of(unit + "/sub/group") == place
    assert place_of(unit + " (deleted)") == place


@pytest.mark.parametrize(
    "path",
    [
        None,
        "/",
        "",
        "/init.scope",
        "/user.slice/user-1000.slice/session-2.scope",
        f"{USER}/init.scope",
        f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1b2c.scope",
        f"{USER}/app.slice/app-org.kde.konsole-3100.scope",
        f"{USER}/session.slice/org.gnome.Shell@wayland.service",
        "/system.slice/cron.service",
        "/system.slice/system-getty.slice/getty@tty1.service",
        "/a/b/c",
        "/docker/" + ID[:-1],
        "/docker/" + "g" * 64,
    ],
)
def test_what_does_not_group(path: str | None) -> None:
    assert place_of(path) == NOWHERE


def test_a_unit_inside_a_container_and_a_container_inside_a_container() -> None:
    assert place_of(f"/lxc/web1/docker/{ID}").containers == ("web1", SHORT)
    assert place_of("/lxc/web1/system.slice/nginx.service").unit_name == "nginx"


def test_what_watches_over_a_container_is_outside_of_it() -> None:
    assert place_of(f"/machine.slice/libpod-conmon-{ID}.scope").containers == ()
    assert place_of("/lxc.monitor.web1").containers == ()


@given(st.text(alphabet="/.-@:\\x0aflxcdocker machine.service.scope", max_size=200))
def test_any_path_is_read_without_error(path: str) -> None:
    place_of(path)
