"""Answers that are shown by a guest, which was run before it is shown."""

from functools import lru_cache
from itertools import product

from isa.assembler import Image, assemble
from isa.description import Isa
from isa.devices import standard
from isa.engines.choice import DEFAULT, bare
from isa.errors import Source
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machines.catalogue import described
from proofs.terms.solving import Found
from proofs.witness.finding import Witness, Witnesses
from trapline.debugging.difference import difference
from trapline.debugging.moment import Moment
from trapline.labs.questions.exam import NAME, exam, finding

TIMEOUT = 20.0  # seconds for a search
WORDS = 1024
USER = """# In user mode: words 0 to 3 are loaded as pc, psw, base and bound. Word 4 says afterwards what trapped.
        .entry start
        .org 0
        .word 20, 1, 0, {words}, 0, 0, 0, 0
        .word 20, 1, 0, {words}
        .org 16
start:  lps  r0, r0
        .org 20
        {name} r{d}, r{a}
"""


def of_culprit(body: str, name: str = "q1") -> str:
    """A guest that runs otherwise under a monitor than bare, because of an instruction; empty if none was found."""
    found = _culprit(body, name)
    return found.text if found else ""


def where_it_parts(body: str, name: str) -> Moment | None:
    """The same guest at the step at which the two part."""
    found, isa = _culprit(body, name), _described(body, name)
    if found is None:
        return None
    return difference(found.setup(isa), found.image(isa), f"witness of {name}", found.divergence.step)


def of_privilege(body: str, name: str = "q1") -> str:
    """A guest that executes the instruction in user mode, and shows that it traps there, or that it does not; empty if
    none of those that are tried shows it."""
    text = _in_user_mode(body, name)
    said = "traps" if finding(body).verdict.privileged is Found.YES else "does not trap"
    return text and f"# {name} {said} in user mode: {body}\n{text}"


def where_it_traps(body: str, name: str) -> Moment | None:
    """The same guest at the instruction."""
    text, isa = _in_user_mode(body, name), _described(body, name)
    if not text:
        return None
    image = assemble(isa, text, "user.s")
    return Moment(f"{name} in user mode", isa, image, Snapshot.take(_begun(isa, image)), (), DEFAULT, 1)


def _described(body: str, name: str) -> Isa:
    """The machine, of which is known how it is described, so that it can be written to a file."""
    return described(Source(f"{NAME}.isa", exam({name: body}).text), NAME)


@lru_cache(maxsize=256)
def _culprit(body: str, name: str) -> Witness | None:
    found = Witnesses(exam({name: body}).isa, f"{NAME}.isa:{NAME}", TIMEOUT).against(name)
    return found if isinstance(found, Witness) else None


@lru_cache(maxsize=256)
def _in_user_mode(body: str, name: str) -> str:
    """A guest whose second step executes the instruction in user mode, and traps if the instruction is privileged, or
    else not; empty if none of those that are tried does."""
    isa, privileged = exam({name: body}).isa, finding(body).verdict.privileged is Found.YES
    texts = (USER.format(words=WORDS, name=name, d=d, a=a) for d, a in product(range(3), repeat=2))
    return next((text for text in texts if _traps(isa, assemble(isa, text, "user.s")) is privileged), "")


def _traps(isa: Isa, image: Image) -> bool:
    """Whether the first step in user mode traps."""
    machine = _begun(isa, image)
    machine.run(1)
    end = machine.run_to_trap(1)
    return end.reason is Reason.TRAP


def _begun(isa: Isa, image: Image) -> Machine:
    machine = bare(isa, Storage(isa.word, WORDS), standard(isa))
    machine.load(image)
    return machine
