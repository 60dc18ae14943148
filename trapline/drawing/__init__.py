"""Pictures as SVG: `svg.py` writes elements, `bars.py` draws a bar chart. A picture is one file that needs nothing
else, light or dark as the reader's screen is, and every part of it can be read aloud."""
