"""The solver: the IR as its terms (`symbolic`), its questions (`solving`), worker processes, models in words."""
