"""The extension for VS Code: its grammars know the words of the languages, and it starts what exists."""

import json
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from guests.catalogue import KEYS
from isa.assembler.directives import DIRECTIVES
from isa.description import Role
from isa.language.body_tree import RESERVED
from isa.machines.catalogue import find
from tests.clients import client
from tests.editing.cases import ROOT
from trapline.cli import names

FOLDER = ROOT / "editors" / "vscode"
GRAMMAR = (ROOT / "isa" / "language" / "grammar.lark").read_text("utf-8")
MANIFEST = json.loads((FOLDER / "package.json").read_text("utf-8"))


def patterns(grammar: str) -> dict[str, list[re.Pattern[str]]]:
    """The patterns of a grammar by the scope that they give. All of them are Python's too."""
    found: dict[str, list[re.Pattern[str]]] = {}

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            scopes = [node["name"]] if "name" in node and "match" in node else []
            scopes += [capture["name"] for capture in node.get("captures", {}).values()]
            for scope in scopes:
                found.setdefault(scope.rpartition(".")[0], []).append(re.compile(node["match"], re.MULTILINE))
            for key in ("begin", "end"):
                re.compile(node.get(key, ""))
            for child in node.values():
                visit(child)
        elif isinstance(node, list):
            for child in node:
                visit(child)

    visit(json.loads((FOLDER / "syntaxes" / f"{grammar}.tmLanguage.json").read_text("utf-8")))
    return found


def listed(found: list[re.Pattern[str]]) -> set[str]:
    """The words between the bars of patterns."""
    groups = (group for pattern in found for group in re.findall(r"\(((?:\w+\|)+\w+)\)", pattern.pattern))
    return set(chain.from_iterable(group.split("|") for group in groups))


ASM, ISA = patterns("asm"), patterns("isa")


def test_the_grammar_of_assembly_has_every_directive_and_key() -> None:
    assert {f".{word}" for word in listed(ASM["keyword.control.directive"])} == set(DIRECTIVES)
    assert listed(ASM["keyword.other.header"]) == set(KEYS)
    configuration = json.loads((FOLDER / "language-configuration-asm.json").read_text("utf-8"))
    markers = configuration["folding"]["markers"]
    assert {f".{w}" for key in ("start", "end") for w in listed([re.compile(markers[key])])} <= set(DIRECTIVES)


def test_the_grammar_of_descriptions_has_every_word_and_role() -> None:
    scopes = ("storage.type", "storage.modifier", "keyword.control", "support.function", "support.type")
    words = set().union(*(listed(ISA[scope]) for scope in (*scopes, "constant.language")))
    keywords = set(re.findall(r'^_?[A-Z]+: "([a-z]+)"$', GRAMMAR, re.MULTILINE))
    assert words == keywords | set(RESERVED)
    assert listed(ISA["entity.other.attribute-name.role"]) == {role.value for role in Role}


def test_mnemonics_and_labels_are_seen_whatever_the_machine_is() -> None:
    (mnemonic,) = ASM["keyword.mnemonic"]
    (label,) = ASM["entity.name.function.label"]
    for name in find("g3").instructions:
        assert (found := mnemonic.search(f"loop:   {name} r1, r2")) and found[1] == name
    for text, name in (("start: halt", "start"), ("1:  b 1b", "1"), ("end\\@: nop", "end\\@")):
        assert (found := label.search(text)) and found[1] == name
    assert label.search("        halt") is None and mnemonic.search("start:") is None


def test_the_manifest_names_files_and_commands_that_exist() -> None:
    contributed = MANIFEST["contributes"]
    paths = [MANIFEST["main"], *(language["configuration"] for language in contributed["languages"])]
    paths += [grammar["path"] for grammar in contributed["grammars"]]
    assert all((FOLDER / path).is_file() for path in paths)
    for path in FOLDER.rglob("*.json"):
        json.loads(path.read_text("utf-8"))
    script = (FOLDER / "extension.js").read_text("utf-8")
    started = set(re.findall(r'\["(\w+)"\]', script))
    assert "lsp" in started and started <= set(names())
    languages = {language["id"] for language in contributed["languages"]}
    assert set(re.findall(r'language: "([\w-]+)"', script)) == languages
    assert {event for event in MANIFEST["activationEvents"] if "Language" in event} == {
        f"onLanguage:{name}" for name in languages
    }


SCRIPT = """
const Module = require("module"), given = [];
class Client { constructor(...rest) { given.push(rest[2], rest[3]); } start() { given.push("started"); } }
class Executable { constructor(...rest) { given.push(rest); } }
const vscode = {
  workspace: { getConfiguration: () => ({ get: (key) => ({ command: "trapline", machine: "g3" })[key] }) },
  debug: { registerDebugAdapterDescriptorFactory: (type, factory) => factory.createDebugAdapterDescriptor() },
  DebugAdapterExecutable: Executable,
};
const load = Module._load;
Module._load = (name, ...rest) => name === "vscode" ? vscode
  : name === "vscode-languageclient/node" ? { LanguageClient: Client } : load(name, ...rest);
require(process.argv[1]).activate({ subscriptions: [] });
console.log(JSON.stringify(given));
"""


def test_the_extension_starts_both_servers() -> None:
    node = client("node", "nodejs")
    done = subprocess.run([node, "-e", SCRIPT, str(FOLDER / "extension.js")], capture_output=True, text=True)
    adapter, server, options, started = json.loads(done.stdout)
    assert adapter == ["trapline", ["dap"]] and server == {"command": "trapline", "args": ["lsp"]}
    assert options["initializationOptions"] == {"machine": "g3"} and started == "started"


@pytest.mark.nightly
def test_the_ordinary_tool_packs_the_extension(tmp_path: Path) -> None:
    npm = client("npm", "npm")
    folder = tmp_path / "vscode"
    subprocess.run(["cp", "-r", FOLDER, folder], check=True)
    quiet = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"]
    subprocess.run([npm, "install", *quiet], cwd=folder, check=True)
    packing = ["--yes", "@vscode/vsce@3.9.2", "package", "--allow-missing-repository", "-o", "trapline.vsix"]
    subprocess.run(["npx", *packing], cwd=folder, check=True)
    listed_ = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", "trapline.vsix"], cwd=folder, check=True, capture_output=True, text=True
    )
    for name in ("extension.js", "syntaxes/isa.tmLanguage.json", "vscode-languageclient/node.js"):
        assert name in listed_.stdout
