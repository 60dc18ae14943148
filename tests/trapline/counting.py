"""A program to debug: it counts in a register and in a word, and asks its kernel to print that, until it is 'Z'."""

from isa.assembler import assemble
from isa.devices import Console, Ports
from isa.engines.choice import DEFAULT, bare
from isa.machine import Machine, Storage
from monitor.history.course import Course
from monitor.monitor import tower, uppermost
from monitor.schedule import Schedule
from tests.machines_to_test import G3
from trapline.debugging.debugged import Guest
from trapline.debugging.words import Debugger

PROGRAM = """
        .org  8
        .word handler, 0, 0, 0xffffffff
        .org  16
start:  set   r1, 65
        sw    r1, counter(r0)
        lpsw  program(r0)
program: .word loop, 1, 0, 0x1000
counter: .word 0
loop:   addi  r1, r1, 1
        sw    r1, counter(r0)
        svc   3
        b     loop
handler: set  r2, 90
        lw    r3, counter(r0)
        out   r3, r0
        bge   r3, r2, end
        lw    r4, 0(r0)         # on behind the svc
        addi  r4, r4, 1
        sw    r4, 0(r0)
        lpsw  0(r0)
end:    halt
"""
IMAGE = assemble(G3, PROGRAM, "loop.s")


def machine(depth: int = 0, engine: str = DEFAULT) -> Machine:
    ports, words = Ports({0: Console()}), 4096
    made = (
        tower(G3, words, depth, ports, engine=engine) if depth else bare(G3, Storage(32, words), ports, engine=engine)
    )
    made.load(IMAGE)
    return made


def debugger(depth: int = 0, engine: str = DEFAULT) -> Debugger:
    return Debugger(Guest(machine(depth, engine), IMAGE, 100_000))


def side_by_side(engine: str = DEFAULT) -> Debugger:
    """The same program twice, under one monitor."""
    monitor = uppermost(G3, 2 * 4096, 1, engine=engine)
    for name in ("loop", "other"):
        monitor.create(4096, Ports({0: Console()}), name=name).load(IMAGE)
    course = Course(Schedule(monitor.machines))
    return Debugger(*(Guest(vm, IMAGE, 100_000, vm.name, course) for vm in monitor.machines))
