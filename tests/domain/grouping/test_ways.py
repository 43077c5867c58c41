"""By executable, unit and container are found processes whose command lines do not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import facts
from trayapp.domain.grouping.targets import TargetRule

ID = "4f" * 32


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
    ],
)
def test_a_way_finds_its_processes_and_no_others(
    rule: dict[str, str], arguments: tuple[str, ...], cgroup: str | None, expected: bool
) -> None:
    process = replace(facts(7, "x"), arguments=arguments, cgroup=cgroup)
    assert TargetRule(name="t", **rule).matches(process) is expected  # type: ignore[arg-type]
