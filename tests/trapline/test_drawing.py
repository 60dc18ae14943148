"""Pictures are well-formed whatever they show, and charts are to scale."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from trapline.drawing.bars import Bar, drawn, written
from trapline.drawing.svg import Picture

SVG = "{http://www.w3.org/2000/svg}"


@given(st.text(), st.text())
def test_whatever_is_shown_a_picture_can_be_read(title: str, text: str) -> None:
    picture = Picture(title, 10, 10)
    picture.text(1, 1, text)
    picture.rectangle(0, 0, 1, 1, "good", text)
    root = ElementTree.fromstring(str(picture).encode())
    assert [element.tag for element in root] == [SVG + n for n in ("title", "style", "rect", "text", "rect")]


def test_bars_are_to_scale_and_say_their_numbers() -> None:
    bars = [Bar("bare", 1.0, "1.00"), Bar("trap", 4.0, "4.00 <x>"), Bar("none", None, "cannot be had")]
    root = ElementTree.fromstring(str(drawn("times", bars)))
    widths = [float(r.get("width", 0)) for r in root.iter(SVG + "rect")][1:]
    assert len(widths) == 2 and abs(widths[1] / widths[0] - 4) < 0.01
    assert {"1.00", "4.00 <x>", "cannot be had"} <= {t.text for t in root.iter(SVG + "text")}
    assert written(bars, 8) == ["bare  ## 1.00", "trap  ######## 4.00 <x>", "none  cannot be had"]


def test_a_chart_of_nothing_is_a_chart() -> None:
    ElementTree.fromstring(str(drawn("nothing", [])))
    assert written([]) == []
