"""A machine's file, and the program, input and disks that it names, to a machine of a host. Files lie beside it."""

from dataclasses import replace

from guests import catalogue
from isa.assembler.image_format import MAX_BYTES
from isa.devices import BLOCK
from isa.devices.inputs import LARGEST_SCRIPT
from isa.errors import TraplineError, UsageError
from isa.files.sources_read import read_noted
from isa.files.tables import LARGEST
from monitor.host import Definition, DiskPart, Host, Record, read_definition
from monitor.host.admission import block_bytes
from monitor.host.definition import MOST_BLOCKS, beside, folder_beside
from monitor.host.looking import file_of
from trapline.hosting.archive import archived
from trapline.running.disks import OURS, contents
from trapline.running.programs import Program, find
from trapline.running.rig import plenty

MOST_BYTES = MOST_BLOCKS * BLOCK * 8  # of a disk with the widest words


def define(host: Host, path: str) -> Record:
    """Define the machine of a file. Raises UsageError, SourceError, TraplineError."""
    wanted = read_definition(path, _read(path, LARGEST))
    program = _program(host, wanted, path)
    input = _read(beside(path, wanted.input, LARGEST_SCRIPT), LARGEST_SCRIPT) if wanted.input else b""
    disks = [_disk(host, part, path) for part in wanted.disks if part.file or part.volume]
    needed = wanted.storage or program.storage or max(plenty(program.isa), program.image.top)
    parts = wanted.disks or ((DiskPart(blocks=program.disk, queue=program.queue),) if program.disk else ())
    return host.define(replace(wanted, storage=needed, disks=parts), program.image, input, disks)


def _disk(host: Host, part: DiskPart, path: str) -> bytes:
    """What it holds at first: a file or a folder beside the definition, or a volume in the host's folder."""
    if not part.folder:
        found = beside(path if part.file else file_of(host.folder), part.file or part.volume, MOST_BYTES)
        return contents(found, MOST_BYTES) if found.endswith(OURS) else _read(found, MOST_BYTES)
    archive = archived(folder_beside(path, part.file), _read, MOST_BYTES)
    return archive + bytes(-len(archive) % block_bytes(host.living))


def _program(host: Host, wanted: Definition, path: str) -> Program:
    machine = host.capacity.machine
    if wanted.image:
        return find(beside(path, wanted.guest, MAX_BYTES), machine)
    if wanted.guest not in catalogue.names():
        help = f"guests are {', '.join(catalogue.names())}; a file of yours is an `image`"
        raise UsageError(f"{path}: there is no guest {wanted.guest!r:.80}", help)
    return find(wanted.guest, machine)


def _read(path: str, most: int) -> bytes:
    try:
        data = read_noted(path, most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read {path}: {reason.lower()}") from None
    if len(data) > most:
        raise TraplineError(f"{path} is larger than {most:,} bytes", "use a smaller file")
    return data
