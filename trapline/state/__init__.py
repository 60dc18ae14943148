"""The state of a machine, shown: where it stands and what it repeats (`standing`), its registers and storage (`dump`),
and what is in files that were saved.
"""
