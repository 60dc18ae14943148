"""Guests on the machines whose verdicts were once wrong: bare and monitored differ exactly where `verify` says so."""

import pytest

from isa.assembler import assemble
from isa.devices import Ports, standard
from proofs.runs.compare import Comparison, Setup, compare
from tests.proofs import test_verdicts_leaks, test_verdicts_letter, test_verdicts_prologues
from tests.proofs.verdict_machines import machine

WORDS, STEPS = 4096, 400
EXPECTED = {
    **{("leaks", name): verdict for name, verdict in test_verdicts_leaks.EXPECTED.items()},
    **{("prologues", name): verdict for name, verdict in test_verdicts_prologues.EXPECTED.items()},
    **test_verdicts_letter.EXPECTED,
}
TO_USERS = """
        .org 16
start:  lpsw p(r0)
p:      .word u, {status}, 0, 0x1000
u:      {program}
"""
GUESTS = {
    # A timer that is set, and a tick that is undone.
    ("prologues", "lost_tick"): "set r1, 100; stim r1; tl; rtim r2; set r1, 0; halt",
    ("prologues", "step_count"): "rc r2; add r3, r2, r2; rc r4; set r1, 0; halt",
    ("prologues", "step_enable"): "setie 1; rl r2; rl r2; set r1, 0; halt",
    ("prologues", "step_status"): "rl r2; rl r2; set r1, 0; halt",
    # In user mode: the base, and a channel.
    ("leaks", "vacuous"): TO_USERS.format(status=1, program="vk r2; add r3, r2, r2"),
    ("leaks", "broken_level"): TO_USERS.format(status=0x81, program="set r2, 65; io r2; add r4, r4, r4"),
    # At reset the base is 0, so the bit is clear; under a monitor it is not.
    ("leaks", "telling_view"): "vl r2, r0; set r1, 0; halt",
    ("leaks", "timed_view"): "set r1, 100; stim r1; vt r2, r0; set r1, 0; halt",
    ("leaks", "partly_guarded"): "pa r2; pa r0; set r1, 0; halt",
    ("leaks", "other_tick"): "set r1, 9; stim r1; add r2, r2, r2; rtim r3; set r1, 0; halt",
    # The bound that was loaded, and the size.
    ("extents", "shows_bound"): "li r4, 0xffffffff; lrel r0, r4; rbnd r5; sub r7, r5, r4; set r1, 0; halt",
    ("extents", "shows_size"): "qsz r2; add r3, r2, r2; set r1, 0; halt",
    ("keys", "compared_keys"): "set r1, 1; wlock r1; cmpk r2; add r3, r2, r2; set r1, 0; halt",
    ("keys", "shown_key"): "set r1, 5; skey r1; rkey r2; add r3, r2, r2; set r1, 0; halt",
}


def ran(file: str, name: str, guest: str) -> Comparison:
    isa = machine(file, name, small=False)
    text = guest if ".org" in guest else f".org 16\nstart: {guest}"
    image = assemble(isa, text.replace("; ", "\n"), "guest.s")

    def ports() -> Ports:
        return standard(isa)

    return compare(Setup(isa, image, WORDS, ports), STEPS)


@pytest.mark.parametrize(("file", "name"), GUESTS)
def test_a_guest_differs_exactly_where_the_verdict_says_so(file: str, name: str) -> None:
    assert ran(file, name, GUESTS[file, name]).equivalent is EXPECTED[file, name].exact.startswith("y")


def test_guests_run_on_machines_of_either_kind() -> None:
    assert {EXPECTED[key].exact[0] for key in GUESTS} == {"y", "n"}
