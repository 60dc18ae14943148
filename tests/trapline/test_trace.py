"""`run --trace` and `trace`: text and binary say the same, what is asked for is what is there, faults have a place."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random
from struct import pack
from typing import Any
from zlib import crc32

import pytest

from guests.catalogue import find as guest
from isa.engines.native import rendering
from isa.engines.native.rendering import NativeText
from isa.machine import trace_format
from isa.machine.records import RECORD, Kind
from isa.machine.trace import lines_of
from isa.machine.trace_format import Blocks, TraceError, TraceFile, opening
from isa.machine.wording import Text, wording_of
from isa.machines.catalogue import find
from tests.guests.boot import image_of
from tests.planting import Bugs, Planted, must_catch
from trapline.cli import main
from trapline.tracing.choice import Choice

Capture = pytest.CaptureFixture[str]
BUGS = Bugs()
G3 = find("g3")
STACK = next(
    at for at, name in image_of(guest("os"), G3).labels.items() if name == "stack"
)  # what the first instruction of `os` loads


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the trace of `os` as text and binary, with and without registers."""
    folder = tmp_path_factory.mktemp("traces")
    for name, options in (("plain", []), ("full", ["--with", "registers"])):
        for end in ("txt", "bin"):
            main(["run", "os", "--steps", "3000", "--trace", str(folder / f"{name}.{end}"), *options])
    return folder


def read(capfd: Capture, *arguments: object) -> str:
    """What the command prints."""
    capfd.readouterr()
    assert main(["trace", *map(str, arguments)]) == 0
    return capfd.readouterr().out


def failure(capfd: Capture, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    capfd.readouterr()
    code = main([str(argument) for argument in arguments])
    return code, *capfd.readouterr()


@pytest.mark.parametrize(("name", "options"), [("plain", []), ("full", ["--with", "registers"])])
def test_a_binary_trace_reads_as_the_text(name: str, options: list[str], traces: Path, capfd: Capture) -> None:
    assert read(capfd, traces / f"{name}.bin", *options) == (traces / f"{name}.txt").read_text()


def test_registers_stand_behind_the_step_that_changed_them(traces: Path, capfd: Capture) -> None:
    lines = (traces / "full.txt").read_text().splitlines()
    assert lines[0] == f"0 00000010 {0x11E00000 + STACK:x} x[14]={STACK:x}"
    assert [line.split(" x[")[0].split(" psw=")[0] for line in lines[:10]] == (
        (traces / "plain.txt").read_text().splitlines()[:10]
    )
    assert read(capfd, traces / "full.bin") == (traces / "plain.txt").read_text()


CHOICES = [
    (["--from", "100", "--to", "120"], lambda step, pc, line: 100 <= step <= 120),
    (["--from", "2500"], lambda step, pc, line: step >= 2500),
    (["--pc", "0x4b"], lambda step, pc, line: pc == 0x4B),
    (["--pc", "0x40:0x50", "--pc", "0"], lambda step, pc, line: 0x40 <= pc <= 0x50 or pc == 0),
    (["--traps-only"], lambda step, pc, line: " trap " in line),
    (
        ["--traps-only", "--to", "1000", "--pc", "0:5"],
        lambda step, pc, line: " trap " in line and step <= 1000 and pc <= 5,
    ),
]


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: " ".join(choice[0]))
@pytest.mark.parametrize("how", ["text", "binary", "reading", "monitored"])
def test_what_is_chosen(how: str, choice: Any, traces: Path, tmp_path: Path, capfd: Capture) -> None:
    """The same whether it is chosen when the trace is written, or when it is read."""
    options, wanted = choice
    lines = (traces / "plain.txt").read_text().splitlines(keepends=True)
    expected = "".join(line for line in lines if wanted(int(line.split()[0]), int(line.split()[1], 16), line))
    assert expected
    if how == "reading":
        assert read(capfd, traces / "plain.bin", *options) == expected
        return
    path = tmp_path / ("trace.bin" if how == "binary" else "trace")
    monitor = ["--monitor", "trap:2"] if how == "monitored" else []
    main(["run", "os", "--steps", "3000", "--trace", str(path), *options, *monitor])
    assert (read(capfd, path) if how == "binary" else path.read_text()) == expected


