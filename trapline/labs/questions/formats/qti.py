"""Questions as a package of QTI 2.1: a zip with an item for each question, a test that has them in order, a manifest.
The same questions give the same bytes."""

import io
import zipfile
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from trapline.drawing.svg import clean
from trapline.labs.questions.asking import Question
from trapline.labs.questions.formats.told import CONTEXT, letter

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
MATCH = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"
_WHEN = (1980, 1, 1, 0, 0, 0)


def qti(questions: Sequence[Question]) -> bytes:
    """The file's bytes."""
    names = [f"question{number}" for number in range(1, len(questions) + 1)]
    files = {f"items/{name}.xml": _item(name, question) for name, question in zip(names, questions, strict=True)}
    files = {"imsmanifest.xml": _manifest(names), "test.xml": _test(names), **files}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, root in files.items():
            package.writestr(zipfile.ZipInfo(path, _WHEN), ElementTree.tostring(root, "utf-8", xml_declaration=True))
    return out.getvalue()


def _item(name: str, question: Question) -> Element:
    head = {"identifier": name, "title": name, "adaptive": "false", "timeDependent": "false"}
    root = Element("assessmentItem", {"xmlns": QTI, **head})
    response = {"identifier": "RESPONSE", "cardinality": "single", "baseType": "identifier"}
    correct = SubElement(SubElement(root, "responseDeclaration", response), "correctResponse")
    SubElement(correct, "value").text = letter(question.answer)
    SubElement(root, "outcomeDeclaration", {"identifier": "SCORE", "cardinality": "single", "baseType": "float"})
    told = {"identifier": "FEEDBACK", "cardinality": "single", "baseType": "identifier"}
    SubElement(root, "outcomeDeclaration", told)
    body = SubElement(root, "itemBody")
    SubElement(body, "p").text = CONTEXT
    SubElement(body, "pre").text = "\n".join(question.lines)
    choices = {"responseIdentifier": "RESPONSE", "shuffle": "false", "maxChoices": "1"}
    interaction = SubElement(body, "choiceInteraction", choices)
    SubElement(interaction, "prompt").text = question.text
    for place, choice in enumerate(question.choices):
        SubElement(interaction, "simpleChoice", {"identifier": letter(place)}).text = choice
    SubElement(root, "responseProcessing", {"template": MATCH})
    shown = {"outcomeIdentifier": "FEEDBACK", "identifier": "none", "showHide": "hide"}
    feedback = SubElement(root, "modalFeedback", shown)
    SubElement(feedback, "p").text = clean(question.explanation)
    if question.witness:
        SubElement(feedback, "pre").text = clean(question.witness)
    return root


def _test(names: list[str]) -> Element:
    root = Element("assessmentTest", {"xmlns": QTI, "identifier": "quiz", "title": "What is sensitive?"})
    part = {"identifier": "part", "navigationMode": "nonlinear", "submissionMode": "simultaneous"}
    section = {"identifier": "section", "title": "What is sensitive?", "visible": "true"}
    inside = SubElement(SubElement(root, "testPart", part), "assessmentSection", section)
    for name in names:
        SubElement(inside, "assessmentItemRef", {"identifier": name, "href": f"items/{name}.xml"})
    return root


def _manifest(names: list[str]) -> Element:
    root = Element("manifest", {"xmlns": PACKAGE, "identifier": "quiz_package"})
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = "QTIv2.1 Package"
    SubElement(metadata, "schemaversion").text = "1.0.0"
    SubElement(root, "organizations")
    resources = SubElement(root, "resources")
    test = {"identifier": "quiz", "type": "imsqti_test_xmlv2p1", "href": "test.xml"}
    whole = SubElement(resources, "resource", test)
    SubElement(whole, "file", {"href": "test.xml"})
    for name in names:
        SubElement(whole, "dependency", {"identifierref": name})
    for name in names:
        item = {"identifier": name, "type": "imsqti_item_xmlv2p1", "href": f"items/{name}.xml"}
        SubElement(SubElement(resources, "resource", item), "file", {"href": f"items/{name}.xml"})
    return root
