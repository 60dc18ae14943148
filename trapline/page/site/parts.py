"""What the site has of others: taken by the registries' own clients, kept, and refused if it is not what is pinned."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

from isa.errors import TraplineError

PYTHON = ("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314", "--platform", "any")
BROWSER = ("--platform", "pyemscripten_2026_0_wasm32")
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
SOLVER = "z3-solver"

Pin = dict[str, str]


def pins() -> dict[str, list[Pin]]:
    """`wheels` of PyPI and `packages` of npm."""
    found: dict[str, list[Pin]] = tomllib.loads((files(__package__) / "parts.toml").read_text("utf-8"))
    return found


def taken(into: Path) -> dict[str, Path]:
    """The file of each part by its name, in a folder that keeps them. Raises TraplineError."""
    into.mkdir(parents=True, exist_ok=True)
    found = {}
    for kind, listed in pins().items():
        for pin in listed:
            path = into / pin["file"]
            if not path.exists():
                _run(_wheel(pin, into) if kind == "wheels" else _package(pin, into))
            check(path, pin)
            found[pin["name"]] = path
    return found


def check(path: Path, pin: Pin) -> None:
    """Raises TraplineError, and takes the file away, unless it is exactly what is pinned."""
    if not path.is_file():
        raise TraplineError(f"{pin['name']} {pin['version']} came without {pin['file']}", "see trapline/page/site/")
    if sha256(path.read_bytes()).hexdigest() != pin["sha256"]:
        path.unlink()
        help = "try again; if it stays so, somebody has changed it: do not use it"
        raise TraplineError(f"{pin['file']} is not the file that is pinned", help)


def unpacked(wheel: Path, into: Path) -> None:
    """The files of a wheel in pure Python, as an installer puts them."""
    with ZipFile(wheel) as archive:
        archive.extractall(into)


def core(package: Path, into: Path) -> None:
    """What a page needs of pyodide."""
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:
        for name in CORE:
            found = archive.extractfile(f"package/{name}")
            assert found is not None
            with (into / name).open("wb") as file:
                shutil.copyfileobj(found, file)


def _wheel(pin: Pin, into: Path) -> list[str]:
    what = f"{pin['name']}=={pin['version']}"
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
    return [*pip, "--no-deps", "--only-binary=:all:", *PYTHON, *BROWSER, "-d", str(into), what]


def _package(pin: Pin, into: Path) -> list[str]:
    return ["npm", "pack", "--silent", "--pack-destination", str(into), f"{pin['name']}@{pin['version']}"]


def _run(words: list[str]) -> None:
    """Raises TraplineError for a client that is missing, or that fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    except OSError as error:
        help = "`make clients` installs what the site is built with"
        raise TraplineError(f"cannot run {words[0]}: {error.strerror}", help) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise TraplineError(f"`{' '.join(words)}` failed: {' '.join(said):.300}", "is the registry within reach?")
