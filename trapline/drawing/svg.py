"""SVG as text. A `Picture` collects elements; colours are classes, so that one style sheet serves light and dark.

What is shown comes from anywhere, so all of it is escaped, and what XML cannot hold is replaced.
"""

import re
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

Number = float | int

LETTER = 7.2  # the width of a character of the font, in pixels
LINE = 18  # pixels from one line of text to the next

_STYLE = """
text { font: 12px ui-monospace, monospace; fill: #1b1b1b }
.faint { fill: #767676 } .strong { font-weight: bold }
.line { stroke: #767676; fill: none } .good { fill: #2f6f4f } .bad { fill: #a83232 } .other { fill: #3b5f8a }
.paper { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e8e8e8 } .faint { fill: #9a9a9a } .line { stroke: #9a9a9a }
  .good { fill: #6fbf95 } .bad { fill: #e07a7a } .other { fill: #8ab0e0 } .paper { fill: #161616 }
}"""
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return _UNFIT.sub("\ufffd", text)


@dataclass(slots=True)
class Picture:
    """A picture of `width` times `height` pixels, called `title`. The origin is the upper left corner."""

    title: str
    width: Number
    height: Number
    _elements: list[str] = field(default_factory=list)

    def rectangle(self, x: Number, y: Number, width: Number, height: Number, kind: str, says: str = "") -> None:
        """A filled rectangle; `says` is shown where somebody points at it."""
        self._add("rect", says, x=x, y=y, width=width, height=height, **{"class": kind})

    def line(self, x: Number, y: Number, to_x: Number, to_y: Number, kind: str = "line") -> None:
        self._add("line", "", x1=x, y1=y, x2=to_x, y2=to_y, **{"class": kind})

    def text(self, x: Number, y: Number, text: str, kind: str = "", anchor: str = "start") -> None:
        """A line of text, whose base line is at y. `anchor`: whether it starts, has its middle or ends at x."""
        attributes = _attributes({"x": x, "y": y, "class": kind, "text-anchor": "" if anchor == "start" else anchor})
        self._elements.append(f"<text{attributes}>{escape(clean(text))}</text>")

    def __str__(self) -> str:
        size = _attributes({"width": self.width, "height": self.height, "viewBox": f"0 0 {self.width} {self.height}"})
        title = escape(clean(self.title))
        paper = f'<rect class="paper" width="{self.width}" height="{self.height}"/>'
        body = "\n".join(self._elements)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img"{size}>'
        return f"{head}\n<title>{title}</title>\n<style>{_STYLE}\n</style>\n{paper}\n{body}\n</svg>\n"

    def _add(self, name: str, says: str, **attributes: Number | str) -> None:
        inside = f"<title>{escape(clean(says))}</title>" if says else ""
        self._elements.append(f"<{name}{_attributes(attributes)}>{inside}</{name}>")


def _attributes(values: dict[str, Number | str]) -> str:
    shown = ((name, _number(value)) for name, value in values.items() if value != "")
    return "".join(f" {name}={quoteattr(clean(value))}" for name, value in shown)


def _number(value: Number | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
