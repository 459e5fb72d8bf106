"""Format the code and mend what ruff can mend."""

import subprocess
import sys

from environment import ROOT, ensure

if __name__ == "__main__":
    ruff = [ensure("dev"), "-m", "ruff"]
    subprocess.call([*ruff, "check", "--fix", "-q", "."], cwd=ROOT)
    sys.exit(subprocess.call([*ruff, "format", "."], cwd=ROOT))
