"""The application in a browser: `server.py` lets one browser of this machine in, `guard.py` says who that is."""
