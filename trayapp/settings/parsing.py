"""From the text of the settings file to one typed record; no files, no environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trayapp.errors import SettingsError
from trayapp.language.catalogue import N_, _, listed
from trayapp.settings.fields import Field
from trayapp.settings.kinds import RefusedError
from trayapp.settings.mistakes import MOST_MISTAKES, Mistakes
from trayapp.settings.ordering import order_mistakes
from trayapp.settings.quoting import one_line, quote
from trayapp.settings.records import (
    CHANNELS_TABLE,
    FIELDS,
    HOOKS_TABLE,
    LISTS,
    RESERVED_NAMES,
    TABLES,
    TARGET_RULES,
    TARGETS_TABLE,
    ChannelSettings,
    HookSettings,
    Settings,
    TargetSettings,
    fields_of,
)
from trayapp.settings.text_kinds import Secret

_TABLE = re.compile(r"\[([a-z_]+)\]")
_MOST_DOTS = 1000
"""In one line: tomllib takes a minute for a key with 300,000, and no setting has so many."""
_SHOWN = 40
"""Characters of a key or value that a message repeats."""
_HIDDEN = '"…"'
# Translators: which of several in the settings file.
_PLACES = {
    CHANNELS_TABLE: N_(" (channel {number})"),
    HOOKS_TABLE: N_(" (hook {number})"),
    TARGETS_TABLE: N_(" (target {number})"),
}
_TAKEN = {
    CHANNELS_TABLE: N_("{setting} = {value} is the name of another channel; choose another name"),
    HOOKS_TABLE: N_("{setting} = {value} is the name of another hook; choose another name"),
    TARGETS_TABLE: N_(
        "{setting} = {value} is the name of another tracked program; choose another name"
    ),
}
_ABOVE_EACH = {
    CHANNELS_TABLE: N_(
        "channels = {value} is not a list of tables; "
        "write [[channels]], with two brackets, above each channel"
    ),
    HOOKS_TABLE: N_(
        "hooks = {value} is not a list of tables; "
        "write [[hooks]], with two brackets, above each hook"
    ),
    TARGETS_TABLE: N_(
        "targets = {value} is not a list of tables; "
        "write [[targets]], with two brackets, above each target"
    ),
}


def parse_settings(text: str, file: str) -> Settings:
    """Read the text of a settings file; `file` is only named in messages.

    Raises: SettingsError, one line with file, key, value, what fits and a remedy; of several
    mistakes it says the first, and holds all.
    """
    mistakes = Mistakes()
    try:
        settings = _read_settings(read_toml(text), mistakes)
    except RefusedError as error:
        mistakes.add(error)
    else:
        if not mistakes.found:
            return settings
    lines = [one_line(f"{file}: {error}") for error in mistakes.found]
    if len(lines) == 1:
        raise SettingsError(lines[0]) from mistakes.found[0]
    told = _("{mistake} (and {count} more, see `memtray doctor`)")
    count = f"{len(lines) - 1}" + "+" * (len(lines) >= MOST_MISTAKES)
    raise SettingsError(told.format(mistake=lines[0], count=count), lines) from mistakes.found[0]


def read_value(field: Field, value: object, where: str = "") -> object:
    """Turn one value of the file into the record's.

    Raises: RefusedError with key, value, what fits: everything but the file's name.
    """
    try:
        return field.kind.read(value)
    except RefusedError as error:
        name = f"{field.table}.{field.key}{where}"
        shown = _HIDDEN if isinstance(field.kind, Secret) else _show(value)
        text = _("{setting} = {value} {problem}; write {allowed}")
        raise RefusedError(
            text.format(setting=name, value=shown, problem=error, allowed=field.kind.allowed)
        ) from error


def empty_tables(text: str) -> dict[str, Any] | None:
    """Return the tables of a file that sets nothing, as the one of the first start; else None.

    Whoever changes nothing needs no parser, which takes 0.2 MiB and 3 ms.
    """
    tables: dict[str, Any] = {}
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.isprintable():
            return None
        if not line or line.startswith("#"):
            continue
        table = _TABLE.fullmatch(line)
        if table is None or table[1] in tables:
            return None
        tables[table[1]] = {}
    return tables


def read_toml(text: str) -> dict[str, Any]:
    """Return the values in the text, before they are checked.

    Raises: RefusedError if it is not TOML.
    """
    nothing_set = empty_tables(text)
    if nothing_set is not None:
        return nothing_set
    from trayapp.dataclass.named_tuple import for_other_modules

    with for_other_modules():
        import tomllib

    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _MOST_DOTS:
            reason = _("is not valid: line {number} has too many dots")
            raise RefusedError(reason.format(number=number))
    try:
        # Editors on Windows put a byte order mark first.
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        text = _("is not valid TOML: {reason}; correct it there")
        raise RefusedError(text.format(reason=error)) from error
    except RecursionError as error:
        raise RefusedError(_("is not valid: brackets are nested too deeply")) from error
    except ValueError as error:
        # An integer of thousands of digits passes tomllib's grammar and fails in int().
        raise RefusedError(_("is not valid: a number has too many digits")) from error


def _read_settings(data: Mapping[str, object], mistakes: Mistakes) -> Settings:
    names = [table.name for table in TABLES]
    records: dict[str, Any] = {}
    for key, value in data.items():
        with mistakes.of(key):
            if key not in (*names, *LISTS):
                raise RefusedError(_unknown("", key, [*names, *LISTS]))
            if key in names and not isinstance(value, dict):
                text = _("{setting} = {value} is not a table; write [{setting}] on its own line")
                raise RefusedError(text.format(setting=key, value=_show(value)))
    for table in TABLES:
        values = data.get(table.name)
        if isinstance(values, dict):
            records[table.name] = table.record(**_read_table(table.name, values, mistakes))
    settings = Settings(
        **records,
        channels=_read_channels(data.get(CHANNELS_TABLE, []), mistakes),
        hooks=_read_hooks(data.get(HOOKS_TABLE, []), mistakes),
        targets=_read_targets(data.get(TARGETS_TABLE, []), mistakes),
    )
    # What could not be read has its default, with which nothing is compared.
    for error in order_mistakes(settings, mistakes.flawed):
        with mistakes.of(""):
            raise error
    if not {"icon", TARGETS_TABLE} & mistakes.flawed:
        with mistakes.of(""):
            _check_icon(settings)
    return settings


def _read_table(
    table: str, values: Mapping[str, object], mistakes: Mistakes, where: str = ""
) -> dict[str, Any]:
    """Read the values of one table that fit, by the names they have in its record."""
    fields, fitting = fields_of(table), {}
    for key in values:
        if key not in fields:
            # Of a table, all else is as good as without it.
            with mistakes.of(table if table in LISTS else ""):
                raise RefusedError(_unknown(table, key, fields, where))
    for key, value in values.items():
        if key in fields:
            with mistakes.of(table):
                fitting[fields[key].attribute] = read_value(fields[key], value, where)
    return fitting


def _tables(name: str, tables: object) -> list[dict[str, object]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        shown = _HIDDEN if name == CHANNELS_TABLE and isinstance(tables, str) else _show(tables)
        raise RefusedError(_(_ABOVE_EACH[name]).format(value=shown))
    return tables


def _entries(
    name: str, tables: object, mistakes: Mistakes
) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield each [[name]] with its number, counted from 1."""
    found: list[dict[str, object]] = []
    with mistakes.of(name):
        found = _tables(name, tables)
    yield from enumerate(found, 1)


