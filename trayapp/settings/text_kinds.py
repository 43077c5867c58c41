"""The kinds of value that are text of any content or of one form."""

from __future__ import annotations

import re

from trayapp.dataclass import dataclass
from trayapp.domain.grouping.expressions import RefusedExpressionError, compile_expression
from trayapp.domain.grouping.groups import plain_group
from trayapp.language.catalogue import _, ngettext
from trayapp.settings.kinds import Kind, RefusedError, read_text
from trayapp.settings.quoting import quote


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Any text that is not empty."""

    longest: int

    @property
    def allowed(self) -> str:
        return _("1 to {count} characters").format(count=self.longest)

    def read(self, value: object) -> str:
        value = read_text(value)
        if not 1 <= len(value) <= self.longest:
            text = ngettext("has {count} character", "has {count} characters", len(value))
            raise RefusedError(text.format(count=len(value)) if value else _("is empty"))
        return value

    def write(self, value: object) -> str:
        text = str(value)
        literal = "\\" in text and "'" not in text and text.isprintable()
        return f"'{text}'" if literal else quote(text)


@dataclass(frozen=True, slots=True)
class GroupPath(Text):
    """The path of a control group other than that of all processes."""

    @property
    def allowed(self) -> str:
        return _("a path below /, such as {example}").format(example='"/system.slice"')

    def read(self, value: object) -> str:
        # Zero-argument super() does not work in a dataclass with slots.
        value = Text.read(self, value)
        if plain_group(value) == "/":
            raise RefusedError(_("would match every process"))
        if "\n" in value or ".." in value.split("/"):
            raise RefusedError(_("is not a path of a control group"))
        return value


@dataclass(frozen=True, slots=True)
class Secret(Text):
    """Text of one form that may hold a secret, also by mistake: no message may repeat it."""

    form: str
    """A regular expression for all of it."""
    noun: str

    @property
    def allowed(self) -> str:
        return _(self.noun)

    def read(self, value: object) -> str:
        text = Text.read(self, value)
        if not text.isprintable() or not re.fullmatch(self.form, text):
            raise RefusedError(_("has the wrong form"))
        return text


@dataclass(frozen=True, slots=True)
class Subject(Text):
    """The subject of the icon; that there is such a target is checked when all are known."""

    words: tuple[str, ...]
    """What is no target."""
    shown: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return _('"system", "pressure", "largest", "memtray" or one of your [[targets]]')


@dataclass(frozen=True, slots=True)
class Name(Text):
    """Text that can be shown on one line of a menu without surprises."""

    @property
    def allowed(self) -> str:
        return _("1 to {count} printable characters").format(count=self.longest)

    def read(self, value: object) -> str:
        # Not super(): it does not work in a dataclass with slots before Python 3.14.
        name = Text.read(self, value)
        if not name.isprintable() or name != name.strip():
            raise RefusedError(_("contains invisible characters"))
        return name


@dataclass(frozen=True, slots=True)
class Pattern(Text):
    """A regular expression as Python's `re` takes it."""

    @property
    def allowed(self) -> str:
        text = _("a Python regular expression of 1 to {count} characters")
        return text.format(count=self.longest)

    def read(self, value: object) -> str:
        text = Text.read(self, value)
        try:
            compile_expression(text)
        except re.error as error:
            why = _("is not a regular expression ({reason})")
            if error.pos is not None:
                why = _("is not a regular expression ({reason} at character {place})")
            place = (error.pos or 0) + 1
            raise RefusedError(why.format(reason=error.msg, place=place)) from error
        except RefusedExpressionError as error:
            raise RefusedError(str(error)) from error
        return text
