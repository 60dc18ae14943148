"""A hostile file gets an error soon, and never a traceback, whatever it is."""

import random
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.errors import Source, SourceError, TraplineError
from isa.language import Library, limits, load_file, load_text, names_in
from tests.sizes import sized

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

BASE = """isa bad {
type word = bits(16)
enum Mode : bits(1) { supervisor = 0, user = 1 }
enum Cause : bits(4) { illegal = 1, memory = 2 }
state storage : word[]  @storage
state pc      : word    @pc
state mode    : Mode    @mode
state x       : word[4] @general
view mem[a : word] : word { trap memory(a) when a >=u size(storage); return storage[a] }
on reset { mode <- supervisor }
on trap(cause : Cause, info : word) { storage[0] <- pc; storage[1] <- zext(cause); storage[2] <- info; pc <- 8 }
step { pc <- pc + 1; execute mem[pc] else trap illegal(insn) }
operand reg : bits(2) "r%d"
format F(op) = op:8 0:4 d:reg a:reg
instr move "d, a" F(1) { x[d] <- x[a] }
"""


LARGE = pytest.mark.parametrize("part", [4, pytest.param(1, marks=pytest.mark.nightly)])


def refused(items: str) -> str:
    with pytest.raises(SourceError) as caught:
        load_text(BASE + items + "\n}\n")
    return caught.value.diagnostics[0].message


def test_the_base_itself_is_good() -> None:
    assert load_text(BASE + "}").name == "bad"


def test_a_sum_of_many_terms() -> None:
    assert "nested more than 60 levels" in refused(f'instr sum "d" F(2) {{ x[d] <- {" + ".join(["x[1]"] * 5000)} }}')


def test_many_parentheses_cost_nothing() -> None:
    text = f'instr sum "d" F(2) {{ x[d] <- {"(" * 5000}x[1]{")" * 5000} }}'
    assert "sum" in load_text(BASE + text + "}").instructions


@pytest.mark.parametrize(
    "open_, close", [("-", ""), ("x[", "]"), ("if pc == 0 then 0 else ", ""), ("mem[", "]"), ("~(", ")")]
)
def test_expressions_nested_deeply(open_: str, close: str) -> None:
    text = f'instr deep "d" F(2) {{ x[d] <- {open_ * 1000}x[1]{close * 1000} }}'
    assert "nested more than 60 levels" in refused(text)


def test_expressions_as_deep_as_may_be() -> None:
    text = f'instr deep "d" F(2) {{ x[d] <- {"mem[" * 50}x[1]{"]" * 50} }}'
    instruction = load_text(BASE + text + "}").instructions["deep"]
    assert len(instruction.behaviour.traps) == 50


def test_lets_that_double() -> None:
    lets = "let v0 = x[1]; " + " ".join(f"let v{i + 1} = v{i} + v{i};" for i in range(150))
    load_text(BASE + f'instr double "d" F(2) {{ {lets} x[d] <- v150 }} }}')
    lets += " ".join(f"let v{i + 1} = v{i} + v{i};" for i in range(150, 300))
    assert "more than 200 levels deep" in refused(f'instr double "d" F(2) {{ {lets} x[d] <- v300 }}')


def test_defs_that_double_a_value() -> None:
    defs = "".join(f"def g{i + 1}(v : word) : word {{ return g{i}(g{i}(v)) }}\n" for i in range(30))
    assert "levels deep" in refused("def g0(v : word) : word { return v * v }\n" + defs)


def test_defs_that_double_what_is_done() -> None:
    defs = "def f0(v : word) { mem[v] <- v }\n"
    defs += "".join(f"def f{i + 1}(v : word) {{ f{i}(v); f{i}(v + 1) }}\n" for i in range(40))
    assert "does more than 512 things in one step" in refused(defs)


def test_a_chain_of_defs_as_long_as_the_file_admits() -> None:
    defs = "def f0(v : word) { pc <- v }\n" + "".join(f"def f{i + 1}(v : word) {{ f{i}(v) }}\n" for i in range(1500))
    isa = load_text(BASE + defs + 'instr far "a" F(2) { f1500(x[a]) } }')
    assert len(isa.instructions["far"].behaviour.effects) == 1


def test_a_ring_of_defs() -> None:
    defs = "".join(f"def f{i}(v : word) {{ f{(i + 1) % 1000}(v) }}\n" for i in range(1000))
    assert "uses itself" in refused(defs)


@LARGE
def test_inlining_has_a_budget_for_the_whole_file(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INLINED_NODES", limits.INLINED_NODES // part)
    body = "; ".join(f"x[{i % 4}] <- ({' ^ '.join(f'(v * {j})' for j in range(2 * i, 2 * i + 20))})" for i in range(60))
    defs = f"def big(v : word) {{ {body} }}\n"
    calls = "".join(f'instr c{i} "d, a" F({i + 2}) {{ big(x[a] + {i}); x[d] <- 0 }}\n' for i in range(200))
    assert "operations in all" in refused(defs + calls)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("state y : bits(99999999999999999999) @general", "needs more than 64 bits"),
        (f"state y : bits({'9' * 5000}) @general", "a number has at most 40 characters"),
        ("state y : word[4294967296] @general", "too large"),
        (f"state {'y' * 5000} : word @general", "a name has at most 64 characters"),
        ("state y : channel(word)[65536] @channel", "too large"),
        ("".join(f"state y{i} : word[65536] @general\n" for i in range(5)), "too large"),
        ("".join(f"state y{i} : word @general\n" for i in range(300)), "at most 256 states"),
        ("".join(f"def f{i}() {{ pc <- 0 }}\n" for i in range(3000)), "at most 2048 items"),
        (f'instr many "d" F(2) {{ {"x[d] <- 0;" * 600} }}', "at most 512 statements"),
        ("enum E : bits(16) { " + ", ".join(f"m{i} = {i}" for i in range(1025)) + " }", "at most 1024 members"),
        ('pseudo p "d" => ' + "; ".join(['move "d, d"'] * 17), "more than 16 words"),
    ],
)
def test_a_limit(items: str, said: str) -> None:
    assert said in refused(items)


