"""Set Taxiway up where needed, then run it: `python3 scripts/start.py [taxiway's arguments]`."""

import subprocess
import sys

from environment import ensure

if __name__ == "__main__":
    python = ensure()
    try:
        sys.exit(subprocess.call([python, "-m", "taxiway", *sys.argv[1:]]))
    except KeyboardInterrupt:
        # The child was told too, and has cleaned up by itself.
        sys.exit(130)
