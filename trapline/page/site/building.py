"""Make the site: `python -m trapline.page.site.building FOLDER` (`make site`). What others made is kept beside it.

The service worker (`web/keeper.js`) knows all files of the site and a digest of them, and keeps them in the browser.
"""

import json
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from isa.errors import TraplineError
from trapline.page.site import parts

ROOT = Path(__file__).parents[3]
HOUSES = ("isa", "monitor", "proofs", "guests", "trapline")
UNNEEDED = ("__pycache__", "mechanised", "bench")
PACK = "trapline.pack"
MADE_OF = "made-of.txt"


def build(goal: Path) -> int:
    """The site in a folder, anew; how many bytes it has. Raises TraplineError."""
    found = parts.taken(goal.parent / "site-parts")
    making = goal.with_name(f"{goal.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    parts.core(found["pyodide"], making / "python")
    shutil.copy(found[parts.SOLVER], making / "python")
    _pack(found, making)
    _page(making, found[parts.SOLVER].name)
    (making / MADE_OF).write_text(made_of())
    shutil.rmtree(goal, ignore_errors=True)
    making.rename(goal)
    return sum(path.stat().st_size for path in goal.rglob("*") if path.is_file())


def made_of() -> str:
    """A digest of all of ours that is in a site: another site is to be made when it changes."""
    whole = sha256()
    for house in HOUSES:
        for path in sorted((ROOT / house).rglob("*")):
            name = path.relative_to(ROOT)
            if path.is_file() and not set(UNNEEDED) & set(name.parts):
                whole.update(f"{name}\0".encode() + sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _pack(found: dict[str, Path], making: Path) -> None:
    """All that is Python, and what was made of it before."""
    tree = making / "tree"
    for house in HOUSES:
        shutil.copytree(ROOT / house, tree / house, ignore=shutil.ignore_patterns(*UNNEEDED))
    known = tree / f"trapline-{version('trapline')}.dist-info" / "METADATA"  # for `trapline --version`
    known.parent.mkdir()
    known.write_text(f"Metadata-Version: 2.1\nName: trapline\nVersion: {version('trapline')}\n", "utf-8")
    for name in ("lark", "rich"):
        parts.unpacked(found[name], tree)
    script = str(files("trapline.page.site") / "warm.mjs")
    words = ["node", "--no-warnings", script, str(making / "python"), str(tree), str(making / PACK)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise TraplineError(f"cannot run node: {error.strerror}", "`make clients` installs it") from None
    if done.returncode:
        raise TraplineError(f"Python does not run in node: {done.stderr.strip()[-300:]}")
    shutil.rmtree(tree)


def _page(making: Path, solver: str) -> None:
    """The page itself, with what it has to know of the other files."""
    shutil.copytree(ROOT / "trapline" / "page" / "web", making, dirs_exist_ok=True)
    player = ROOT / "trapline" / "profiling" / "page"
    known = {
        "player-style": digest((player / "report.css").read_bytes()),
        "player-script": digest((player / "report.js").read_bytes()),
        "solver": solver,
    }
    for name in ("index.html", "worker.js"):
        path = making / name
        path.write_text(_filled(path.read_text("utf-8"), known), "utf-8")
    keeper = making / "keeper.js"
    names = sorted(str(path.relative_to(making)) for path in making.rglob("*") if path.is_file() and path != keeper)
    listed = {name: sha256((making / name).read_bytes()).hexdigest() for name in names}
    known = {"files": json.dumps(names), "version": sha256(json.dumps(listed).encode()).hexdigest()[:16]}
    keeper.write_text(_filled(keeper.read_text("utf-8"), known), "utf-8")


def _filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\{\{([a-z-]+)\}\}", lambda found: known[found[1]], text)


def digest(data: bytes) -> str:
    """As a policy of a page has it."""
    return f"sha256-{b64encode(sha256(data).digest()).decode()}"


def main() -> int:
    goal = Path(sys.argv[1])
    try:
        size = build(goal)
    except TraplineError as error:
        print(error.render(), file=sys.stderr)
        return error.exit_code
    print(f"{goal}: {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
