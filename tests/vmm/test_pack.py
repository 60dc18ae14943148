"""The disk that the monitor in assembly boots from: what is packed is read back, and what is wrong is told, by `vmm
list` and by the monitor itself."""

import json
from collections.abc import Callable
from pathlib import Path
from struct import pack_into, unpack_from

import pytest

from guests.pack import BYTES, HEAD, Tenant, checksum, pack, unpack
from isa.errors import TraplineError, UsageError
from isa.machine import Reason
from tests.vmm.packed import Packed, guest
from trapline.cli import main

Capture = pytest.CaptureFixture[str]


def test_what_is_packed_is_read_back() -> None:
    tenants = [
        guest("os=share:7,seed:5"),
        guest("hello=name:twelve chars,storage:5000,console"),
        guest("traps=blocks:3"),
    ]
    data = pack(tenants)
    entries = unpack(data)
    assert [(e.name, e.storage, e.share, e.console, e.seed, e.entry) for e in entries] == [
        (t.name, t.storage, t.share, t.console, t.seed, t.entry) for t in tenants
    ]
    for tenant, entry in zip(tenants, entries, strict=True):
        words = unpack_from(f"<{len(tenant.words)}I", data, entry.image * BYTES)
        typed = unpack_from(f"<{entry.letters}I", data, (entry.image + entry.length) * BYTES)
        assert (words, bytes(typed)) == (tenant.words, tenant.input)
        assert data[entry.disk * BYTES :][: entry.blocks * BYTES] == tenant.disk
    assert entries[1].console and not entries[1].letters


# ---- what is wrong with a disk: how it is made, what `vmm list` says and what the monitor says


def _field(data: bytearray, at: int, value: int) -> None:
    """Change a word of the directory, and let its sum fit again."""
    pack_into("<I", data, at, value)
    pack_into("<I", data, 4, checksum(data[8:BYTES]))


def _word(number: int) -> int:
    """Where a word of the first entry lies."""
    return HEAD.size + 4 * number


Spoil = Callable[[bytearray], None]
WRONG: dict[str, tuple[Spoil, str, str]] = {
    "no directory": (
        lambda d: pack_into("<I", d, 0, 0),
        "there is no directory",
        "there is no directory on the disk; ",
    ),
    "damaged": (lambda d: pack_into("<I", d, 100, 9), "is damaged", "the directory on the disk is damaged]"),
    "cut": (lambda d: d.__delitem__(slice(-BYTES, None)), "cut short", "the disk has been cut short]"),
    "no guests": (lambda d: _field(d, 12, 0), "has 0 guests", "there are no guests on the disk]"),
    "too many": (lambda d: _field(d, 12, 9), "has 9 guests", "there are more guests on the disk than there can be]"),
    "a program": (
        lambda d: pack_into("<I", d, BYTES + 80, 1),
        "program of rogue is damaged",
        "rogue is damaged on the disk]",
    ),
    "a share": (lambda d: _field(d, _word(4), 0), "cannot be", "rogue has an entry in the directory that cannot be]"),
    "a window": (lambda d: _field(d, _word(3), 15), "cannot be", "rogue has an entry in the directory that cannot be]"),
    "a place": (
        lambda d: _field(d, _word(11), 1 << 31),
        "cannot be",
        "rogue has an entry in the directory that cannot be]",
    ),
    "a length": (
        lambda d: _field(d, _word(12), 0xFFFFFFFF),
        "cannot be",
        "rogue has an entry in the directory that cannot be]",
    ),
    "letters": (
        lambda d: _field(d, _word(10), 1 << 25),
        "cannot be",
        "rogue has an entry in the directory that cannot be]",
    ),
    "too small": (lambda d: _field(d, _word(3), 64), "does not fit", "rogue does not fit into its window]"),
    "too large": (lambda d: _field(d, _word(3), 1 << 30), "", "rogue does not fit into storage]"),
}