def test_too_many_instructions() -> None:
    wide = BASE.replace("F(op) = op:8 0:4", "F(op) = op:12")
    text = wide + "".join(f'instr i{i} "d, a" F({i + 2}) {{ x[d] <- x[a] }}\n' for i in range(1100)) + "}"
    with pytest.raises(SourceError, match="at most 1024 instructions"):
        load_text(text)


def test_too_many_machines() -> None:
    with pytest.raises(SourceError, match="at most 512 machines"):
        load_text("".join(f"variant v{i} of bad {{ }}\n" for i in range(600)))


def test_a_long_chain_of_variants() -> None:
    text = BASE + "}\nvariant v0 of bad { }\n" + "".join(f"variant v{i + 1} of v{i} {{ }}\n" for i in range(100))
    assert load_text(text, "v15").parent == "v14"
    with pytest.raises(SourceError, match="more than 16 variants build on one another"):
        load_text(text, "v100")


@pytest.mark.parametrize("text", ["", "   \n\t", "# only a comment"])
def test_an_empty_file(text: str) -> None:
    with pytest.raises(SourceError, match=r"the file is empty|describes no machine"):
        load_text(text)


@pytest.mark.parametrize("data", [b"\0" * 100, bytes(range(256)), b"\xff\xfe\x00i\x00s\x00a", b"\x7fELF\x02\x01\x01\0"])
def test_a_file_that_is_not_text(data: bytes, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "binary.isa"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="not text"):
        load_file(str(path))


def test_a_folder(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TraplineError, match="cannot read"):
        load_file(str(tmp_path))


def test_a_huge_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "huge.isa"
    path.write_text("x" * (limits.FILE_CHARACTERS * 8))
    with pytest.raises(SourceError, match=f"more than {limits.FILE_CHARACTERS} characters"):
        load_file(str(path))


@LARGE
def test_a_large_file_within_the_limit_is_refused_in_time(part: int) -> None:
    line = "def f(v : word) { pc <- v + v * v ^ v & v | v - v when v == v }\n"
    said = refused(line * ((limits.FILE_CHARACTERS // part - len(BASE) - 10) // len(line)))
    assert said in ("a machine has at most 2048 items", "`f` is declared twice")


def test_windows_line_ends_and_a_byte_order_mark(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "windows.isa"
    path.write_bytes(b"\xef\xbb\xbf" + (BASE + "}\n").replace("\n", "\r\n").encode())
    assert load_file(str(path)).name == "bad"


def test_many_errors_over_many_lines() -> None:
    items = "".join(f"def f{i}(v : word)\n{{\n  pc <- v +\n    nothing\n}}\n" for i in range(sized(600, 2000)))
    with pytest.raises(SourceError) as caught:
        load_text(BASE + items + "}")
    assert len(caught.value.diagnostics) == limits.DIAGNOSTICS


def test_no_text_of_the_file_is_run() -> None:
    said = refused('instr evil "d" F(2) { x[d] <- __import__(os) }')
    assert said == "no def or view is called `__import__`"


def test_headers_are_found_in_any_text() -> None:
    assert names_in(BASE) == [("bad", None, "")]
    assert names_in('variant v of bad "A doc." { }') == [("v", "bad", "A doc.")]
    assert names_in("isa " * 10000 + '"' * 10000) == []


GOOD = files("isa").joinpath("machines").joinpath("g3.isa").read_text("utf-8")
WORDS = """
    { } ( ) [ ] ; : , = <- => + - <u >>s ++ && ! ~ # . 0 1 65 0xffffffffffffffff x pc d psw mode user mem storage
    size(storage) recv send port unknown insn zext sext if then else when let trap return execute state instr def
    view format operand pseudo variant add delete on step true @pc @mode bits(8) word Mode Cause privileged() x[1]
    mem[1] é
"""
PIECES = [*WORDS.split(), '"', "\x00", "\n", "instr add"]


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_mutated_machine_is_loaded_or_refused(seed: int, mutations: int) -> None:
    """Replace, drop, double or swap tokens of a good file: what comes out is a machine or a TraplineError."""
    draw = random.Random(seed)
    tokens = re.findall(r'"[^"\n]*"|\w+|\s+|[^\w\s]', GOOD)
    for _ in range(mutations):
        at = draw.randrange(len(tokens))
        match draw.randrange(4):
            case 0:
                tokens[at] = draw.choice(PIECES)
            case 1:
                del tokens[at]
            case 2:
                tokens.insert(at, tokens[draw.randrange(len(tokens))])
            case _:
                other = draw.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
    try:
        library = Library.of(Source("mutated.isa", "".join(tokens)))
        for name in library.declarations:
            library.load(name)
    except TraplineError as error:
        assert error.render()


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(TraplineError) as caught:
        load_text(text)
    assert caught.value.render()
