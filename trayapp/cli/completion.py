"""Scripts that complete `memtray` in bash, zsh and fish, made of what its parser takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from shlex import quote

from trayapp.cli.grammar import FILES, NAMES, Option, Value, Words

SHELLS = ("bash", "zsh", "fish")
LIST_NAMES = "memtray completion {} 2>/dev/null"
"""Prints a name on each line; quicker than asking Memtray, and works without it."""


def completion_script(shell: str, words: Words) -> str:
    """Return the script for one of SHELLS."""
    return "\n".join(_WRITERS[shell](words)) + "\n"


def _bash(words: Words) -> Iterator[str]:
    yield "# memtray completion bash: put this where bash-completion looks, or source it"
    yield '_memtray_words() { local IFS=$\'\\n\'; COMPREPLY+=($(compgen -W "$1" -- "$cur")); }'
    yield "_memtray_names() {"
    yield "    local name"
    yield "    while IFS= read -r name; do"
    yield '        [[ $name == "$cur"* ]] && COMPREPLY+=("$(printf %q "$name")")'
    yield f"    done < <({LIST_NAMES.format('$1')})"
    yield "}"
    yield "_memtray_files() {"
    yield "    local name"
    yield "    compopt -o filenames 2>/dev/null"
    yield '    while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$cur")'
    yield "}"
    yield "_memtray() {"
    yield "    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= word i"
    yield "    COMPREPLY=()"
    yield "    for ((i = 1; i < COMP_CWORD; i++)); do"
    yield "        word=${COMP_WORDS[i]}"
    yield '        case "$verb $word" in'
    yield f'            {_cases(words)}) verb="${{verb:+$verb }}$word" ;;'
    yield "        esac"
    yield "    done"
    yield '    case "$verb:$before" in'
    for one in words.all():
        for option in one.options:
            if option.value is not None:
                verb = " ".join(one.path)
                keys = "|".join(quote(f"{verb}:{name}") for name in option.names)
                yield f"        {keys}) {_bash_value(option.value)}return ;;"
    yield "    esac"
    yield '    if [[ $cur == -* ]]; then case "$verb" in'
    for one in words.all():
        yield f"        {quote(' '.join(one.path))}) _memtray_words {_lines(_names(one))} ;;"
    yield '    esac; else case "$verb" in'
    for one in words.all():
        yield f"        {quote(' '.join(one.path))}) {_bash_rest(one)}: ;;"
    yield "    esac; fi"
    yield "}"
    yield "complete -F _memtray memtray"


def _bash_value(value: Value) -> str:
    parts = [f"_memtray_words {_lines(value.choices)}; "] if value.choices else []
    parts += [f"_memtray_names {kind}; " for kind in value.kinds if kind in NAMES]
    parts += ["_memtray_files; "] if FILES in value.kinds else []
    return "".join(parts)


def _bash_rest(one: Words) -> str:
    names = [verb.path[-1] for verb in one.verbs]
    return (f"_memtray_words {_lines(names)}; " if names else "") + _bash_value(one.value)


def _zsh(words: Words) -> Iterator[str]:
    yield "#compdef memtray"
    yield "_memtray_names() {"
    yield f'    local -a names; names=(${{(f)"$({LIST_NAMES.format("$1")})"}})'
    yield "    compadd -a names"
    yield "}"
    yield "_memtray() {"
    yield "    local verb= word i before=${words[CURRENT-1]} cur=${words[CURRENT]}"
    yield "    local -a names texts"
    yield "    for ((i = 2; i < CURRENT; i++)); do"
    yield "        word=${words[i]}"
    yield '        case "$verb $word" in'
    yield f'            ({_cases(words)}) verb="${{verb:+$verb }}$word" ;;'
    yield "        esac"
    yield "    done"
    yield '    case "$verb:$before" in'
    for one in words.all():
        for option in one.options:
            if option.value is not None:
                keys = "|".join(quote(f"{' '.join(one.path)}:{name}") for name in option.names)
                yield f"        ({keys}) {_zsh_value(option.value)}return ;;"
    yield "    esac"
    yield '    if [[ $cur == -* ]]; then case "$verb" in'
    for one in words.all():
        pairs = [(name, option.help) for option in one.options for name in option.names]
        yield f"        ({quote(' '.join(one.path))}) {_zsh_described(pairs)};;"
    yield '    esac; else case "$verb" in'
    for one in words.all():
        pairs = [(verb.path[-1], verb.help) for verb in one.verbs]
        rest = (_zsh_described(pairs) if pairs else "") + _zsh_value(one.value)
        yield f"        ({quote(' '.join(one.path))}) {rest}: ;;"
    yield "    esac; fi"
    yield "}"
    yield 'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _memtray "$@"'
    yield "elif (( $+functions[compdef] )); then compdef _memtray memtray; fi"


def _zsh_value(value: Value) -> str:
    choices = " ".join(map(quote, value.choices))
    parts = [f"compadd -- {choices}; "] if choices else []
    parts += [f"_memtray_names {kind}; " for kind in value.kinds if kind in NAMES]
    parts += ["_files; "] if FILES in value.kinds else []
    return "".join(parts)


def _zsh_described(pairs: Iterable[tuple[str, str]]) -> str:
    found = list(pairs)
    names = " ".join(quote(name) for name, _ in found)
    texts = " ".join(quote(f"{name}  -- {text}" if text else name) for name, text in found)
    return f"names=({names}); texts=({texts}); compadd -l -d texts -a names; "


def _fish(words: Words) -> Iterator[str]:
    yield "# memtray completion fish: put this into ~/.config/fish/completions/memtray.fish"
    yield "complete -c memtray -f"
    yield "function __memtray_at"
    yield "    set -l verb"
    yield "    for word in (commandline -opc)[2..]"
    yield '        switch "$verb $word"'
    yield f"            case {' '.join(quote(key) for key in _keys(words))}"
    yield '                set verb (string trim -- "$verb $word")'
    yield "        end"
    yield "    end"
    yield '    test "$verb" = "$argv"'
    yield "end"
    for one in words.all():
        at = f"complete -c memtray -n {quote('__memtray_at ' + ' '.join(one.path))}"
        for verb in one.verbs:
            yield f"{at} -a {quote(verb.path[-1])}{_fish_text(verb.help)}"
        yield from (f"{at}{_fish_option(option)}" for option in one.options)
        if one.value.choices:
            yield f"{at} -a {quote(' '.join(one.value.choices))}"
        for listed in _fish_listed(one.value):
            yield f"{at} -a {listed}"
        if FILES in one.value.kinds:
            yield f"{at} -F"


def _fish_option(option: Option) -> str:
    names = "".join(
        f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names
    )
    text = _fish_text(option.help)
    if option.value is None:
        return f"{names}{text}"
    if option.value.choices:
        return f"{names} -x -a {quote(' '.join(option.value.choices))}{text}"
    for listed in _fish_listed(option.value):
        return f"{names} -x -a {listed}{text}"
    return f"{names} -r{' -F' if FILES in option.value.kinds else ''}{text}"


def _fish_listed(value: Value) -> list[str]:
    return [quote(f"({LIST_NAMES.format(kind)})") for kind in value.kinds if kind in NAMES]


def _fish_text(text: str) -> str:
    # Fish knows no '\'' within quotes, but escapes.
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return f" -d '{plain}'" if text else ""


def _keys(words: Words) -> list[str]:
    """Return each verb behind the ones before it, as the scripts look for them."""
    return [f"{' '.join(one.path[:-1])} {one.path[-1]}" for one in words.all() if one.path]


def _cases(words: Words) -> str:
    return "|".join(map(quote, _keys(words)))


def _names(one: Words) -> list[str]:
    return [name for option in one.options for name in option.names]


def _lines(names: Iterable[str]) -> str:
    """Return words for bash's `compgen -W`, which the script has split at line ends."""
    return quote("\n".join(names))


_WRITERS: dict[str, Callable[[Words], Iterator[str]]] = {
    "bash": _bash, "zsh": _zsh, "fish": _fish,
}  # fmt: skip
