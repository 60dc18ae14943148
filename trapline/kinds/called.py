"""The guest written anew with calls of its monitor, under one that serves them. No word moves, so that it is compared
with the guest as it was."""

import os
from dataclasses import replace

from guests.catalogue import LIBRARY
from isa.assembler import Directory, assemble
from isa.errors import MachineError, UsageError
from monitor.techniques import PARAVIRTUAL
from proofs.verdict.culprits import culprits_of
from trapline.kinds.derived import compared
from trapline.kinds.kind import Case, Tried
from trapline.paravirt.rewriting import rewritten


def called(case: Case) -> Tried:
    """Raises TraplineError for an image, and where calls do not mend the machine."""
    program, isa = case.program, case.setup.isa
    if program.guest is None:
        raise UsageError("the guest is an image, and its source is what is written anew", "give the guest's source")
    found = culprits_of(isa, PARAVIRTUAL.name)
    if found.wrong:
        raise MachineError(f"it is not {'known to be ' * found.open}right on {isa.name}: {found.wrong}")
    path = program.guest.file
    directory = Directory(os.path.dirname(path), LIBRARY)
    made = rewritten(isa, path, directory, program.definitions, found.names)
    image = assemble(isa, made.text, path, directory, program.definitions)
    tried = compared(PARAVIRTUAL.name, case, replace(case.setup, image=image, monitors=(PARAVIRTUAL,)))
    words = sum(len(change.addresses) for change in made.changes)
    return replace(tried, why=tried.why or f"{words or 'no'} word{'s' * (words != 1)} replaced by calls")
