"""What a debugger asks of a machine: `conditions` are asked of its state between two steps."""
