"""Libraries that read their settings when they are loaded find those of the tests."""

import json
import os
import tempfile
from pathlib import Path

_FOLDER = Path(tempfile.mkdtemp(prefix="taxiway-sinks"))
_NDI = {"ndi": {"networks": {"ips": "127.0.0.1"}}}
(_FOLDER / "ndi-config.v1.json").write_text(json.dumps(_NDI))
os.environ.setdefault("NDI_CONFIG_DIR", str(_FOLDER))
os.environ.setdefault("OMT_STORAGE_PATH", str(_FOLDER))
