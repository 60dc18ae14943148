"""Machines with culprits: variants of G3 and of M16, and any machine with a guard taken away."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from isa.description import Isa
from isa.language import load_text
from proofs.definitions.classification import subjects
from tests.machines_to_test import G3, M16, MACHINES

G3_VARIANTS = """
variant stim of g3 "d" { override instr stim "d" D(0x85) "Set the timer." { timer <- x[d] } }
variant halt of g3 "d" { override instr halt "" Z(0x8c) "Stop." { halted <- 1 } }
variant out of g3 "d" { override instr out "d, a" T(0x89) "Send." { send(port[x[a][3:0]], x[d]) } }
variant in of g3 "d" { override instr in "d, a" T(0x88) "Receive." { x[d] <- recv(port[x[a][3:0]]) } }
variant bound of g3 "d" { add instr rbnd "d" D(0x91) "Read the bound." { x[d] <- bound } }
variant psw of g3 "d" { override instr rpsw "d" D(0x81) "Read the program status." { x[d] <- psw } }
variant odd of g3 "d" {
  add instr odd "d" D(0x91) "Traps in supervisor mode only." {
    trap privileged(insn) when psw.mode == supervisor; x[d] <- 7
  }
}
variant picky of g3 "d" {
  add instr pick "d, a, b" R(0x91) "Reads the base if a register says so." {
    x[d] <- base when x[a] == 0x12345678 && x[b] == 0
  }
}
variant upper of g3 "d" {
  add instr peek "d" D(0x91) "Reads the base if the status has an upper half." { x[d] <- base when psw[31:16] == 5 }
}
variant store of g3 "d" {
  add instr mark "d, a" T(0x91) "Stores the mode." { mem[x[a]] <- zext(psw.mode) }
}
variant jump of g3 "d" {
  add instr leap "d" D(0x91) "Goes to the base." { pc <- base }
}
variant deaf of g3 "d" { add instr poll "d" D(0x91) "Reads the pending bits." { x[d] <- zext(pending) } }
variant secret of g3 "d" {
  add state lock : word @resource "Set at the factory."
  override on reset { psw <- 0; base <- 0; bound <- size(storage); timer <- 0; pending <- 0; lock <- 0 }
  add instr rlck "d" D(0x91) "Read the lock." { x[d] <- lock }
}
variant either of g3 "d" {
  add state lock : word @resource "Set at the factory."
  override on reset { psw <- 0; base <- 0; bound <- size(storage); timer <- 0; pending <- 0; lock <- 0 }
  add instr spy "d" D(0x91) "Reads the base if the lock or the status allows it." {
    x[d] <- base when lock != 0 || psw[31:16] == 5
  }
}
variant both of g3 "d" {
  override instr stim "d" D(0x85) "Set the timer." { timer <- x[d] }
  override instr rtim "d" D(0x84) "Read the timer." { x[d] <- timer }
}
"""

M16_VARIANTS = """
variant arm of m16 "d" { override instr arm "e" E(41) "Ignored by users." { armed <- e when level == supervisor } }
variant len of m16 "d" { add instr length "a" R(51) "Read the length." { g[a] <- len } }
variant limit of m16 "d" { add instr deadline "a" R(52) "Read the limit." { g[a] <- limit } }
variant shy of m16 "d" {
  add instr shy "a" R(52) "Tells the mode to those who know the word." {
    trap forbidden(insn) when level == user && g[a] != 77; g[a] <- zext(level)
  }
}
"""


@cache
def variant(parent: str, name: str) -> Isa:
    """A variant above, of `g3` or `m16`."""
    if parent == "g3":
        return load_text(G3_VARIANTS, name)
    m16 = (Path(__file__).parent.parent / "machines" / "m16.isa").read_text("utf-8")
    return load_text(m16 + M16_VARIANTS, name)


@cache
def unguarded(parent: str, name: str) -> Isa:
    """A machine of `machines_to_test` in which one instruction has lost the traps that look at the mode."""
    isa = MACHINES[parent]
    free = next(s for s in subjects(isa) if s.name == name).without_guard.behaviour.traps
    instruction = isa.instructions[name]
    changed = replace(instruction, behaviour=replace(instruction.behaviour, traps=free))
    return replace(isa, instructions={**isa.instructions, name: changed})


def guarded(isa: Isa) -> list[str]:
    """The instructions that a guard protects."""
    return [s.name for s in subjects(isa) if s.without_guard.behaviour != s.behaviour]


GUARDED = [("g3", name) for name in guarded(G3)] + [("m16", name) for name in guarded(M16)]
