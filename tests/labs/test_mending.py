"""Lab 6: what a student begins with is the machine that the lab compares with."""

from isa.errors import Source
from isa.language.library import Library
from isa.machine.identity import meaning_digest
from isa.machines.catalogue import find as machine
from trapline.labs.reading import find


def test_the_starter_has_the_machine_itself() -> None:
    lab = find("6")
    with open(f"{lab.starter}/{lab.files[0]}") as file:
        begun = Library.of(Source(lab.files[0], file.read())).load("worn")
    assert meaning_digest(begun) == meaning_digest(machine(f"{lab.folder}/{lab.machine}"))
