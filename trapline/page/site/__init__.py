"""The site: a folder of static files with the page, Python, the solver and all of Trapline in it.

`parts.py` takes what others made, pinned in `parts.toml`; `warm.mjs` runs Python as the page will, has `warming.py`
make what `isa.files.kept` would keep, and packs it; `building.py` puts the folder together, and `serving.py` serves it.
"""
