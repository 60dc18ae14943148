"""How large a description may be. A hostile file meets one of these before it can exhaust time or memory.

Each limit has its own error, which names it; docs/language.md lists them all.
"""

FILE_CHARACTERS = 128 * 1024  # of one file: ten times the largest machine so far
NUMBER_LENGTH = 40  # characters of one number
NAME_LENGTH = 64  # characters of one name
NESTING = 60  # of one expression as written; the checker's recursion is a few frames per level
ITEMS = 2048  # of one machine, after its variants
STATEMENTS = 512  # of one block
VARIANT_CHAIN = 16  # a variant of a variant of ...
DECLARATIONS = 512  # machines and variants of one file
WORD_BITS = 64  # of any value
CELLS = 65536  # of a register file
CHANNELS = 4096  # of one channel state
STATES = 256
STATE_CELLS = 262144  # of all register files together
ENUM_MEMBERS = 1024
INSTRUCTIONS = 1024
EXPANSION_WORDS = 16  # of a pseudo-instruction
BEHAVIOUR_NODES = 4096  # distinct nodes of one behaviour, after defs and views are inlined
BEHAVIOUR_PARTS = 512  # traps and effects of one behaviour
BEHAVIOUR_DEPTH = 200  # of any expression, after inlining: readers of the IR may recurse
INLINED_NODES = 150_000  # nodes copied by inlining, in the whole description
DIAGNOSTICS = 20  # shown at once
