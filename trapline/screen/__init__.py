"""`trapline debug` as an application of the terminal: panes that show a debugger, and keys that are its words.

`application.py` puts it together; `work.py` does words away from the thread that draws, `keys.py` has the keys, and
`panes/` has what is shown, a file for each. `served/` is the same in a browser. Whatever is known of machines is in
`trapline.debugging`. It needs the extra `trapline[tui]`.
"""