def test_labels_stand_for_a_pc(traces: Path, capfd: Capture) -> None:
    by_name = read(capfd, traces / "plain.bin", "--pc", "start")
    assert by_name == read(capfd, traces / "plain.bin", "--pc", "0x10") != ""
    code, _, err = failure(capfd, "trace", traces / "plain.bin", "--pc", "strat")
    assert (code, err) == (
        2,
        "error: there is no label `strat` in this guest\nhelp: did you mean start or trap or stack?\n",
    )


def test_mnemonics_and_source_lines(tmp_path: Path, traces: Path, capfd: Capture) -> None:
    """A relocated program has the lines of where it lies, not of its pc."""
    path = tmp_path / "trace"
    main(["run", "os", "--steps", "3000", "--trace", str(path), "--with", "mnemonic,source"])
    lines = path.read_text()
    assert lines == read(capfd, traces / "plain.bin", "--with", "mnemonic,source")
    assert lines.splitlines()[0].startswith(f"0 00000010 {0x11E00000 + STACK:x} [addi sp, r0, {STACK}] [os.s:")
    assert any(" 00000000 " in line and "[os/echo.s:2: echo:" in line for line in lines.splitlines())


def test_json_is_one_object(traces: Path, capfd: Capture) -> None:
    found = json.loads(read(capfd, traces / "full.bin", "--json", "--with", "registers,mnemonic,source"))
    assert (found["machine"], found["guest"], found["depth"], found["of"]) == ("g3", "os", 0, 0)
    lines, text = found["lines"], (traces / "full.txt").read_text().splitlines()
    assert [line["step"] for line in lines] == [int(line.split()[0]) for line in text]
    traps = [line for line in lines if "trap" in line]
    assert len(traps) == sum(" trap " in line for line in text) and traps[0]["trap"]["cause"] in G3.cause.members
    sent = next(line for line in lines if "sent" in line)
    assert sent["sent"][0].keys() == {"port", "word"} and sent["mnemonic"].startswith("out")
    assert any(line["place"] != line["pc"] and "os/" in line["source"] for line in lines)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_any_machine_of_a_tower_can_be_traced(level: int, tmp_path: Path, capfd: Capture) -> None:
    """The guest's own has all steps; the real one those that run directly, and no traps."""
    path = tmp_path / "trace"
    main(["run", "hello", "--monitor", "trap:2", "--trace", str(path), "--of", str(level)])
    lines = path.read_text().splitlines()
    assert capfd.readouterr().out == guest("hello").prints
    main(["run", "hello", "--trace", str(path)])
    whole = path.read_text().splitlines()
    assert lines == whole if level == 2 else len(lines) < len(whole) and {*map(word, lines)} <= {*map(word, whole)}


def word(line: str) -> str:
    return line.split()[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "3"], "`--from` says what to trace"),
        (["--to", "3"], "`--to` says what to trace"),
        (["--pc", "3"], "`--pc` says what to trace"),
        (["--traps-only"], "`--traps-only` says what to trace"),
        (["--with", "source"], "`--with` says what to trace"),
        (["--of", "0"], "`--of` says what to trace"),
        (["--trace", "t", "--of", "1"], "there is no machine 1 in this run"),
        (["--trace", "t", "--from", "3", "--to", "2"], "no step is from 3 to 2"),
        (["--trace", "t", "--pc", "5:4"], "no pc is in `5:4`"),
        (["--trace", "t.bin", "--with", "mnemonic"], "a binary trace needs no notes"),
    ],
)
def test_what_has_no_meaning_is_refused(options: list[str], message: str, tmp_path: Path, capfd: Capture) -> None:
    """Before anything runs."""
    named = [str(tmp_path / option) if option in ("t", "t.bin") else option for option in options]
    code, out, err = failure(capfd, "run", "hello", *named)
    assert (code, out) == (2, "") and message in err and "\nhelp: " in err
    assert not list(tmp_path.iterdir())


def test_notes_are_named(capfd: Capture) -> None:
    code, _, err = failure(capfd, "run", "hello", "--trace", "-", "--with", "sauce")
    assert code == 2 and "`sauce` is not one of `mnemonic`, `source`, `registers`" in err


def test_registers_that_were_not_recorded_cannot_be_shown(traces: Path, capfd: Capture) -> None:
    code, _, err = failure(capfd, "trace", traces / "plain.bin", "--with", "registers")
    assert code == 2 and "recorded without registers" in err


