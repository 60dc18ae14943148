"""The words of the language in a line each. docs/language.md has them at length."""

from isa.description import Role
from isa.ir.operators import OPERATORS

CHANGES = str.split("override add delete")
ITEMS = {
    "type": "`type word = bits(32)`: another name for a width",
    "enum": "`enum Mode : bits(1) { supervisor = 0, user = 1 }`: names for values of a width",
    "state": "`state pc : word @pc`: a scalar, register file, storage or channel, and its role",
    "view": "`view mem[a : word] : word { ...; return place }`: a place computed by its body",
    "def": "`def f(a : word) : word { ...; return value }`: statements or an expression with a name",
    "on": "`on reset { ... }`, `on trap(cause : Cause, info : word) { ... }`: the first state, and what a trap does",
    "step": "`step { ...; execute mem[pc] else trap illegal(insn) }`: what a step is",
    "operand": '`operand reg : bits(4) "r%d"`: how a field of the word is written',
    "format": "`format R(op) = op:8 d:reg a:reg 0:16`: the pieces of a word, from the left",
    "instr": '`instr name "d, a" R(1) "Doc." { ... }`: mnemonic, template, encoding, meaning',
    "pseudo": '`pseudo name "d" => other "d, r0"`: a shorthand for a fixed number of instructions',
    "assume": '`assume calm = psw.ie == 0 "Why."`: a standing condition that every verdict prints',
}
WHOLES = {
    "isa": '`isa name "What it is." { ... }`: a machine',
    "variant": '`variant name of parent "Doc." { changes }`: a machine as the difference to another',
}
STATEMENTS = {
    "let": "`let v = e`: a name for a value, where it stands",
    "trap": "`trap cause(info) when condition`: drops everything else that the step does",
    "return": "the value of a `def`, the place of a `view`",
    "execute": "`execute mem[pc] else ...`: fetches and runs; after `else` a trap or block for unassigned words",
    "if": "`if c { ... } else { ... }`, and as an expression `if c then a else b`",
    "when": "a condition of the statement before it",
}
VALUES = {
    "unknown": "any value, each one its own",
    "insn": "the instruction word, once it has been fetched",
    "size": "`size(storage)`: how many words there are",
    "recv": "`recv(port[n])`: a word that a device sends",
    "send": "`send(port[n], word)`: a word for a device",
    **{name: f"`{name}(a)`, `{name}(a, width)`: {OPERATORS[name].manual}" for name in ("zext", "sext")},
    "true": "a truth value",
    "false": "a truth value",
}
PARTS = str.split("of reset then else signed pcrel alias zero exit channel bits")
ROLES = {
    Role.STORAGE: "storage: one view should relocate and check every access to it",
    Role.GENERAL: "the guest's own: passes to the real machine as it is",
    Role.PC: "the address of the instruction",
    Role.MODE: "its enum lists the modes, from the most to the least privileged",
    Role.BASE: "where a program lies in storage",
    Role.BOUND: "how much of storage a program may touch",
    Role.CONTROL: "a word of fields that have roles of their own",
    Role.TIMER: "counts steps down to a trap",
    Role.ENABLE: "whether interrupts are taken",
    Role.PENDING: "devices that want attention",
    Role.CHANNEL: "the way to devices",
    Role.HALT: "set when the machine stops",
    Role.RESOURCE: "what else the monitor keeps to itself",
}


def told(word: str) -> str:
    """What a word of the language means, or nothing."""
    if word.startswith("@"):
        return next((text for role, text in ROLES.items() if role.value == word[1:]), "")
    return next((table[word] for table in (ITEMS, WHOLES, STATEMENTS, VALUES) if word in table), "")
