"""One guest under every kind of monitor, side by side: `kind.py` says what is found of each, `derived.py` tries those
that are derived from the description, `assembly.py` those that are programs of the machine, `mended.py` the machine
with the guards that it lacks, and `shown.py` makes a table and a chart of it. A kind is one entry in `catalogue.py`."""
