"""`python -m trapline` is the same as `trapline`."""

import sys

from trapline.cli import main

sys.exit(main())
