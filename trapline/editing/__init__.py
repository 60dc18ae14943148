"""What an editor asks of a text, as functions from texts to plain data (`answers`): nothing here knows a protocol.

`assembly` has programs and `description` machines: a first file that reads the text (`program`, `library`), and one for
each question. `texts` and `workspace` are what is open. `verdicts` decides in a process of its own, which `background`
starts and ends. `server` is the face, and the only file that knows pygls; `wire` has what it says.
"""
