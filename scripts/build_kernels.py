"""Make the exported page's kernels.wasm of its text; tests see that it was done."""

from pathlib import Path

import wasmtime

ENGINE = Path(__file__).resolve().parent.parent / "src" / "taxiway" / "website" / "engine"

if __name__ == "__main__":
    made = wasmtime.wat2wasm((ENGINE / "kernels.wat").read_text())
    (ENGINE / "kernels.wasm").write_bytes(made)
