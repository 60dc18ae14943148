"""The kernel with containers: numbers, files, console and limits are each container's own."""

import pytest

from guests.contained import Container, Layer, Limits, place
from isa.devices import BLOCK, Disk, MemoryBacking, Ports, Script, standard
from isa.errors import UsageError
from isa.machine import Reason
from proofs.runs.compare import Setup, compare
from tests.containers.kernel import G3, Containers, kernel, program, shipped

pytestmark = pytest.mark.long

VISITS: Layer = {"visits.bin": shipped("visits.s"), "motd": b"from below\n"}
OWN: Layer = {"motd": b"from above\n"}


def ended(*containers: Container, **more: int) -> Containers:
    """These containers, when all of them have ended."""
    found = Containers(containers, kernel(**more))
    assert found.run().reason is Reason.HALT
    assert found.output.endswith("[all processes have ended]\n")
    return found


def run(text: str, layer: Layer = {}, limits: Limits = Limits(), *others: Container) -> Containers:  # noqa: B006, B008
    """A container `a` with this program."""
    return ended(Container("a", ({"a.bin": program(text), **layer},), "a.bin", limits), *others)


def test_a_container_has_numbers_files_and_lines_of_its_own() -> None:
    found = ended(
        Container("web", (VISITS,), "visits.bin", Limits(processes=2)),
        Container("mail", (VISITS, OWN), "visits.bin", Limits(processes=1)),
    )
    visits = [line for n in range(1, 6) for line in ("from below", f"process {2 - n % 2}, visit {n}")]
    assert found.own("web") == visits
    assert found.own("mail") == ["from above", "process 1, visit 1", "there are as many processes as there may be"]
    assert found.output.count("[web.2 ends with 0]") == 2 and "mail.2" not in found.output


def test_a_layer_is_on_the_disk_once() -> None:
    def size(count: int) -> int:
        disk = Containers([Container(f"c{n}", (VISITS,), "visits.bin") for n in range(count)]).machine.ports.find(Disk)
        assert disk is not None
        return disk.backing.size // 512

    limits = Limits()
    assert size(9) - size(1) == 8 * limits.blocks + 4  # two descriptors in a block


FILES = """
start:  la   r1, name
        set  r2, 1
        svc  {call}
        mov  r8, r1
        set  r3, 512
        set  r2, {block}
        set  r4, {length}
        svc  {then}
        begin
        sub  r1, r0, r1
        number
        line
        leave 0
name:   .ascii "{name}"
"""


@pytest.mark.parametrize(
    ("call", "then", "name", "block", "length", "answer"),
    [
        ("OPEN", "GET", "x", 0, 0, 0),
        ("OPEN", "GET", "x", 1, 0, 0),  # the second block of 600 characters
        ("OPEN", "GET", "x", 2, 0, 1),
        ("OPEN", "GET", "x", -1, 0, 1),
        ("OPEN", "GET", "y", 0, 0, 1),  # there is none
        ("OPEN", "PUT", "x", 0, 9, 1),  # of a layer
        ("CHANGE", "PUT", "x", 0, 9, 0),
        ("CHANGE", "PUT", "x", 0, 513, 1),  # a length beyond the block
        ("CHANGE", "PUT", "x", 1, 512, 1),  # or before it
        ("CHANGE", "PUT", "y", 3, 1537, 0),
        ("CHANGE", "GET", "y", 0, 0, 1),  # nothing was written yet
        ("CHANGE", "PUT", "y", 16, 8193, 1),
        ("CHANGE", "PUT", "y", -1, 1, 1),
        ("CHANGE", "GET", "z", 0, 0, 1),  # too large to be changed, and so refused by CHANGE
    ],
)
def test_a_file_has_its_blocks_and_no_more(
    call: str, then: str, name: str, block: int, length: int, answer: int
) -> None:
    text = FILES.format(call=call, then=then, name=name, block=block, length=length)
    assert run(text, {"x": b"x" * 600, "z": bytes(16 * 512 + 1)}).own("a") == [str(answer)]


HIDDEN = """
        .macro ask call
        la   r1, name
        set  r2, 1
        svc  \\call
        slti r1, r1, 0
        number
.endm
start:  begin
        ask  OPEN
        ask  REMOVE
        ask  REMOVE
        ask  OPEN
        ask  CHANGE
        la   r1, name
        set  r2, 1
        svc  OPEN
        svc  LENGTH
        number
        ask  REMOVE
        ask  OPEN
        line
        leave 0
name:   .ascii "x"
"""


def test_what_is_removed_hides_what_the_layers_have() -> None:
    """Found, removed, not removed again, not found; anew and empty; removed, and still not found."""
    assert run(HIDDEN, {"x": b"text"}).own("a") == ["00110001"]
    program_of = {"a.bin": program(HIDDEN), "x": b"text"}
    hidden = ended(Container("a", (program_of, {"x": None}), "a.bin"))
    assert hidden.own("a") == ["11110001"]


