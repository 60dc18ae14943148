"""The formats by the names that `--format` gives them."""

from collections.abc import Callable, Sequence

from trapline.labs.questions.asking import Question
from trapline.labs.questions.formats.gift import gift
from trapline.labs.questions.formats.page import page
from trapline.labs.questions.formats.plain import plain
from trapline.labs.questions.formats.qti import qti

FORMATS: dict[str, Callable[[Sequence[Question]], bytes]] = {"text": plain, "html": page, "gift": gift, "qti": qti}
