"""The laboratory in a browser, with nothing to install: what its page asks, as plain data.

`asking.py` takes a question as JSON and gives an answer as JSON; `questions.py` lists them. Most of what the page does
is a command (`commanding.py`), said as in a terminal, in a folder that has the files of the page (`files.py`).
`web/` is the page, and `site/` makes a folder of static files of it all (`make site`). See docs/browser.md.
"""
