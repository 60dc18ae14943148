"""What `trapline net` does: guests on one switch, as a file says (`definition.py`), run (`running.py`) and told."""
