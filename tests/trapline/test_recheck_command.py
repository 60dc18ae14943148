"""trapline verify --certificate and --export, and trapline recheck: exit codes, and files that are no certificates."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isa.machines.catalogue import find
from proofs.certificates.certificate import LARGEST, BadCertificate, read
from trapline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.long]

Capture = pytest.CaptureFixture[str]
QUIET = str(Path(__file__).parents[1] / "machines" / "small.isa")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    code = main(["verify", QUIET, "--certificate", str(folder / "quiet"), "--export", str(folder / "questions")])
    assert code == main(["verify", QUIET])
    return folder


def changed(whole: Path, to: Path, change: Callable[[Any], object]) -> str:
    """A copy of the certificate in which something is changed."""
    data = json.loads((whole / "quiet").read_text())
    change(data)
    to.write_text(json.dumps(data))
    return str(to)


def test_what_verify_writes_recheck_confirms(whole: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["recheck", str(whole / "quiet"), "--isa", QUIET]) == 0
    assert "is confirmed by z3" in capsys.readouterr().out
    scripts = list((whole / "questions").iterdir())
    assert len(scripts) > 30 and all("(set-info :status" in path.read_text() for path in scripts)
    claimed = {q.digest for part in read(str(whole / "quiet")).parts for q in part.questions}
    told = {path.read_text().split("\n")[3].rpartition(" ")[2] for path in scripts}
    assert told == claimed


def test_a_forged_verdict_ends_with_1_and_says_where(whole: Path, tmp_path: Path, capsys: Capture) -> None:
    file = changed(whole, tmp_path / "forged", lambda data: data["verdict"]["letter"].update(theorem1="unknown"))
    assert main(["recheck", file, "--isa", QUIET, "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["confirmed"] == "no" and facts["forged"].startswith("letter.theorem1: the certificate says unknown")
    assert facts["machine"] == find(QUIET).name and not facts["contradicted"]


def test_no_file_is_opened_because_a_certificate_names_it(whole: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["recheck", str(whole / "quiet")]) == 3
    assert "`--isa PATH[:NAME]`" in capsys.readouterr().err
    file = changed(whole, tmp_path / "path", lambda data: data.update(machine=QUIET))
    assert main(["recheck", file]) == 3
    assert "no shipped machine" in capsys.readouterr().err


def test_another_machine_is_refused(whole: Path, capsys: Capture) -> None:
    assert main(["recheck", str(whole / "quiet"), "--isa", "g3"]) == 3
    assert "not the one that this certificate speaks of" in capsys.readouterr().err


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "key": (lambda d: d.pop("parts"), "the whole: `parts` is missing"),
    "more": (lambda d: d.update(x=1), "the whole: `x` is none of"),
    "schema": (lambda d: d.update(certificate=True), "certificate: this Trapline reads"),
    "parts": (lambda d: d.update(parts={}), "parts: a list is expected here"),
    "part": (lambda d: d["parts"].__setitem__(2, None), "parts[2]: an object is expected here"),
    "text": (lambda d: d["parts"][1].update(about=[]), "parts[1].about: a text is expected here"),
    "answer": (lambda d: d["parts"][0]["questions"][0].update(answer="maybe"), "questions[0].answer: an answer is one"),
    "digest": (lambda d: d["parts"][0]["questions"][0].update(sha256="zz"), "questions[0].sha256: a digest is 64"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_malformed_certificate_is_told_with_its_place(whole: Path, tmp_path: Path, name: str) -> None:
    change, said = WRONG[name]
    with pytest.raises(BadCertificate) as error:
        read(changed(whole, tmp_path / "wrong", change))
    assert said in error.value.message and error.value.exit_code == 3


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a":1,"a":2}', b"9" * 5000, b'{"certificate":NaN}', b"\0"],
)
def test_what_is_no_certificate_is_an_error(tmp_path: Path, data: bytes, capsys: Capture) -> None:
    (tmp_path / "file").write_bytes(data)
    assert main(["recheck", str(tmp_path / "file")]) == 3
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'file'}")


def test_a_truncated_certificate_is_an_error_with_a_line(whole: Path, tmp_path: Path, capsys: Capture) -> None:
    text = (whole / "quiet").read_text()
    (tmp_path / "cut").write_text(text[: len(text) // 2])
    assert main(["recheck", str(tmp_path / "cut")]) == 3
    assert "not JSON" in capsys.readouterr().err


def test_sizes_are_bounded(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(BadCertificate, match="more than 64 MiB"):
        read(str(tmp_path / "large"))


def test_nothing_else_is_overwritten(whole: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "mine").write_text("precious")
    for option, place in (("--certificate", "mine"), ("--certificate", ""), ("--export", "mine"), ("--export", "")):
        assert main(["verify", QUIET, option, str(tmp_path / place)]) == 2
        assert "nothing is overwritten" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "precious"
    assert main(["verify", QUIET, "--certificate", str(tmp_path / "no" / "where")]) == 3
    assert main(["verify", "--all", str(tmp_path), "--export", str(tmp_path / "new")]) == 2


def test_a_solver_that_is_not_there_is_told(whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("proofs.certificates.second_solver.find_spec", lambda name: None)
    assert main(["recheck", str(whole / "quiet"), "--isa", QUIET, "--solver", "cvc5"]) == 2
    assert "trapline[second-opinion]" in capsys.readouterr().err
