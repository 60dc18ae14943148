"""What is a machine? Its description (`language`, `description`, `ir`), programs for it (`assembler`), machines that
run (`machine`, `engines`) and what they speak to (`devices`). READING.md is the tour; `isa.machines.catalogue` finds a machine.
"""
