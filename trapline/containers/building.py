"""From a recipe to an image: what it stands on, and one layer more."""

import struct
from dataclasses import replace

from guests.contained import Container, Layer, Limits
from guests.pack import flat
from isa.errors import TraplineError, UsageError
from trapline.containers.image import Image
from trapline.containers.reading import read
from trapline.containers.recipe import Recipe, read_from
from trapline.containers.writing import Files, laid_out
from trapline.running import programs


def build(recipe: Recipe) -> tuple[Image, Files]:
    """The image of a recipe, and the files of its layout. Raises TraplineError in all its kinds."""
    base = None if recipe.base is None else read(recipe.base)
    below = base.layers if base else ()
    seen = base.files if base else {}
    own: dict[str, bytes | None] = {}
    for name in recipe.remove:
        if name not in seen:
            raise UsageError(f"the base has no file `{name:.80}` to be hidden", "leave it away")
        own[name] = None
    own |= {name: _program(path, recipe) for name, path in recipe.programs.items()}
    own |= {name: read_from(path) for name, path in recipe.files.items()}
    layer: Layer = dict(sorted(own.items()))
    command = recipe.command or (base.command if base else "")
    limits = replace(base.limits if base else Limits(), **recipe.limits)
    layers = (*below, layer) if layer else below
    Container("image", layers, command, limits).check()
    return laid_out(layers, command, limits)


def _program(path: str, recipe: Recipe) -> bytes:
    """The words of a program that begins at word 0 of its window."""
    found = programs.find(path, None, recipe.definitions)
    if found.image.entry != 0:
        help = "its first instruction is the first of its text, without an `.org`"
        raise TraplineError(f"{path} begins at word {found.image.entry}, and a process at word 0", help)
    words = flat(found.image)
    return struct.pack(f"<{len(words)}I", *words)
