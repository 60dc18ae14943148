"""Images of files, kept, so that a file that did not change is not assembled again. See `isa.files.kept`."""

import os
from collections.abc import Mapping

from isa.assembler.assembly import assemble
from isa.assembler.image import Image, Line, Segment
from isa.assembler.includes import Directory, read_source
from isa.classes import dataclass
from isa.description import Isa
from isa.errors import Source, TraplineError
from isa.files import cache
from isa.files.flat import Form
from isa.files.kept import kept
from isa.machines.checked import origin

KIND = "images"


@dataclass(frozen=True, slots=True)
class _Assembled:
    """An image, and what its file included: (path, includer, digest of the text)."""

    image: Image
    included: tuple[tuple[str, str, str], ...]


_FORM = Form(_Assembled, Image, Segment, Line)


def assembled(
    isa: Isa, path: str, root: str | None = None, shipped: str = "", definitions: Mapping[str, int] | None = None
) -> Image:
    """As `assemble_file`, or what that made before of the same file, with the same files included and definitions."""
    source = read_source(path)
    directory = Directory(os.path.dirname(path) if root is None else root, shipped)
    given = dict(definitions or {})

    def make() -> _Assembled:
        included: list[tuple[str, str, str]] = []

        def include(path: str, includer: str) -> Source:
            found = directory(path, includer)
            included.append((path, includer, _digest(found)))
            return found

        image = assemble(isa, source.text, source.name, include, given)
        return _Assembled(image, tuple(included))

    def holds(found: _Assembled) -> bool:
        try:
            return all(_digest(directory(path, includer)) == digest for path, includer, digest in found.included)
        except TraplineError:
            return False  # gone, or no file any more: assembling says so

    machine = origin(isa)
    if machine is None:
        return make().image
    texts = (cache.digest(*machine), source.name, source.text, directory.root, shipped, repr(sorted(given.items())))
    return kept(KIND, texts, _FORM, make, holds).image


def _digest(source: Source) -> str:
    return cache.digest(source.name, source.text)
