"""By executable, unit and container are found processes whose command lines do not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import facts
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.samples import ContainerName, User

ID = "4f" * 32
POD = "1f0c2d3e-aaaa-bbbb-cccc-0123456789ab"
POD_SLICE = f"/kubepods.slice/kubepods-pod{POD.replace('-', '_')}.slice"


@pytest.mark.parametrize(
    ("rule", "arguments", "cgroup", "expected"),
    [
        ({"exe": "/usr/bin/top"}, ("/usr/bin/top", "-d"), None, True),
        ({"exe": "/usr/bin/top"}, ("/bin/sh", "/usr/bin/top"), None, False),
        ({"exe": "top"}, ("/usr/bin/top",), None, True),
        ({"exe": "top"}, ("/usr/bin/htop",), None, False),
        ({"exe": "top"}, (), None, False),
        ({"unit": "nginx.service"}, (), "/system.slice/nginx.service", True),
        ({"unit": "nginx"}, (), "/system.slice/nginx.service", True),
        ({"unit": "ngin"}, (), "/system.slice/nginx.service", False),
        ({"unit": "nginx"}, (), None, False),
        ({"container": ID}, (), f"/docker/{ID}", True),
        ({"container": ID[:12]}, (), f"/docker/{ID}", True),
        ({"container": ID[:3]}, (), f"/docker/{ID}", False),
        ({"container": "box"}, (), "/lxc/box", True),
        ({"container": "box"}, (), "/system.slice/box.service", False),
        ({"unit": "cron.service"}, (), "/system.slice/cron.service", True),
        ({"unit": "system.slice"}, (), "/system.slice/cron.service", True),
        ({"unit": "system"}, (), "/system.slice/cron.service", False),
        ({"unit": "cron.service"}, (), "/system.slice/cron.service/below", True),
        ({"unit": "a-b"}, (), r"/system.slice/a\x2db.service (deleted)", True),
        ({"unit": "nginx"}, (), "/user.slice/user@1000.service/app.slice/nginx.service", True),
        ({"container": POD}, (), f"/kubepods/burstable/pod{POD}/{ID}", True),
        (
            {"container": POD},
            (),
            f"{POD_SLICE}/crio-{ID}.scope",
            True,
        ),
        (
            {"container": ID},
            (),
            f"{POD_SLICE}/crio-{ID}.scope",
            True,
        ),
        ({"container": POD[:-1] + "f"}, (), f"/kubepods/pod{POD}/{ID}", False),
        ({"cgroup": "/a"}, (), "/a", True),
        ({"cgroup": "/a"}, (), "/a/b", True),
        ({"cgroup": "a/"}, (), "/a/b", True),
        ({"cgroup": "/a"}, (), "/ab", False),
        ({"cgroup": "/a/b"}, (), "/a", False),
        ({"cgroup": "/a"}, (), None, False),
        ({"cgroup": "/sys/fs/cgroup/memory/a"}, (), "/a", True),
        ({"cgroup": "/sys/fs/cgroup/a"}, (), "/a/b", True),
        ({"cgroup": "/sys/fs/cgroup/memory-hog"}, (), "/memory-hog", True),
    ],
)
def test_a_way_finds_its_processes_and_no_others(
    rule: dict[str, str], arguments: tuple[str, ...], cgroup: str | None, expected: bool
) -> None:
    process = replace(facts(7, "x"), arguments=arguments, cgroup=cgroup)
    assert TargetRule(name="t", **rule).matches(process) is expected  # type: ignore[arg-type]


def test_the_group_that_memory_is_charged_to_may_be_another() -> None:
    """With both versions mounted: systemd knows of no group that somebody made for memory alone."""
    process = replace(
        facts(7, "x"), cgroup="/user.slice/session-2.scope", memory_cgroup="/jobs/big"
    )
    jobs = TargetRule(name="t", cgroup="/jobs")
    assert jobs.matches(process)
    assert jobs.charged_group_of(process) == "/jobs"
    unit = TargetRule(name="t", unit="session-2.scope")
    assert unit.matches(process)
    assert unit.charged_group_of(process) is None, "what it takes is charged elsewhere"


def test_a_container_is_found_by_the_name_that_its_runtime_gave_it() -> None:
    process = replace(
        facts(7, "x"), cgroup=f"/docker/{ID}/inner", container_names=(ContainerName(ID, "web"),)
    )
    assert TargetRule(name="t", container="web").group_of(process) == f"/docker/{ID}"
    assert not TargetRule(name="t", container="we").matches(process)
    other = replace(process, container_names=(ContainerName("5a" * 32, "web"),))
    assert not TargetRule(name="t", container="web").matches(other)


@pytest.mark.parametrize(
    ("wanted", "user", "expected"),
    [
        ("anna", User(1000, "anna"), True),
        ("1000", User(1000, "anna"), True),
        ("100", User(1000, "anna"), False),
        ("anna", User(None, "DESKTOP\\anna"), True),
        ("DESKTOP\\anna", User(None, "DESKTOP\\anna"), True),
        ("None", User(None, "anna"), False),
        ("anna", None, False),
    ],
)
def test_a_user_is_meant_by_name_or_number(wanted: str, user: User | None, expected: bool) -> None:
    process = replace(facts(7, "anna"), user=user)
    assert TargetRule(name="t", user=wanted).matches(process) is expected


@pytest.mark.parametrize(
    ("rule", "exe", "expected"),
    [
        (TargetRule(name="t", exe="/opt/x"), "/opt/x", True),
        (TargetRule(name="t", exe="x"), "/opt/x", True),
        (TargetRule(name="t", exe="/bin/x", exe_file="/usr/bin/x"), "/usr/bin/x", True),
        (TargetRule(name="t", exe="/bin/x"), "/usr/bin/x", False),
        (TargetRule(name="t", exe="/bin/x"), None, False),
    ],
)
def test_an_executable_is_known_by_its_file_where_its_first_word_is_another(
    rule: TargetRule, exe: str | None, expected: bool
) -> None:
    process = replace(facts(7, "x"), arguments=("nginx: master process",), exe=exe)
    assert rule.matches(process) is expected


def test_what_has_left_a_group_or_a_user_belongs_to_it_no_more() -> None:
    """A login is started by sshd and is none of its service."""
    daemon = replace(facts(7, "sshd"), cgroup="/system.slice/ssh.service", user=User(0, "root"))
    login = replace(
        facts(8, "bash", parent=7), cgroup="/user.slice/session-1.scope", user=User(5, "anna")
    )
    for rule in (TargetRule(name="t", unit="ssh"), TargetRule(name="t", user="root")):
        tracker = TargetTracker([rule], app_pid=1)
        tracker.apply([daemon, login])
        assert tracker.members() == {"t": [daemon.key]}
    tracker = TargetTracker([TargetRule(name="t", match="sshd")], app_pid=1)
    tracker.apply([daemon, login])
    assert tracker.members() == {"t": [daemon.key, login.key]}
