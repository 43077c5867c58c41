"""Which acts are offered for a program: what helps, and none that could only explain itself."""

from __future__ import annotations

import pytest

from trayapp.domain.acting.acts import (
    END,
    FOLDER,
    FREE,
    MENU_KEY,
    PROBE,
    RESTART,
    act_in,
    acts_of,
    banner_acts,
    common_unit,
    menu_key,
    user_unit,
)
from trayapp.domain.records.program_facts import ProgramFacts

UNIT_PATH = "/user.slice/user-1000.slice/user@1000.service/app.slice/"


def possible(facts: ProgramFacts | None) -> list[str]:
    return [act.name for act in acts_of(facts) if act.is_possible]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, []),
        (ProgramFacts(), [END, FOLDER]),
        (ProgramFacts(takes_probe=True), [END, PROBE, FOLDER]),
        (ProgramFacts(takes_probe=True, has_probe=True), [FREE, END, FOLDER]),
        (ProgramFacts(may_be_trimmed=True), [FREE, END, FOLDER]),
        (ProgramFacts(is_guarded=True), [RESTART, END, FOLDER]),
        (ProgramFacts(unit="a.service", has_probe=True), [FREE, RESTART, END, FOLDER]),
        (ProgramFacts(is_memtray=True), [FREE]),
        (ProgramFacts(refusal="it is root's", unit="a.service", takes_probe=True), []),
        # A probe answers whoever may connect to it, whosever the process is.
        (ProgramFacts(refusal="it is root's", has_probe=True), [FREE]),
    ],
)
def test_what_helps_is_offered_and_nothing_else(
    facts: ProgramFacts | None, expected: list[str]
) -> None:
    assert possible(facts) == expected


@pytest.mark.parametrize(
    "facts", [ProgramFacts(is_memtray=True), ProgramFacts(refusal="it is root's")]
)
def test_what_may_not_be_ended_says_why(facts: ProgramFacts) -> None:
    (end,) = (act for act in acts_of(facts) if act.name == END)
    assert end.refusal
    assert end.refusal in end.text
    assert end.label in end.text


def test_freeing_stands_only_where_it_gives_something_back() -> None:
    """Without probe and without a system that takes memory, other acts stand in its place."""
    for facts in (ProgramFacts(), ProgramFacts(is_guarded=True), ProgramFacts(takes_probe=True)):
        assert FREE not in [act.name for act in acts_of(facts)]
        assert acts_of(facts)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, []),
        (ProgramFacts(), [END]),
        (ProgramFacts(has_probe=True), [FREE, END]),
        (ProgramFacts(is_guarded=True), [RESTART, END]),
        (ProgramFacts(is_guarded=True, has_probe=True), [FREE, RESTART]),
        (ProgramFacts(refusal="it is root's"), []),
        (ProgramFacts(is_memtray=True), [FREE]),
    ],
)
def test_a_banner_has_the_acts_that_help_most(
    facts: ProgramFacts | None, expected: list[str]
) -> None:
    assert [act.name for act in banner_acts(facts)] == expected


@pytest.mark.parametrize("about", ["target:a:b", "application:program:x:y", "memtray"])
def test_an_entry_of_the_menu_tells_act_and_subject(about: str) -> None:
    verb, _colon, subject = menu_key(END, about).partition(":")
    assert verb == MENU_KEY
    assert act_in(subject) == (END, about)


@pytest.mark.parametrize("subject", ["", "end", "end:", "erase:target:a", ":"])
def test_an_unknown_act_is_none(subject: str) -> None:
    assert act_in(subject) is None


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        (f"{UNIT_PATH}worker.service", "worker.service"),
        (f"{UNIT_PATH}worker.service (deleted)", "worker.service"),
        (f"{UNIT_PATH}worker.service/inner", "worker.service"),
        (f"{UNIT_PATH}app-gnome-firefox-4711.scope", ""),
        (f"{UNIT_PATH}worker.service/run-5.scope", ""),
        (f"{UNIT_PATH}dbus.service", ""),
        (f"{UNIT_PATH}dbus-broker.service", ""),
        (f"{UNIT_PATH}org.gnome.Shell@wayland.service", ""),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", ""),
        ("/user.slice/user-1000.slice/user@1000.service", ""),
        ("/user.slice/user-1001.slice/user@1001.service/app.slice/worker.service", ""),
        ("/system.slice/nginx.service", ""),
        ("/", ""),
        (None, ""),
    ],
)
def test_the_unit_is_one_that_this_users_systemd_restarts(cgroup: str | None, unit: str) -> None:
    assert user_unit(cgroup, 1000) == unit


def test_a_program_in_two_units_belongs_to_none() -> None:
    assert common_unit(["a.service", "a.service"]) == "a.service"
    assert common_unit(["a.service", ""]) == ""
    assert common_unit(["a.service", "b.service"]) == ""
    assert common_unit([]) == ""
