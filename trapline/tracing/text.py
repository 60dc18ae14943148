"""Text of a trace's records: in Python as long as they are few, and then in native code, where that can work."""

from isa.engines.choice import NATIVE, actual
from isa.machine.records import RECORD, Records
from isa.machine.wording import Text, Wording

EARNED = 200_000  # records after which native code is loaded: Python has then worked on them as long as that takes


class LinesAsText:
    """As `isa.machine.wording.Text`."""

    def __init__(self, wording: Wording) -> None:
        self._wording, self._text = wording, Text(wording)
        self._left = EARNED * RECORD.size

    def of(self, records: Records) -> bytes:
        """The lines, each with its end."""
        if self._left > 0:
            self._left -= len(records)
            if self._left <= 0 and actual(NATIVE) == NATIVE:
                from isa.engines.native.rendering import NativeText

                self._text = NativeText(self._wording)
        return self._text.of(records)
