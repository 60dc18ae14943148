"""Hidden seeds are the key's: nobody has them without it, and no student sees one of them."""

from dataclasses import replace

from trapline.labs.reading import find
from trapline.labs.seeds import hidden, visible

KEY = b"0123456789abcdef"


def test_hidden_seeds_follow_from_the_key_and_visible_ones_from_the_student() -> None:
    lab = find("1")
    check = replace(lab.check("counts"), seeds=8, hidden=24)
    seen, mine, others = (
        [*drawn]
        for drawn in (visible(lab, check, "ann"), hidden(lab, check, "ann", KEY), hidden(lab, check, "ann", KEY + b"x"))
    )
    without = [*hidden(lab, check, "ann", b"")]
    assert (len(seen), len(mine)) == (8, 24) and len({*seen, *mine, *others, *without}) == 8 + 3 * 24
    assert mine == [*hidden(lab, check, "ann", KEY)] and not {*seen} & {*visible(lab, check, "bob")}
    assert not {*mine} & {*hidden(lab, check, "bob", KEY)}