def _read_named(
    name: str, tables: object, mistakes: Mistakes
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each [[name]] without a mistake holds, with its place; no two have one name."""
    names: set[object] = set()
    for number, values in _entries(name, tables, mistakes):
        where, count = _where(name, number), len(mistakes.found)
        fitting: dict[str, Any] = {}
        with mistakes.of(name):
            if "name" not in values:
                raise _nameless(name, where)
            fitting = _read_table(name, values, mistakes, where)
            if "name" in fitting:
                if fitting["name"] in names:
                    raise _taken(name, where, fitting["name"])
                names.add(fitting["name"])
        if len(mistakes.found) == count:
            yield where, fitting


def _read_channels(tables: object, mistakes: Mistakes) -> tuple[ChannelSettings, ...]:
    channels = []
    for where, values in _read_named(CHANNELS_TABLE, tables, mistakes):
        addresses = {"url", "url_env", "url_keyring"} & values.keys()
        with mistakes.of(CHANNELS_TABLE):
            if len(addresses) != 1:
                text = _(
                    "{place} has no address; write exactly one of url, url_env and url_keyring"
                )
                if addresses:
                    text = _(
                        "{place} has {names}; write exactly one of url, url_env and url_keyring"
                    )
                names = _(" and ").join(sorted(addresses))
                raise RefusedError(text.format(place=f"channels{where}", names=names))
            channels.append(ChannelSettings(**values))
    return tuple(channels)


def _read_hooks(tables: object, mistakes: Mistakes) -> tuple[HookSettings, ...]:
    hooks = []
    for where, values in _read_named(HOOKS_TABLE, tables, mistakes):
        with mistakes.of(HOOKS_TABLE):
            if "command" not in values:
                text = _('{place} has no command; write command = ["program", "…"]')
                raise RefusedError(text.format(place=f"hooks{where}"))
            if not values["command"][0]:
                text = _("{place} starts with an empty text; put the program there")
                raise RefusedError(text.format(place=f"hooks.command{where}"))
            if values.get("events") and "on" not in values:
                # Who names such events alone wants to hear of nothing else.
                values["on"] = ()
            hooks.append(HookSettings(**values))
    return tuple(hooks)


def _read_targets(tables: object, mistakes: Mistakes) -> tuple[TargetSettings, ...]:
    targets: dict[str, TargetSettings] = {}
    for number, values in _entries(TARGETS_TABLE, tables, mistakes):
        with mistakes.of(TARGETS_TABLE):
            target = _read_target(values, number, mistakes)
            if target is None:
                continue
            if target.name in targets:
                raise _taken(TARGETS_TABLE, _where(TARGETS_TABLE, number), target.name)
            targets[target.name] = target
    return tuple(targets.values())


def _read_target(
    values: Mapping[str, object], number: int, mistakes: Mistakes
) -> TargetSettings | None:
    """Read one target; None: a value of it is refused, which is collected."""
    where = _where(TARGETS_TABLE, number)
    if "name" not in values:
        raise _nameless(TARGETS_TABLE, where)
    name = read_value(fields_of(TARGETS_TABLE)["name"], values["name"], where)
    # Translators: which of several targets in the settings file.
    where = _(" (target {number}, {name})").format(number=number, name=_show(name))
    count = len(mistakes.found)
    fitting = _read_table(TARGETS_TABLE, values, mistakes, where)
    if len(mistakes.found) > count:
        return None
    if name in RESERVED_NAMES:
        text = _("{setting} is reserved; choose another name")
        raise RefusedError(text.format(setting=f"targets.name{where}"))
    ways = [way for way in TARGET_RULES if way in fitting]
    if len(ways) != 1:
        text = _("{place} says nothing of which processes it is; write one of {names}")
        if ways:
            text = _("{place} has {names}; write exactly one of them")
        names = listed(ways or TARGET_RULES)
        raise RefusedError(text.format(place=f"targets{where}", names=names))
    return TargetSettings(**fitting)


def _check_icon(settings: Settings) -> None:
    shows = settings.icon.shows
    names = [*RESERVED_NAMES, *(target.name for target in settings.targets)]
    if shows not in names:
        nearest = _nearest(shows, names)
        allowed = fields_of("icon")["shows"].kind.allowed
        text = _("{setting} = {value} is not a tracked program; write {allowed}")
        if nearest:
            text = _("{setting} = {value} is not a tracked program; did you mean {nearest}?")
        raise RefusedError(
            text.format(
                setting="icon.shows", value=_show(shows), allowed=allowed, nearest=_show(nearest)
            )
        )


def _unknown(table: str, key: str, known: Iterable[str], where: str = "") -> str:
    known = list(known)
    name = f"{table}.{_show_key(key)}{where}" if table else _show_key(key)
    elsewhere = [_header(field.table) for field in FIELDS if field.key == key]
    if nearest := _nearest(key, known):
        text = _("{name} is not a setting; did you mean {nearest}?")
        return text.format(name=name, nearest=nearest)
    if elsewhere:
        text = _("{name} is not a setting here; it belongs under {places}")
        return text.format(name=name, places=_(" or ").join(elsewhere))
    text = _("{name} is not a setting; valid names here: {names}")
    return text.format(name=name, names=", ".join(known))


def _where(table: str, number: int) -> str:
    return _(_PLACES[table]).format(number=number)


def _nameless(table: str, where: str) -> RefusedError:
    text = _('{place} has no name; write name = "…" under its [[{table}]]')
    return RefusedError(text.format(place=f"{table}{where}", table=table))


def _taken(table: str, where: str, name: object) -> RefusedError:
    return RefusedError(_(_TAKEN[table]).format(setting=f"{table}.name{where}", value=_show(name)))


def _header(table: str) -> str:
    return f"[[{table}]]" if table in LISTS else f"[{table}]"


def _nearest(text: str, known: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(text[:100], known, 1)), None)


def _show_key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare and len(key) <= _SHOWN else _show(key)


def _show(value: object) -> str:
    """Repeat a value from the file, short and on one line."""
    if isinstance(value, str):
        return quote(value) if len(value) <= _SHOWN else quote(value[:_SHOWN]) + "…"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        # Python refuses to write thousands of digits.
        return f"{hex(value)[:_SHOWN]}…"
    return str(value)
