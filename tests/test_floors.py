"""The order of the house: who may import whom. `FLOORS` is the plan; READING.md walks through it from below.

A room imports from itself and from rooms below. Inside a room, and so everywhere, modules import in no circle, whether
at the top of a file, inside a function, or for types alone.
"""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = ("isa", "monitor", "guests", "proofs", "trapline")
SUFFIXES = {".py", ".isa", ".s", ".md", ".v", ".lark"}

FLOORS = (
    "isa.siblings",
    "isa.display",
    "isa.classes",
    "isa.errors",
    "isa.ir",
    "isa.description",
    "isa.files",
    "isa.encoding",
    "isa.passes",
    "isa.devices",
    "isa.language",
    "isa.machines",
    "isa.machine",
    "isa.assembler",
    "isa.engines.reference",
    "isa.engines.native",
    "isa.engines",
    "isa",
    "monitor.techniques",
    "monitor",
    "monitor.volumes",
    "monitor.network",
    "monitor.screens",
    "monitor.service",
    "monitor.history",
    "guests",
    "monitor.host",
    "proofs.terms",
    "proofs.definitions",
    "proofs.obligations",
    "proofs.verdict",
    "proofs.certificates",
    "proofs.runs",
    "proofs.programs",
    "proofs.under",
    "proofs.kernel",
    "proofs.service",
    "proofs.network",
    "proofs.witness",
    "proofs.mutants",
    "proofs.variants",
    "proofs",
    "trapline.surroundings",
    "trapline.interrupts",
    "trapline.mistakes",
    "trapline.progress",
    "trapline.output",
    "trapline.guard",
    "trapline.listening",
    "trapline.combinations",
    "trapline.options",
    "trapline.promises",
    "trapline.drawing",
    "trapline.jobs",
    "trapline.running",
    "trapline.volumes",
    "trapline.containers",
    "trapline.networking",
    "trapline.screening",
    "trapline.hosting",
    "trapline.paravirt",
    "trapline.explaining",
    "trapline.reports",
    "trapline.kinds",
    "trapline.tracing",
    "trapline.state",
    "trapline.debugging",
    "trapline.remote",
    "trapline.editing",
    "trapline.profiling",
    "trapline.screen",
    "trapline.adapter",
    "trapline.demo",
    "trapline.labs",
    "trapline.sweeping",
    "trapline.serving",
    "trapline.bench",
    "trapline.commands",
    "trapline.cli",
    "trapline.page",
    "trapline",
)  # the lowest first; a name is of a room and all inside it that has no floor of its own

Modules = dict[str, str]  # a module's text by its name


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def ours() -> Modules:
    return {name_of(p): p.read_text("utf-8") for house in HOUSES for p in sorted((ROOT / house).rglob("*.py"))}


@cache
def named(text: str) -> list[tuple[str, str]]:
    """(module, name in it or nothing) of every import of ours in a text, wherever in it."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, alias.name) for alias in node.names]
    return [(module, name) for module, name in found if module.partition(".")[0] in HOUSES]


def imports(text: str, modules: Modules) -> set[str]:
    """The modules that a text imports."""
    return {inner if (inner := f"{module}.{name}") in modules else module for module, name in named(text)}


def floor(module: str) -> int:
    """On which floor a module is."""
    return max((len(name), i) for i, name in enumerate(FLOORS) if f"{module}.".startswith(f"{name}."))[1]


def upwards(modules: Modules) -> list[tuple[str, str]]:
    """(importer, imported) where what is imported stands higher."""
    pairs = ((name, other) for name, text in modules.items() for other in imports(text, modules))
    return sorted({(name, other) for name, other in pairs if floor(other) > floor(name)})


def circle(modules: Modules) -> list[str]:
    """A circle of imports, if there is one."""
    graph = {name: imports(text, modules) - {name} for name, text in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_nobody_imports_from_above() -> None:
    assert upwards(ours()) == []


def test_there_is_no_circle() -> None:
    assert circle(ours()) == []


MOST_LINES = 400
NOBODY = {"utils", "helpers", "manager", "misc", "common"}  # names that say nothing of what is inside


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    files = [p for house in (*HOUSES, "tests", "docs") for p in (ROOT / house).rglob("*") if p.suffix in SUFFIXES]
    assert len(files) > 500
    assert [str(p.relative_to(ROOT)) for p in files if p.read_bytes().count(b"\n") > MOST_LINES] == []
    assert [p for p in files if p.stem in NOBODY] == []


def test_every_floor_has_somebody() -> None:
    assert {floor(name) for name in ours()} == set(range(len(FLOORS)))


@pytest.mark.parametrize(
    "text",
    [
        "from proofs.runs.compare import compare\n",
        "import proofs.runs.compare\n",
        "from proofs.runs import compare\n",
        "def later():\n    from proofs.runs.compare import compare\n",
        "if TYPE_CHECKING:\n    from proofs.runs.compare import Setup\n",
    ],
)
def test_a_step_upwards_and_a_circle_are_seen(text: str) -> None:
    """However it is imported."""
    planted = dict(ours())
    planted["isa.encoding"] += text
    assert upwards(planted) == [("isa.encoding", "proofs.runs.compare")]
    assert {"isa.encoding", "proofs.runs.compare"} <= set(circle(planted))
