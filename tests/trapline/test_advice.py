"""No message advises an option that does not exist: every `--option` that a text names is looked for in the parsers."""

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from trapline.cli import build_parser, subcommands

ROOT = Path(__file__).parents[2]
ROOMS = ("isa", "monitor", "proofs", "trapline")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
COMMAND = re.compile(r"`trapline (\w+)([^`]*)`")


def options() -> dict[str, set[str]]:
    """The options of every command."""
    parser = build_parser(subcommands())
    (found,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return {"": _own(parser)} | {name: _all(child) for name, child in found.choices.items()}


def _own(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def _all(parser: argparse.ArgumentParser) -> set[str]:
    """Those of a command, and of what it can be told to do."""
    deeper = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return _own(parser).union(*(_all(child) for action in deeper for child in action.choices.values()))


def sources() -> Iterator[Path]:
    """What may advise. A benchmark also speaks to compilers, in their options, what makes the site to others, and a
    `__main__` has its own."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not {"bench", "site"} & set(path.relative_to(ROOT).parts) and path.name != "__main__.py":
                yield path


@cache
def messages(text: str) -> list[tuple[int, str]]:
    """The texts of a module with their lines, documentation apart; a value in a text is shown as `...`."""
    return list(_messages(list(ast.walk(ast.parse(text)))))


def _messages(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    skipped = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = (p.value if isinstance(p, ast.Constant) else "..." for p in node.values)
            yield node.lineno, "".join(map(str, parts))
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def wrong(path: Path, text: str, known: dict[str, set[str]]) -> list[str]:
    """Options that a module names and that are none: of the command that the text calls, else of the command that the
    module is, else of any."""
    own = known.get(path.stem) if path.parent.name == "commands" else None
    anywhere = set().union(*known.values())
    found = []
    for line, message in messages(text):
        for command, rest in COMMAND.findall(message):
            if command not in known:
                found.append(f"{path.name}:{line}: trapline {command}")
            else:
                found += [f"{path.name}:{line}: {command} {o}" for o in OPTION.findall(rest) if o not in known[command]]
        for option in OPTION.findall(COMMAND.sub("", message)):
            if option not in (own or anywhere):
                found.append(f"{path.name}:{line}: {option}")
    return found


def test_what_is_advised_exists() -> None:
    known = options()
    assert [line for path in sources() for line in wrong(path, path.read_text("utf-8"), known)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("isa/machine/machine.py", 'help = f"give it more: `--memory {least}`"'),
        ("trapline/commands/verify.py", 'raise UsageError("no", "leave out `--sample`")'),
        ("proofs/verdict/proving.py", 'raise Refused("no", f"`trapline verify {name} --sample` tells more")'),
        ("proofs/verdict/proving.py", 'raise Refused("no", "see `trapline chuck`")'),
    ],
)
def test_advice_that_leads_nowhere_is_found(name: str, text: str) -> None:
    assert len(wrong(Path(name), text, options())) == 1


def test_there_is_advice_to_check() -> None:
    said = [m for path in sources() for _, m in messages(path.read_text("utf-8")) if OPTION.search(m)]
    assert len(said) > 50
