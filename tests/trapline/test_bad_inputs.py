"""Bad inputs and bad hosts: each a clear error and an exit code, never a traceback, and nothing lost."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guests.catalogue import find as guest
from trapline.cli import main

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
GARBAGE = bytes(range(256)) * 20
BLOCK = 512  # bytes of a block of g3's disk

OTHER_MACHINE = """
isa other "Another machine." {
type word = bits(16)
enum Mode : bits(1) { supervisor = 0, user = 1 }
enum Cause : bits(2) { illegal = 1 }
state storage : word[] @storage
state acc : word @general
state pc : word @pc
state mode : Mode @mode
on reset { mode <- supervisor; pc <- 0 }
on trap(cause : Cause, info : word) {
  storage[0] <- pc; storage[1] <- zext(cause); storage[2] <- info
  pc <- storage[3]; mode <- supervisor
}
step { pc <- pc + 1; execute storage[pc] else trap illegal(insn) }
operand number : bits(8) "%d"
format A(op) = op:8 n:number
instr enter "n" A(0x01) { acc <- zext(n); mode <- user }
}
"""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder full of bad files."""
    folder = tmp_path_factory.mktemp("bad")
    for suffix in (".s", ".isa", ".image", ".saved", ".disk"):
        (folder / f"empty{suffix}").touch()
        (folder / f"garbage{suffix}").write_bytes(GARBAGE + b"x")
    isa, source, hello = folder / "other.isa", folder / "other.s", folder / "hello.image"
    isa.write_text(OTHER_MACHINE)
    source.write_text("start: enter 1\n")
    (folder / "folder.s").mkdir()
    assert main(["asm", "hello", "-o", str(hello)]) == 0
    assert main(["asm", str(source), "--isa", str(isa), "-o", str(folder / "other.image")]) == 0
    (folder / "cut.image").write_bytes(hello.read_bytes()[:100])
    assert main(["run", "os", "--steps", "100", "--json", "--save", str(folder / "os.saved")]) == 1
    return folder


