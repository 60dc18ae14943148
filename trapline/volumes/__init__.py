"""What `trapline volume` does: a verb for each action (`verbs.py`), and a server (`serving.py`)."""