def test_mnemonics_of_another_description_are_refused(traces: Path, tmp_path: Path, capfd: Capture) -> None:
    code, _, err = failure(capfd, "trace", traces / "plain.bin", "--with", "mnemonic", "--isa", "g3_sgdt")
    assert code == 3 and "the trace is of another g3" in err


# ---- files that are damaged


def test_a_file_that_breaks_off_anywhere_says_where(traces: Path, tmp_path: Path, capfd: Capture) -> None:
    """And what stands before is shown."""
    whole, path, random = (traces / "plain.bin").read_bytes(), tmp_path / "cut.bin", Random(0)
    text = (traces / "plain.txt").read_text()
    sizes = [0, 1, 8, 15, 16, 17, len(whole) // 2, *(random.randrange(len(whole)) for _ in range(20))]
    for size in (*sizes, len(whole) - 16, len(whole) - 1):
        path.write_bytes(whole[:size])
        code, out, err = failure(capfd, "trace", path)
        assert code == 3 and f"is truncated at byte {size}, in what begins at byte" in err
        assert text.startswith(out)
    assert out == text


def test_a_byte_that_changed_anywhere_is_noticed(traces: Path, tmp_path: Path, capfd: Capture) -> None:
    whole, path, random = (traces / "plain.bin").read_bytes(), tmp_path / "hurt.bin", Random(0)
    for at in (0, 8, 12, 13, 20, len(whole) - 1, len(whole) - 12, *(random.randrange(len(whole)) for _ in range(20))):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << random.randrange(8)]) + whole[at + 1 :])
        code, _, err = failure(capfd, "trace", path)
        assert code == 3 and "\nhelp: " in err


