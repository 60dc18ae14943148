"""A machine explained from its description: manual, notation, diagrams, native code."""
