"""The face of Trapline: the command line, its reports and the demo. Nothing imports it. Start at `trapline.cli`."""
