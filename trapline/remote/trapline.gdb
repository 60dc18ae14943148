# What gdb runs to show a machine of Trapline: `trapline gdb --script` prints where this file is.

# Until a guest has been assembled, nobody answers; gdb gives up after two seconds by itself.
set remotetimeout 60

define hookpost-monitor
  maintenance flush register-cache
  maintenance flush dcache
end

python
import gdb
from gdb.disassembler import Disassembler, DisassemblerResult, register_disassembler

class Trapline(Disassembler):
    """Instructions as the machine's own description writes them; gdb takes them for RISC-V's."""

    def __call__(self, info):
        text = gdb.execute(f"monitor code {info.address // 4} 1", to_string=True)
        return DisassemblerResult(4, text.strip().partition("  ")[2])

register_disassembler(Trapline("trapline"), "riscv:rv32")
end
