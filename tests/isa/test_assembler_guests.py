"""The assembler on real programs for G3 and its variants: the guests that are shipped."""

from pathlib import Path

import pytest

from guests.catalogue import Guest, guests
from isa.assembler import Image, ImageError, assemble, assemble_file, listing
from isa.assembler.disassembly import disassemble_image
from isa.assembler.image_format import load_image, save_image
from isa.description import Isa
from isa.machines.catalogue import find

pytestmark = pytest.mark.every(2)

GUESTS = pytest.mark.parametrize("guest", guests(), ids=lambda g: g.name)


def assembled(guest: Guest) -> tuple[Isa, Image]:
    isa = find(guest.machine)
    return isa, assemble_file(isa, str(guest.path))


@GUESTS
def test_a_guest_survives_disassembly(guest: Guest) -> None:
    isa, image = assembled(guest)
    again = assemble(isa, disassemble_image(isa, image))
    assert (again.segments, again.entry, again.names) == (image.segments, image.entry, image.names)


@GUESTS
def test_a_guest_survives_its_file(guest: Guest, tmp_path: Path) -> None:
    _, image = assembled(guest)
    save_image(image, str(tmp_path / "image"))
    assert load_image(str(tmp_path / "image")) == image


@GUESTS
def test_the_listing_has_every_word_that_has_a_line(guest: Guest) -> None:
    _, image = assembled(guest)
    rows = {tuple(row.split()[:2]) for row in listing(image).splitlines()}
    assert {(f"{a:08x}", f"{w:08x}") for a, w in image.words() if a in image.lines} <= rows


@GUESTS
def test_the_source_map_names_lines_of_the_source(guest: Guest) -> None:
    _, image = assembled(guest)
    texts = {}
    for line in image.lines.values():
        if line.file not in texts:
            with open(line.file, encoding="utf-8") as file:
                texts[line.file] = file.read().split("\n")
        assert texts[line.file][line.line - 1] == line.text


@pytest.mark.parametrize("variant", ["g3_jrst", "g3_sgdt", "g3_popf"])
def test_an_image_for_g3_runs_on_its_variants_and_theirs_on_it(variant: str) -> None:
    program = "li r1, 5\nrrel r1, r2\nhalt"
    assemble(find("g3"), program).check(find(variant))
    assemble(find(variant), program).check(find("g3"))


def test_an_image_that_uses_what_a_variant_added_is_for_that_variant() -> None:
    image = assemble(find("g3_jrst"), "jrst 0(r1)")
    image.check(find("g3_jrst"))
    with pytest.raises(ImageError, match="uses instructions that g3 does not have: `jrst`"):
        image.check(find("g3"))
