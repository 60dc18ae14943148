"""What a page would have to make when it runs something for the first time, made before: run by `warm.mjs`, in the
page's Python and at the place where the page has it, since that is what `isa.files.kept` goes by."""

import compileall
import json
import py_compile
from contextlib import chdir, suppress
from importlib.resources import files
from tempfile import TemporaryDirectory

from guests.catalogue import names
from isa.errors import TraplineError
from isa.language.shipped import shipped
from isa.machines.catalogue import find as find_machine
from trapline.page.asking import Page
from trapline.running.programs import find


def warm() -> None:
    """Check every shipped machine and those of the first files, and assemble every shipped guest."""
    for machine in shipped():
        find_machine(machine)
    for guest in names():
        with suppress(TraplineError):
            find(guest, None)
    with TemporaryDirectory() as home, chdir(home):
        question = {"ask": "command", "words": ["run", "first.s", "--isa=mine.isa"], "files": begin()}
        answer = json.loads(Page(home).ask(json.dumps(question)))["answer"]
        assert answer["code"] == 0, answer


def begin() -> dict[str, str]:
    """The files that the page begins with."""
    text = (files("trapline.page") / "web" / "begin.js").read_text("utf-8")
    found: dict[str, str] = json.loads(text.partition("BEGIN = ")[2].strip().removesuffix(";"))
    return found


def compiled(folder: str) -> None:
    """Have the bytecode of all modules in a folder beside them, to be taken as it is."""
    compileall.compile_dir(folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
