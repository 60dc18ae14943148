"""Each file in `bad/` is refused with exactly the diagnostic that stands in its tail, after a line `# expect:`.

To add one: write the file, end it with `# expect:`, run this test, and copy what it shows if it is right.
"""

from pathlib import Path

import pytest

from isa.errors import Source, SourceError
from isa.language import Library
from isa.machines.catalogue import shipped

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(FOLDER.glob("*.isa"))
MARK = "# expect:\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_diagnostic_is_exact(path: Path) -> None:
    text, mark, tail = path.read_text("utf-8").partition(MARK)
    assert mark, f"{path.name} does not say what it expects"
    expected = "\n".join(line[2:] for line in tail.splitlines())
    with pytest.raises(SourceError) as caught:
        library = Library.of(Source(path.name, text))
        for name in library.declarations:
            library.load(name)
    assert caught.value.render() == expected


def test_there_are_many_more_bad_files_than_good_ones() -> None:
    assert len(FILES) > 10 * len(shipped())


def test_no_diagnostic_shows_the_machinery() -> None:
    for path in FILES:
        tail = path.read_text("utf-8").partition(MARK)[2]
        assert not any(word in tail for word in ("_LBRACE", "Token", "lark", "Traceback", "None", "NAME"))
        assert "help: " in tail
