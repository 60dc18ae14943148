"""JUnit XML, as the schema of the Ant task has it: a suite for each submission, a case for each check."""

from typing import Any
from xml.etree import ElementTree

from trapline.drawing.svg import clean
from trapline.labs.checking import Status

_WHEN = "1970-01-01T00:00:00"  # the schema wants a time; the same submission gives the same file


def junit(records: list[dict[str, Any]]) -> bytes:
    """The file's bytes."""
    root = ElementTree.Element("testsuites")
    for number, record in enumerate(records):
        cases = record["checks"]
        failed = sum(c["status"] == Status.FAILED.value for c in cases)
        errors = sum(c["status"] == Status.BROKEN.value for c in cases) + (not cases)
        skipped = sum(c["status"] == Status.SKIPPED.value for c in cases)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            {
                "package": record["lab"],
                "id": str(number),
                "name": clean(record["student"]) or "-",
                "timestamp": _WHEN,
                "hostname": "localhost",
                "tests": str(len(cases) or 1),
                "failures": str(failed),
                "errors": str(errors),
                "skipped": str(skipped),
                "time": "0",
            },
        )
        ElementTree.SubElement(suite, "properties")
        for check in cases or [_whole(record)]:
            _case(suite, record, check)
        ElementTree.SubElement(suite, "system-out").text = clean(f"{record['points']} of {record['of']} points")
        ElementTree.SubElement(suite, "system-err").text = clean(record["reason"])
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    """What stands for all checks of a submission that none could look at."""
    return {"name": record["status"], "status": Status.BROKEN.value, "reason": record["reason"]}


def _case(suite: ElementTree.Element, record: dict[str, Any], check: dict[str, Any]) -> None:
    attributes = {"name": clean(check["name"]), "classname": clean(f"{record['lab']}.{record['student']}"), "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    kind = {"failed": "failure", "broken": "error", "skipped": "skipped"}.get(check["status"])
    if kind == "skipped":
        ElementTree.SubElement(case, kind)
    elif kind:
        told = {"message": clean(check["reason"]), "type": check["status"]}
        ElementTree.SubElement(case, kind, told).text = clean(check["reason"])