def test_json_says_what_is_wrong_too(traces: Path, tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "cut.bin"
    path.write_bytes((traces / "plain.bin").read_bytes()[:-4])
    code, out, _ = failure(capfd, "trace", path, "--json")
    found = json.loads(out)
    assert code == found["error"]["exit_code"] == 3 and len(found["lines"]) > 1000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello, this is no trace at all", "is not a trace"),
        (b"TRAPTRAC" + pack("<II", 9, 4) + b"{}", "has version 9, not 1"),
        (b"TRAPTRAC" + pack("<II", 1, 1 << 30), "its header is said to have 1073741824 bytes"),
        (b"TRAPTRAC" + pack("<II", 1, 2) + b"[]" + pack("<I", crc32(b"[]")), "its header cannot be read"),
        (opening({})[0] + Blocks(opening({})[1]).end(), "its header is not one"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str, tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(data)
    code, out, err = failure(capfd, "trace", path)
    assert (code, out) == (3, "") and message in err


def test_a_missing_file_is_named(capfd: Capture) -> None:
    code, _, err = failure(capfd, "trace", "missing.bin")
    assert (code, err) == (3, "error: missing.bin: no such file or directory\n")


# ---- the file, and text in bulk


def block(*records: tuple[int, Kind, int, int]) -> bytes:
    return b"".join(RECORD.pack(*record) for record in records)


ANY = [block((7, Kind.STEP, 1, 2), (8, Kind.STEP, 2, 3), (8, Kind.SEND, 0, 65)), block((9, Kind.UNFETCHED, 3, 0))]


def no_block_is_lost_or_changes_its_place() -> None:
    first, check = opening({"any": 1})
    blocks = Blocks(check)
    one, two = (blocks.before(records) + records for records in ANY)
    end = blocks.end()
    for order in ((one, two), (two,), (one,), (two, one), (one, one, two)):
        file = TraceFile(BytesIO(b"".join([first, *order, end])), "some.bin")
        if order == (one, two):
            assert list(file.blocks()) == ANY
        else:
            with suppress(TraceError):
                assert list(file.blocks()) is None


def kinds_are_known() -> None:
    """Right checksums do not make records right."""
    for records in (block((0, Kind.SEND, 0, 0)), block((0, Kind.STEP, 0, 0))[:8] + bytes([99]) + bytes(16)):
        first, check = opening({})
        blocks = Blocks(check)
        file = TraceFile(BytesIO(first + blocks.before(records) + records + blocks.end()), "some.bin")
        with suppress(TraceError):
            assert list(file.blocks()) is None


@pytest.mark.parametrize("check", [no_block_is_lost_or_changes_its_place, kinds_are_known])
def test_blocks_are_checked(check: Any) -> None:
    check()


@BUGS.caught_by(no_block_is_lost_or_changes_its_place)
def blocks_are_checked_each_for_itself(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trace_format, "crc32", lambda data, before=0: crc32(data))


@BUGS.caught_by(kinds_are_known)
def records_are_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(trace_format, "_KINDS", frozenset(range(256)))
    patch.setattr(trace_format, "BEGINS", range(256))


@pytest.mark.parametrize("kind", [Text, NativeText])
def test_text_in_bulk_is_that_of_each_line(kind: type[Text]) -> None:
    records = block(
        (0, Kind.STEP, 16, 0x11E003E1),
        (5, Kind.MOVED, 2, 1 << 32 - 1),
        (5, Kind.PLACE, 700, 0),
        (5, Kind.TRAP, 0, 3),
        (5, Kind.CHANGED, 1, 9),
        (6, Kind.UNFETCHED, 1 << 31, 0),
        (6, Kind.TRAP, 99, 1 << 31),
        (12345678901234567890, Kind.STEP, 3, 0),
        (12345678901234567890, Kind.SEND, 1, 10),
        (12345678901234567890, Kind.RECV, 2, 11),
    )
    each = [line.text(G3) for line in lines_of(records)]
    assert kind(wording_of(G3)).of(records).decode() == "".join(f"{line}\n" for line in each)
    assert each[0] == "0 00000010 11e003e1" and each[2] == "6 80000000 - trap 99 80000000"
    assert each[3] == "12345678901234567890 00000003 00000000 send 1 a recv 2 b"
    assert kind(wording_of(G3)).of(Choice(first=6, stop=7).kept(records)).decode() == f"{each[2]}\n"
    assert not kind(wording_of(G3)).of(b"")


def native_text_is_the_same() -> None:
    """Of any records, however many different ones there are, and wherever it has to begin anew."""
    random, wording = Random(0), replace(wording_of(G3), source=lambda place: "here" * (place % 400))
    quick, slow = NativeText(wording), Text(wording)
    for count in (1, 2, 50, 3000, 3000):
        records = [(0, Kind.STEP, 0, 0)]
        for _ in range(count):
            first = random.choice((random.randrange(8), random.getrandbits(64)))
            step = random.choice((records[-1][0] + 1, random.getrandbits(random.randrange(1, 65)))) % (1 << 64)
            records.append((step, random.choice(list(Kind)), first, random.randrange(900)))
        for whole in (block(*records), memoryview(bytearray(block(*records)))):
            assert quick.of(whole) == slow.of(whole)


def test_native_text_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, less in (("OUT", 1 << 14), ("ARENA", 1 << 15)):
        native_text_is_the_same()
        monkeypatch.setattr(rendering, name, less)
    native_text_is_the_same()


@BUGS.caught_by(native_text_is_the_same)
def the_kind_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    changed = rendering.RENDER.replace("%d.1 = xor i64 %s.tag, %tag", "%d.1 = add i64 0, 0")
    patch.setattr(rendering, "RENDER", changed.replace("%m.4 = add i64 %m.3, %kind", "%m.4 = add i64 %m.3, 0"))
    rendering._code.cache_clear()


@BUGS.caught_by(native_text_is_the_same)
def a_digit_of_a_value_is_lost(patch: pytest.MonkeyPatch) -> None:
    changed = rendering.RENDER.replace("%shift.1 = add i64 %shift.0, 3", "%shift.1 = add i64 %shift.0, 0")
    patch.setattr(rendering, "RENDER", changed)
    rendering._code.cache_clear()


@BUGS.caught_by(native_text_is_the_same)
def a_text_overwrites_the_step(patch: pytest.MonkeyPatch) -> None:
    changed = rendering.RENDER.replace("= add i64 %out.words, %length", "= add i64 %out, %length")
    patch.setattr(rendering, "RENDER", changed)
    rendering._code.cache_clear()


@pytest.fixture(autouse=True)
def fresh_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Native code with a bug is kept nowhere."""
    yield
    monkeypatch.undo()
    rendering._code.cache_clear()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAPLINE_CACHE", "off")
    must_catch(bug, monkeypatch, (AssertionError,))
