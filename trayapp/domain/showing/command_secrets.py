"""Command lines for others to read: without passwords, tokens and the like."""

from __future__ import annotations

import re
from collections.abc import Sequence

HIDDEN = "***"
LONGEST_TEXT = 1000
"""More of a text, or of all arguments, is left out: it would take too long to look through."""

_WORD = (
    r"(?:pass(?:wd|word|phrase|code)?(?![a-z])|pwd(?![a-z])|secrets?(?![a-z])|tokens?(?![a-z])"
    r"|credentials?(?![a-z])|cookie(?![a-z])|bearer(?![a-z])"
    r"|auth(?:orization|entication)?(?![a-z])"
    r"|(?:api|access|account|private|secret|encryption|signing|shared|storage|auth)[-_.]?key"
    r"|session[-_.]?(?:id|key|token)|connection[-_.]?string)"
)
# Nothing of what comes before the word: a long text is to take no longer than it has to.
_NAME = rf"{_WORD}[\w.-]{{0,40}}"
_REST = r"""(?:"[^"]*"|'[^']*'|[^\s"'&,;)]+)"""
_OPTION = re.compile(rf"--?[\w.-]{{0,60}}{_NAME}", re.IGNORECASE)
_USER_OPTION = re.compile(r"(-u|--user|--proxy-user|-U)(=?)(.*)", re.DOTALL)
_SHORT_PASSWORD = {"mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "sshpass"}
"""Programs that take a password behind "-p"."""
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What comes before the host in an address: "user:password@", or a token alone.
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]*(?:@(?=[^\s/]*@)[^\s/@]*)*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(://)(?!\*)[^\s/:@]{12,}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"((?:authorization|proxy-authorization)\s*:\s*\w+\s+)\S+", re.IGNORECASE),
     rf"\1{HIDDEN}"),
    (re.compile(r"(\bbearer\s+)\S+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"({_NAME}[\"']?\s*[=:]\s*){_REST}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"(--?[\w.-]{{0,60}}{_NAME}\s+){_REST}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"([?&;](?:key|sig|signature|code|x-amz-\w+)=)[^&\s]+", re.IGNORECASE),
     rf"\1{HIDDEN}"),
    # What is a token by its look.
    (re.compile(r"\b(?:gh[a-z]_|github_pat_|glpat-|sk-|sk_live_|xox[a-z]-|hf_|AKIA|eyJ)[\w.-]{8,}"),
     HIDDEN),
    (re.compile(r"(?<![\w/.-])(?=[\w+-]*[0-9])(?=[\w+-]*[A-Za-z])[\w+-]{32,}={0,2}(?![\w/.])"),
     HIDDEN),
)  # fmt: skip


def without_secrets(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments with what may be secret replaced; rather too much than too little."""
    told: list[str] = []
    program = arguments[0].replace("\\", "/").rpartition("/")[2] if arguments else ""
    is_next_hidden = is_next_user = False
    left = LONGEST_TEXT
    for argument in arguments:
        if left <= 0:
            break
        left -= len(argument) + 1
        if is_next_hidden and not argument.startswith("--"):
            told.append(HIDDEN)
        elif is_next_user:
            told.append(_without_password(argument))
        elif program in _SHORT_PASSWORD and argument.startswith("-p") and len(argument) > 2:
            told.append(f"-p{HIDDEN}")
        else:
            told.append(_without_user_password(text_without_secrets(argument)))
        is_next_hidden = _OPTION.fullmatch(argument) is not None or (
            program == "sshpass" and argument == "-p"
        )
        is_next_user = argument in ("-u", "--user", "--proxy-user", "-U")
    return tuple(told)


def text_without_secrets(text: str) -> str:
    """Return a text, such as one argument or an address, with what may be secret replaced."""
    text = text[:LONGEST_TEXT]
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _without_user_password(argument: str) -> str:
    found = _USER_OPTION.fullmatch(argument)
    if found is None or ":" not in found[3]:
        return argument
    return f"{found[1]}{found[2]}{_without_password(found[3])}"


def _without_password(argument: str) -> str:
    user, colon, _password = argument.partition(":")
    return f"{user}:{HIDDEN}" if colon else argument
