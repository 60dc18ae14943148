"""What the files are that Trapline writes, for `trapline show`: as facts for JSON, and as lines for people."""

import os
from typing import Any

from isa.assembler.image_format import MAGIC as IMAGE
from isa.assembler.image_format import load_image
from isa.devices.recording import MAGIC as RECORDING
from isa.devices.recording import load_recording
from isa.engines.choice import bare
from isa.errors import TraplineError
from isa.machine.snapshot import Snapshot
from isa.machine.snapshot_format import MAGIC as MACHINE
from isa.machine.storage import Storage
from isa.machines.catalogue import find as find_machine
from isa.machines.catalogue import shipped
from trapline.state.choice import DumpChoice
from trapline.state.dump import dump_facts, dump_lines, state_facts
from trapline.state.standing import standing, standing_facts, standing_lines

Shown = tuple[dict[str, Any], list[str]]

_KINDS = {"machine": MACHINE, "image": IMAGE, "recording": RECORDING}
LONGEST = 60  # characters of a recording that are shown


def kind_of(path: str) -> str:
    """`machine`, `image` or `recording`. Raises TraplineError for anything else."""
    if not os.path.isfile(path):
        raise TraplineError(f"cannot read {path}: no such file", "give a saved machine, an image, or a recording")
    with open(path, "rb") as file:
        begins = file.read(16)
    kind = next((kind for kind, magic in _KINDS.items() if begins.startswith(magic)), None)
    if kind is None:
        help = "a description is shown by `trapline machines`, a guest's words by `trapline dis`"
        raise TraplineError(f"{path} is not a saved machine, an image, or a recording", help)
    return kind


def show(path: str, kind: str, machine: str | None, dump: DumpChoice | None) -> Shown:
    """What a file of this kind is. `machine` is the description to read a saved machine with, by default the shipped
    one of its name."""
    match kind:
        case "machine":
            return _machine(path, machine, dump)
        case "image":
            return _image(path)
    return _recording(path)


def _machine(path: str, asked: str | None, dump: DumpChoice | None) -> Shown:
    saved = Snapshot.load(path)
    devices = [{"port": port, "name": name} for port, name in saved.devices]
    facts: dict[str, Any] = {"kind": "machine", "file": path, "machine": saved.name, "description": saved.meaning}
    facts |= {"storage": saved.size, "steps": saved.steps, "retired": saved.retired, "seed": saved.seed}
    named = ", ".join(f"{device['name']} at port {device['port']}" for device in devices)
    lines = [f"{path}: a saved {saved.name} with {saved.size:,} words of storage, after {saved.steps:,} steps"]
    lines += [f"{saved.retired:,} retired, seed {saved.seed}, devices: {named or 'none'}"]
    facts |= {"devices": devices, "standing": None, "state": None, "dump": None}
    if asked is None and saved.name not in shipped():
        lines.append("its description is not shipped: name it, `--isa PATH[:NAME]`, to see where it stands")
        return facts, lines
    isa = find_machine(asked or saved.name)
    made = bare(isa, Storage(isa.word, saved.size))
    saved.apply_state(made)
    found = standing(made, 0, None)
    facts |= {"standing": standing_facts(made, found), "state": state_facts(made)}
    lines += ["halted"] if made.halted else standing_lines(made, found)
    if dump:
        facts["dump"] = dump_facts(made, dump)
        lines += dump_lines(made, dump)
    return facts, lines


def _image(path: str) -> Shown:
    image = load_image(path)
    segments = [{"address": s.address, "words": len(s.words)} for s in image.segments]
    files = sorted({line.file for line in image.lines.values()})
    labels = {name: value for name, value in image.symbols.items() if name not in image.constants}
    facts = {"kind": "image", "file": path, "machine": image.machine, "word": image.word, "entry": image.entry}
    facts |= {"segments": segments, "labels": labels, "files": files, "instructions": list(image.names)}
    count = sum(len(s.words) for s in image.segments)
    begins = image.labels.get(image.entry)
    lines = [f"{path}: an image for {image.machine}, {count:,} words of {image.word} bits from {', '.join(files)}"]
    lines.append(f"begins at {image.entry:#x}" + (f", {begins}" if begins else ""))
    lines += [f"words {s.address:#x} to {s.end - 1:#x}" for s in image.segments]
    return facts, [line.removesuffix(" from ") for line in lines]


def _recording(path: str) -> Shown:
    arrivals = load_recording(path)
    typed = bytes(a.character for a in arrivals if a.character is not None).decode("utf-8", "backslashreplace")
    ended = bool(arrivals) and arrivals[-1].character is None
    first, last = (arrivals[0].step, arrivals[-1].step) if arrivals else (None, None)
    facts = {"kind": "recording", "file": path, "characters": sum(a.character is not None for a in arrivals)}
    facts |= {"text": typed, "ended": ended, "first_step": first, "last_step": last}
    lines = [f"{path}: a recording of {facts['characters']:,} characters of input"]
    if arrivals:
        lines.append(f"from step {first:,} to step {last:,}, {'then it ends' if ended else 'and does not end'}")
        lines.append(f"begins {typed[:LONGEST]!r}" if typed else "it is empty")
    return facts, lines
