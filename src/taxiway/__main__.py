"""`python -m taxiway` is `taxiway`."""

import sys

from taxiway.cli import main

if __name__ == "__main__":
    sys.exit(main())
