"""The `.isa` language: from a text to a checked `isa.description.Isa`.

`load_file` and `load_text` do all of it; `docs/language.md` is the reference. In reading order: `grammar.lark`,
`syntax` (the tree), `parser`, `variants`, `checker` (the phases), `lowering` (bodies to `isa.ir.nodes`), `encodings`.
"""

from isa.language.library import Library, load_file, load_text, names_in

__all__ = ["Library", "load_file", "load_text", "names_in"]
