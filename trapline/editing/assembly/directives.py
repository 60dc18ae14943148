"""The directives in a line each: how they are written and what they do. docs/assembly.md has them at length."""

DIRECTIVES: dict[str, tuple[str, str]] = {
    ".org": ("A", "Continue at address A, forwards or backwards."),
    ".word": ("E, ...", "Words, signed or unsigned."),
    ".space": ("N, E", "N words of E, or of zero."),
    ".align": ("N", "Words of zero up to the next multiple of N."),
    ".string": ('"...", ...', "One word per character, and a zero word after each string."),
    ".ascii": ('"...", ...', "One word per character."),
    ".equ": ("NAME, E", "A constant; E may use what is defined below."),
    ".entry": ("E", "Where execution begins."),
    ".include": ('"FILE"', "The statements of a file, relative to this one; of a shipped one as `<FILE>`."),
    ".was": ("INSTRUCTION", "What the instruction before it stands for; a monitor does that in its place."),
    ".macro": ("name a, b=0", "A macro, up to `.endm`. In it `\\a` is an argument, `\\@` a number of its own."),
    ".endm": ("", "The end of a macro."),
    ".rept": ("N, i", "The lines up to `.endr`, N times. In them `\\i` is the number of the turn."),
    ".endr": ("", "The end of a repetition."),
    ".if": ("E", "The lines up to `.else` or `.endif` count if E is not zero."),
    ".ifdef": ("NAME", "The lines up to `.else` or `.endif` count if NAME is defined above."),
    ".ifndef": ("NAME", "The lines up to `.else` or `.endif` count if NAME is not defined above."),
    ".else": ("", "The lines up to `.endif` count if those above do not."),
    ".endif": ("", "The end of a condition."),
}
