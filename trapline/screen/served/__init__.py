"""The application in a browser: `server.py` lets one browser of this machine in, `trapline.guard`
says who that is."""
