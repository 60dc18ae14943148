"""The native engine: one more reading of the description, through LLVM. Begin at `engine.py`; see docs/engine.md."""
