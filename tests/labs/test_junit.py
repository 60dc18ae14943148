"""JUnit XML as a reader of somebody else's has it: the same counts and words, whatever students write."""

from typing import Any

import pytest

from trapline.labs.formats.junit import junit

junitparser = pytest.importorskip("junitparser", reason="a reader of JUnit XML is part of the test extra")
HOSTILE = "\x1b[2J\x00]]></failure>\ud800 & <b> \ufffe"


def check(name: str, status: str, reason: str = "") -> dict[str, Any]:
    return {"name": name, "status": status, "points": 1, "of": 1, "reason": reason, "counterexample": None}


RECORDS = [
    {
        "lab": "01-guest",
        "student": f"ann {HOSTILE}",
        "points": 1,
        "of": 4,
        "status": "graded",
        "reason": HOSTILE,
        "checks": [
            check("one", "passed"),
            check("two", "failed", HOSTILE),
            check("three", "skipped", "it needs `two`"),
            check("four", "broken", "a\nb\tc"),
        ],
    },
    {"lab": "01-guest", "student": "", "points": 0, "of": 4, "status": "crashed", "reason": "SIGKILL", "checks": []},
]


def test_another_reader_finds_the_same() -> None:
    first, second = junitparser.JUnitXml.fromstring(junit(RECORDS))
    assert (first.tests, first.failures, first.errors, first.skipped) == (4, 1, 1, 1)
    kinds = [[type(result).__name__ for result in case.result] for case in first]
    assert kinds == [[], ["Failure"], ["Skipped"], ["Error"]]
    failure = next(iter(list(first)[1].result))
    assert "]]></failure>" in failure.text and "<b>" in failure.message and "\x1b" not in failure.text
    assert (second.name, second.tests, second.errors) == ("-", 1, 1)
    assert [case.name for case in second] == ["crashed"]


def test_planted_words_that_are_not_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then no reader can read it, and the test above would see it."""
    monkeypatch.setattr("trapline.labs.formats.junit.clean", lambda text: text.replace("\ud800", ""))
    with pytest.raises(Exception, match=r"not well-formed|invalid"):
        test_another_reader_finds_the_same()