@pytest.fixture
def files(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the working directory."""
    folder = shutil.copytree(originals, tmp_path / "bad")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("run missing", 2, "there is no guest and no file `missing`"),
        ("run helo", 2, "did you mean hello"),
        ("run missing.s", 3, "missing.s: no such file"),
        ("run missing.image", 3, "missing.image: no such file"),
        ("run hello --isa missing.isa", 3, "missing.isa"),
        ("run hello --isa g4", 2, "`g4`"),
        ("run hello --input missing", 3, "missing"),
        ("run hello --disk missing", 3, "missing"),
        ("run --resume missing", 3, "missing"),
        ("run empty.s", 3, "empty.s is empty"),
        ("run empty.image", 3, "empty.image is empty"),
        ("run hello --isa empty.isa", 3, "empty.isa:1:1: error: the file is empty"),
        ("run hello --disk empty.disk", 3, "has 0 bytes"),
        ("run --resume empty.saved", 3, "is not a snapshot"),
        ("run garbage.s", 3, "the file is not text"),
        ("run garbage.image", 3, "garbage.image is not an image"),
        ("dis garbage.image", 3, "garbage.image is not an image"),
        ("asm garbage.s", 3, "the file is not text"),
        ("run hello --isa garbage.isa", 3, "the file is not text"),
        ("machines garbage.isa", 3, "the file is not text"),
        ("run --resume garbage.saved", 3, "is not a snapshot"),
        ("run folder.s", 3, "it is not a regular file"),
        ("run cut.image", 3, "cut.image is truncated"),
        ("run other.image", 3, "the image is for other, with words of 16 bits; g3 has 32"),
        ("run hello.image --isa other.isa", 3, "the image is for g3"),
        ("dis other.image", 3, "the image is for other"),
        ("run --resume os.saved --isa other.isa", 3, "is of g3"),
        ("run --resume os.saved --isa g3_sgdt", 3, "is of g3"),
        ("run hello --storage 8", 3, "g3 needs at least 12 words of storage"),
        ("run os --storage 200", 3, "words of storage, not 200"),
        ("run os --storage 200 --monitor trap", 3, "words of storage, not 200"),
        ("compare os --storage 200", 3, "words of storage, not 200"),
        ("run hello --storage 99999999999999", 3, "is not possible"),
        ("run hello --disk garbage.disk", 3, "has 5121 bytes, which are not whole blocks of 512 bytes"),
        ("run hello --disk folder.s", 3, "directory"),
        ("compare hello --disk garbage.disk", 3, "not whole blocks"),
        ("asm hello -o missing/hello.image", 3, "missing/hello.image"),
        ("run hello --trace missing/trace", 3, "missing/trace"),
        ("run hello --save missing/saved", 3, "missing/saved"),
        ("run hello --resume os.saved", 2, "brings its own guest"),
        ("run hello --record keys", 2, "live input"),
        ("run", 2, "what shall be run?"),
        ("run hello --isa other.isa", 3, "error: "),
        ("run other.s --isa other.isa --monitor trap", 3, "a monitor needs one"),
    ],
)
@pytest.mark.parametrize("json", [False, True])
def test_a_clear_error_and_a_code(
    command: str, code: int, message: str, json: bool, files: Path, capfd: Capture
) -> None:
    capfd.readouterr()
    before = {path.name for path in files.iterdir()}
    assert main([*command.split(), *["--json"] * json]) == code
    out, err = capfd.readouterr()
    assert message in err and "error: " in err and "Traceback" not in err
    assert out.startswith('{\n  "error"') if json else not out
    assert {path.name for path in files.iterdir()} <= before | {"hello.image"}


@pytest.mark.parametrize(
    "command",
    ["run hello --steps 0", "run hello --steps many", "run hello --monitor maybe", "run hello --monitor trap:0", "x"],
)
def test_wrong_usage(command: str, capfd: Capture) -> None:
    assert main(command.split()) == 2
    assert capfd.readouterr().err.startswith("error: trapline")


def start(*arguments: str, cwd: Path, **options: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "trapline", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=cwd, env=environment, **{**pipes, **options})  # type: ignore[call-overload,no-any-return]


WRITES_BLOCK_1000 = """
        .org 16
start:  set r1, 'w'
        set r2, 0
        out r1, r2          # to the console: on the way
        set r3, 512
        set r2, 2
        out r3, r2          # from address 512
        set r3, 1000
        set r2, 3
        out r3, r2          # to block 1000
        set r3, 2
        set r2, 4
        out r3, r2          # write
1:      in  r3, r2
        set r4, 1
        beq r3, r4, 1b      # while busy
        mov r1, r3          # the status
        halt
        .org 512
        .space 128, 0x41414141
"""


def resume(saved: Path, capfd: Capture, *options: str) -> tuple[int, str]:
    """Exit code and output of going on, in this process."""
    capfd.readouterr()
    return main(["run", "--resume", str(saved), *options]), capfd.readouterr().out


def test_a_full_disk_ends_the_run_and_the_machine_goes_on_when_there_is_room(tmp_path: Path, capfd: Capture) -> None:
    """The file system takes nothing beyond 256 KiB, and block 1000 lies there."""
    (tmp_path / "w.s").write_text(WRITES_BLOCK_1000)
    (tmp_path / "disk").write_bytes(bytes(1001 * BLOCK))

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, resource.RLIM_INFINITY))

    with start("run", "w.s", "--disk", "disk", cwd=tmp_path, preexec_fn=full) as failed:
        out, err = failed.communicate(timeout=60)
    assert (failed.returncode, out) == (3, b"w")
    assert b"cannot write block 1000" in err and b"File too large" in err and b"--resume w.saved --disk disk`" in err
    assert resume(tmp_path / "w.saved", capfd, "--disk", str(tmp_path / "disk")) == (0, "")
    assert (tmp_path / "disk").read_bytes()[1000 * BLOCK :] == b"A" * BLOCK


def test_a_disk_that_may_not_be_written(tmp_path: Path, capfd: Capture) -> None:
    """The guest sees the status for read-only, and the file is as it was."""
    (tmp_path / "w.s").write_text(WRITES_BLOCK_1000)
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1001 * BLOCK))
    assert main(["run", str(tmp_path / "w.s"), "--disk", str(disk), "--read-only"]) == 1
    assert "exit code 5" in capfd.readouterr().err
    assert disk.read_bytes() == bytes(1001 * BLOCK)


def test_a_disk_without_permission(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(BLOCK))
    opened = os.open

    def refuse(path: str, flags: int, *rest: int, **place: int | None) -> int:
        if flags & os.O_RDWR and path == str(disk):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest, **place)

    monkeypatch.setattr("isa.devices.backing.os.open", refuse)
    assert main(["run", "hello", "--disk", str(disk)]) == 3
    assert "Permission denied" in capfd.readouterr().err
    assert main(["run", "hello", "--disk", str(disk), "--read-only"]) == 0


def test_a_saved_machine_does_not_choose_our_files(tmp_path: Path, capfd: Capture) -> None:
    """Whoever made it may have written any path into it."""
    disk, saved = tmp_path / "disk", str(tmp_path / "saved")
    disk.write_bytes(bytes(4 * BLOCK))
    assert main(["run", "disk", "--disk", str(disk), "--steps", "300", "--save", saved]) == 1
    before = disk.read_bytes()
    assert main(["run", "--resume", saved]) == 2
    assert "attach it again, with `--disk FILE`" in capfd.readouterr().err
    assert disk.read_bytes() == before
    assert resume(Path(saved), capfd, "--disk", str(disk))[0] == 0
    assert disk.read_bytes() != before


def test_output_that_cannot_be_written_loses_nothing(tmp_path: Path, capfd: Capture) -> None:
    with open("/dev/full", "wb") as full, start("run", "hello", cwd=tmp_path, stdout=full) as failed:
        _, err = failed.communicate(timeout=60)
    assert failed.returncode == 3
    assert b"cannot write output" in err and b"saved in hello.saved" in err
    assert resume(tmp_path / "hello.saved", capfd) == (0, guest("hello").prints)


@pytest.mark.parametrize("option", ["--trace", "--events"])
def test_a_trace_that_cannot_be_written_loses_nothing(option: str, tmp_path: Path, capfd: Capture) -> None:
    saved = str(tmp_path / "saved")
    assert main(["run", "os", "--monitor", "trap", option, "/dev/full", "--save", saved, "--quantum", "500"]) == 3
    first, err = capfd.readouterr()
    assert "cannot write /dev/full: No space left on device" in err
    assert main(["run", "--resume", saved]) == 0
    assert first + capfd.readouterr().out == guest("os").prints


@pytest.mark.parametrize("command", [["machines", "g3", "--manual"], ["run", "os"]])
def test_a_reader_that_goes_away_is_no_error(command: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with start(*command, cwd=tmp_path, stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")
    assert not list(tmp_path.iterdir())


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full, start("machines", cwd=tmp_path, stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, b"error: no space left on device\n")


LOOPS = """
start:  set r1, '!'
        out r1, r0
        li  r1, 3000000
1:      addi r1, r1, -1
        bnez r1, 1b
        set r2, '.'
        out r2, r0
        halt
"""


@pytest.mark.parametrize("monitor", [pytest.param("none", marks=pytest.mark.nightly), "trap"])
def test_ctrl_c_keeps_the_machine(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "loop.s").write_text(LOOPS)
    with start("run", "loop.s", "--monitor", monitor, cwd=tmp_path) as process:
        assert process.stdout and process.stdout.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"interrupted after" in err and b"saved in loop.saved" in err and b"Traceback" not in err
    assert resume(tmp_path / "loop.saved", capfd, "--monitor", "trap") == (0, ".")


def test_ctrl_c_elsewhere_is_a_clean_end(tmp_path: Path) -> None:
    with start("bench", "--repeat", "1000000", cwd=tmp_path) as process:
        # Python's own handler is in place long before the benchmark could end.
        while not _started(process.pid):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"\ninterrupted\n")


def _started(pid: int) -> bool:
    """Whether the process has loaded the rich library or the guests: it is past its own start."""
    return "/guests" in Path(f"/proc/{pid}/maps").read_text() or _cpu(pid) > 0.5


def _cpu(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