FILL = """
start:  set  r8, 0
1:      la   r1, name
        set  r2, 'a'
        add  r2, r2, r8
        sw   r2, 0(r1)
        set  r2, 1
        svc  CHANGE
        bltz r1, 2f
        set  r2, 0
        set  r3, 512
        set  r4, 1
        svc  PUT
        bnez r1, 2f
        addi r8, r8, 1
        b    1b
2:      la   r1, name
        set  r2, 'a'
        sw   r2, 0(r1)
        set  r2, 1
        svc  {call}
        begin
        mov  r1, r8
        number
        line
        la   r1, name
        set  r2, 'z'
        sw   r2, 0(r1)
        set  r2, 1
        svc  CHANGE
        set  r2, 0
        set  r3, 512
        set  r4, 1
        svc  PUT
        begin
        addi r1, r1, 1
        number
        line
        leave 0
name:   .word 0
"""


@pytest.mark.parametrize(("limits", "most"), [(Limits(files=3), 3), (Limits(blocks=2), 2), (Limits(blocks=0), 0)])
def test_no_more_is_written_than_the_limits_allow(limits: Limits, most: int) -> None:
    """And what was removed can be written again."""
    assert run(FILL.format(call="REMOVE"), {}, limits).own("a") == [str(most), "1" if most else "0"]
    assert run(FILL.format(call="OPEN"), {}, limits).own("a") == [str(most), "0"]


def test_a_container_that_has_had_its_steps_ends_with_all_its_processes() -> None:
    forever = Container("busy", ({"x": program("start: b start\n")},), "x", Limits(steps=20_000))
    asking = Container("asks", ({"x": program("start: svc TIME\n b start\n")},), "x", Limits(steps=20_000))
    found = run('start: set r1, 40\n svc SLEEP\n say "awake"\n leave 0\n', {}, Limits(), forever, asking)
    assert "[busy has had its steps]" in found.output and "[asks has had its steps]" in found.output
    assert found.own("a") == ["awake"]


def check_charges() -> None:
    """What a container is charged is what its processes did, to the step, and a price for each trap."""
    found = Containers(
        [Container("web", (VISITS,), "visits.bin"), Container("busy", ({"x": program(COUNTS)},), "x")],
    )
    machine, at = found.machine, found.image.symbols
    machine.break_places = {at["left"]}
    expected: dict[int, int] = {}
    while machine.run(1_000_000).reason is Reason.BREAKPOINT:
        container = machine.storage.load(machine.storage.load(at["current"]) + at["P_CONTAINER"])
        before = machine.steps
        trap = machine.run_to_trap(1_000_000).trap
        assert trap is not None
        own = machine.steps - before - 1  # without the lpsw
        expected[container] = expected.get(container, 0) + max(own, 0) + at["PRICE"]
        if trap.cause == 4:
            registers = machine.state["x"]
            assert isinstance(registers, list)
            files = 16 * (16 + 2 if machine.storage.load(container) == int.from_bytes(b"web\0", "little") else 16 + 1)
            by_name = trap.info in (at["OPEN"], at["CHANGE"], at["START"])
            expected[container] += files * by_name + 32 * registers[2] * (trap.info == at["WRITE"])
        machine.enter(trap)
    assert len(expected) == 2
    assert {c: machine.storage.load(c + at["C_USED"]) for c in expected} == expected


COUNTS = "start: set r8, 1000\n1: addi r8, r8, -1\n bnez r8, 1b\n svc YIELD\n svc TIME\n leave 0\n"


def test_a_container_is_charged_to_the_step() -> None:
    check_charges()


NUMBERS = """
start:  svc  SELF
        addi r1, r1, -1
        bnez r1, second
        la   r1, name
        set  r2, 5
        svc  START
        begin
        number
        set  r1, {victim}
        svc  KILL
        addi r1, r1, 1
        number
        line
        leave 0
second: svc  READ
        b    second
name:   .ascii "a.bin"
"""


@pytest.mark.parametrize(("victim", "killed"), [(2, 1), (3, 0), (4, 0), (0, 0), (-1, 0)])
def test_a_process_starts_and_kills_others_of_its_container_only(victim: int, killed: int) -> None:
    other = Container("b", ({"x": program(COUNTS)},), "x")
    found = Containers(
        [Container("a", ({"a.bin": program(NUMBERS.format(victim=victim))},), "a.bin", Limits(processes=3)), other]
    )
    found.run(200_000)
    assert found.own("a") == [f"2{killed}"] and "[b.1 ends with 0]" in found.output


