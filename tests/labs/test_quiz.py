"""Quizzes: a seed gives the same questions, the answers are what the prover says of the whole machine, and what is
written for learning platforms says the same to readers of others."""

import io
import json
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from proofs.definitions.classification import Classifier, subjects
from proofs.terms.solving import Found
from tests.clients import client, module
from trapline.cli import main
from trapline.labs.questions import asking
from trapline.labs.questions.asking import ASKED, SURVIVORS, Question, questions
from trapline.labs.questions.exam import exam
from trapline.labs.questions.formats.catalogue import FORMATS
from trapline.labs.questions.formats.gift import gift
from trapline.labs.questions.formats.qti import qti

Capture = pytest.CaptureFixture[str]
ODD = Question(
    "What of `a = b`, {c} ~ d: #1\\n?", ("q1 d, a   { x[d] <- 1 }",), ("<yes>", "n=o", "~{}"), 2, "a & b", "# w\n\n  x"
)
READER = "console.log(JSON.stringify(require(process.argv[1]).parse(require('fs').readFileSync(0, 'utf8'))))"


def wrong(asked: Sequence[Question]) -> list[str]:
    """Questions whose answer is not what a verdict on the whole machine says."""
    found = []
    for question in asked:
        bodies = {f"q{n}": line.partition("{ ")[2].removesuffix(" }") for n, line in enumerate(question.lines, 1)}
        if len(bodies) > 1:
            verdict = exam(bodies).verdict
            right = SURVIVORS[verdict.theorem1, verdict.theorem3]
        else:
            what = next(what for what, text in ASKED.items() if text.format(name="q1") == question.text)
            of = Classifier(exam(bodies).isa).verdict(next(s for s in subjects(exam(bodies).isa) if s.name == "q1"))
            right = (
                "yes"
                if (of.privileged if what == "privileged" else getattr(of.sensitivity, what)) is Found.YES
                else "no"
            )
        if question.choices[question.answer] != right:
            found.append(f"{question.text} {question.lines}")
    return found


@pytest.mark.parametrize(("seed", "difficulty"), [("9", 1), ("14", 1)])
def test_an_answer_is_the_verdict(seed: str, difficulty: int, monkeypatch: pytest.MonkeyPatch) -> None:
    (asked,) = questions(1, seed, difficulty)
    assert wrong([asked]) == []
    told = asking._is
    monkeypatch.setattr(asking, "_is", lambda what, found: not told(what, found))  # a quiz that says the contrary
    assert wrong(list(questions(1, seed, difficulty)))


@pytest.mark.nightly
def test_answers_are_the_verdicts_and_seeds_give_the_same() -> None:
    asked = list(questions(60, "a seed", 2))
    assert len(asked) == 60 and wrong(asked) == []
    assert list(questions(60, "a seed", 2)) == asked


@pytest.mark.nightly
@pytest.mark.parametrize("difficulty", [1, 2, 3])
def test_no_two_questions_are_alike_and_no_answer_is_rare(difficulty: int) -> None:
    asked = list(questions(60, "many", difficulty))
    assert len({(question.text, question.lines) for question in asked}) == 60
    said = [question.choices[question.answer] for question in asked]
    assert all(said.count(choice) >= 4 for choice in ("yes", "no", *SURVIVORS.values()))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_answer_and_the_same_twice(name: str) -> None:
    made = FORMATS[name]([ODD])
    assert made == FORMATS[name]([ODD]) and made != FORMATS[name]([])


def test_gift_is_read_back_by_another_reader() -> None:
    command = [client("node", "nodejs"), "-e", READER, str(module("gift-pegjs"))]
    done = subprocess.run(command, input=gift([ODD, ODD]), capture_output=True, check=True)
    (found, _) = json.loads(done.stdout)
    assert [(c["text"]["text"], c["isCorrect"]) for c in found["choices"]] == [
        ("<yes>", False),
        ("n=o", False),
        ("~{}", True),
    ]
    assert "<pre>q1 d, a   { x[d] &lt;- 1 }</pre>" in found["stem"]["text"]
    assert "<pre># w\n\n  x</pre>" in found["globalFeedback"]["text"]


def test_a_package_of_qti_has_each_item_that_it_lists() -> None:
    with zipfile.ZipFile(io.BytesIO(qti([ODD, ODD]))) as package:
        roots = {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}
    listed = {file.attrib["href"] for file in roots["imsmanifest.xml"].iter() if file.tag.endswith("}file")}
    asked = [f"{item.attrib['href']}" for item in roots["test.xml"].iter() if item.tag.endswith("assessmentItemRef")]
    assert listed == {*roots} - {"imsmanifest.xml"} and asked == ["items/question1.xml", "items/question2.xml"]


@pytest.mark.nightly
def test_qti_is_read_back_by_another_reader(tmp_path: Path) -> None:
    (tmp_path / "quiz.zip").write_bytes(qti([ODD, ODD]))
    reader = module("@citolab/qti-convert") / "dist" / "qti-convert-pkg.mjs"
    subprocess.run([client("node", "nodejs"), str(reader), str(tmp_path / "quiz.zip")], check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / "quiz-qti3.zip") as package:
        item = ElementTree.fromstring(package.read("items/question2.xml"))
    texts = {part.attrib.get("identifier", part.tag.partition("}")[2]): part.text for part in item.iter()}
    assert (texts["a"], texts["b"], texts["c"]) == ("<yes>", "n=o", "~{}")
    assert texts["qti-value"] == "c" and texts["qti-prompt"] == ODD.text


def test_from_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    ask = ["lab", "quiz", "--count", "1", "--seed", "9", "--difficulty", "1"]
    assert main([*ask, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["questions"]
    assert main([*ask, "--format", "html", "-o", str(tmp_path / "quiz.html")]) == 0
    page = (tmp_path / "quiz.html").read_text()
    assert len(told) == 1 and all(choice in page for question in told for choice in question["choices"])
    assert main([*ask, "--format", "qti"]) == 2 and "give `-o FILE.zip`" in capsys.readouterr().err
    assert main(["lab", "quiz", "--count", "0"]) == 2 and main(["lab", "quiz", "--count", "1001"]) == 2