NIGHTLY = ("a window", "a place", "letters", "too many", "no guests")


@pytest.mark.parametrize(
    "wrong", [pytest.param(wrong, marks=pytest.mark.nightly if wrong in NIGHTLY else ()) for wrong in WRONG]
)
def test_what_is_wrong_with_a_disk_is_told(wrong: str, tmp_path: Path, capfd: Capture) -> None:
    spoil, listed, told = WRONG[wrong]
    data = bytearray(pack([guest("rogue"), guest("hello")]))
    spoil(data)
    packed = Packed(bytes(data))
    assert packed.run().reason is Reason.HALT
    assert packed.machine.state["x"][1] == 2
    assert packed.output.startswith(f"[vmm: {told}") and packed.output.endswith("]\n")
    disk = tmp_path / "disk"
    disk.write_bytes(data)
    assert main(["vmm", "list", str(disk)]) == (3 if listed else 0)
    assert listed in capfd.readouterr().err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("pack -o x", "missing"),
        ("pack hello", "-o FILE"),
        ("pack os=storage:512 -o x", "storage:"),
        ("pack hello=storage:9 -o x", "a window has 16"),
        ("pack hello=share:0 -o x", "a turn has 1"),
        ("pack hello=name:a-long-name-of-15 -o x", "not a name of 1 to 12"),
        ("pack hello=colour:red -o x", "no option `colour:red`"),
        ("pack hello=share:many -o x", "is not a number"),
        ("pack hello=blocks:99999 -o x", "at most 65536 blocks"),
        ("pack hello=console echo=console -o x", "only one guest"),
        ("pack hello=console:1 -o x", "`console` has no value"),
        ("pack hello=disk:odd -o x", "not whole blocks"),
        ("pack hello=disk:none -o x", "No such file"),
        ("pack hello=input:none -o x", "cannot read the input"),
        pytest.param("pack jrst -o x", "instructions that g3 does not have", marks=pytest.mark.nightly),
        ("pack hello=input:text -o text", "overwrite"),
        ("pack nobody -o x", "no guest"),
        ("list odd", "no directory"),
        ("list odd odd", "one disk"),
        ("list odd -o x", "for `vmm pack`"),
        ("list none", "No such file"),
    ],
)
def test_what_cannot_be_packed_or_listed(
    command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd").write_bytes(b"\0" * 700)
    (tmp_path / "text").write_text("typed")
    assert main(["vmm", *command.split()]) in (2, 3)
    assert said in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd", "text"]
    assert (tmp_path / "text").read_text() == "typed"


def test_a_disk_of_a_monitor_is_listed_with_its_guests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["vmm", "pack", "dice=seed:7", "echo", "-o", "in"]) == 0
    assert main(["vmm", "pack", "vmm=disk:in,name:below", "hello", "-o", "out", "--json"]) == 0
    capfd.readouterr()
    assert main(["vmm", "list", "out", "--json"]) == 0
    below, hello = json.loads(capfd.readouterr().out)["guests"]
    assert [one["name"] for one in below["guests"]] == ["dice", "echo"] and "guests" not in hello
    assert below["storage"] == 4096 + 4096 + 4096 + 128 and below["guests"][0]["seed"] == 7
    assert main(["vmm", "list", "out"]) == 0
    assert "\n  dice" in capfd.readouterr().out


def test_a_tenant_is_checked_by_the_library_too() -> None:
    for wrong in (Tenant("", (1,), 0, 64), Tenant("x", (1,), 0, 64, seed=-1), Tenant("x", (1,) * 65, 0, 64)):
        with pytest.raises(UsageError):
            pack([wrong])
    with pytest.raises(UsageError, match="nobody"):
        pack([])
    with pytest.raises(UsageError, match="9 guests are more than the 8"):
        pack([guest("hello")] * 9)
    with pytest.raises(TraplineError):
        unpack(b"")