@pytest.mark.parametrize("call", ["BLOCK_READ", "BLOCK_WRITE", "MACHINE", "RUN"])
def test_raw_blocks_and_machines_are_refused(call: str) -> None:
    text = f"start: set r1, 0\n set r2, 512\n svc {call}\n begin\n addi r1, r1, 1\n number\n line\n leave 0\n"
    assert run(text).own("a") == ["0"]


READS = """
start:  set  r1, 512
        set  r2, 80
        svc  READ
        begin
        number
        line
        leave 0
"""


def test_one_container_has_what_is_typed() -> None:
    layers: tuple[Layer, ...] = ({"x": program(READS)},)
    both = [Container("a", layers, "x"), Container("b", layers, "x", console=True)]
    found = Containers(both, input=Script(b"typed\n"))
    assert found.run().reason is Reason.HALT
    assert (found.own("a"), found.own("b")) == (["0"], ["6"])


PRINTS = """
start:  set  r8, 130
1:      la   r1, text
        set  r2, 1
        svc  WRITE
        addi r8, r8, -1
        bnez r8, 1b
        la   r1, text
        set  r2, 9
        svc  WRITE
        leave 0
text:   .ascii "x\\rb| \\e[2\\x7f"
"""


def test_lines_are_whole_and_nobody_prints_one_that_looks_like_anothers() -> None:
    """Those that are too long are broken."""
    layers: tuple[Layer, ...] = ({"x": program(PRINTS)},)
    found = ended(Container("a", layers, "x"), Container("b", layers, "x"))
    assert found.own("a") == found.own("b") == ["x" * 120, "x" * 11 + "?b| ?[2?"]


@pytest.mark.parametrize("containers", [(VISITS,), pytest.param((VISITS, OWN), marks=pytest.mark.nightly)])
def test_a_kernel_that_knows_that_it_is_virtual_does_the_same(containers: tuple[Layer, ...]) -> None:
    """The lines come in another order, and that is all."""
    both = [Container(name, containers, "visits.bin", Limits(processes=2)) for name in ("web", "mail")]
    plain, ringed = ended(*both), ended(*both, PARAVIRTUAL=1)
    assert sorted(plain.output.splitlines()) == sorted(ringed.output.splitlines())


@pytest.mark.nightly
@pytest.mark.parametrize("depth", [1, 2])
def test_a_kernel_with_containers_is_as_on_the_bare_machine(depth: int) -> None:
    found = Containers(
        [Container("web", (VISITS,), "visits.bin", Limits(processes=2)), Container("b", (VISITS,), "motd")]
    )

    def ports() -> Ports:
        disk = Disk(MemoryBacking(place(found.containers)), G3.word)
        return standard(G3, input=Script(), disk=disk)

    words = found.machine.storage.size
    assert compare(Setup(G3, found.image, words, ports, depth), 200_000).equivalent


@pytest.mark.nightly
def test_every_engine_has_the_same_containers() -> None:
    both = [Container(name, (VISITS,), "visits.bin", Limits(processes=2)) for name in ("web", "mail")]
    ends = []
    for engine in ("reference", "native", "auto"):
        found = Containers(both, kernel(), engine=engine)
        found.run()
        machine = found.machine
        ends.append((machine.steps, found.output, machine.storage.read(0, machine.storage.size)))
    assert ends[0] == ends[1] == ends[2]


def test_what_does_not_fit_cannot_begin_and_the_others_do() -> None:
    large = Container("large", (VISITS,), "visits.bin", Limits(window=100_000))
    small = Container("small", (VISITS,), "visits.bin")
    found = Containers([large, small], words=8192)
    assert found.run().reason is Reason.HALT
    assert "[large cannot begin]" in found.output and found.own("small")
    crowd = Containers([Container(f"c{n}", (VISITS,), "visits.bin", Limits(processes=9)) for n in range(2)])
    crowd.run()
    assert "[c1 cannot begin]" in crowd.output and crowd.own("c0")


@pytest.mark.parametrize(
    ("container", "says"),
    [
        (Container("a" * 13, (VISITS,), "motd"), "1 to 12 letters"),
        (Container("a", (VISITS,), "nothing"), "no file `nothing`"),
        (Container("a", (VISITS, {"visits.bin": None}), "visits.bin"), "no file"),
        (Container("a", (VISITS,) * 9, "motd"), "9 layers"),
        (Container("a", ({"n" * 49: b""},), "n"), "1 to 48 characters"),
        (Container("a", (VISITS,), "motd", Limits(processes=0)), "`processes` is from 1"),
        (Container("a", (VISITS,), "motd", Limits(blocks=33)), "`blocks` is from 0 to 32"),
        (Container("a", ({"p": bytes(512 * 8)},), "p", Limits(window=8 * BLOCK)), "needs 1056 words"),
    ],
)
def test_what_the_kernel_would_refuse_is_told(container: Container, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Containers([container])
