"""Traces of runs, as the options ask for them: which lines (`choice`), what of them (`options`), as `text` or as a
file.

Begin with `recording`; `trapline trace` reads the files.
"""
