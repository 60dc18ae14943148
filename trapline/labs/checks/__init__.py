"""The kinds of check: `kind.py` says what one is, the others are families of them, and `catalogue.py` has them by
name, as `lab.toml` calls them."""
