"""The same query in LitServe, with its own defaults: what ours is compared with.

    python bench/litserve_server.py PORT SIZE ANSWER

SIZE and ANSWER as in bench/flask_server.py.
"""

import sys
from typing import Any

import litserve
import numpy as np

from flask_server import data_uri
from picture import gradient, picture


class Query(litserve.LitAPI):
    """Checks z and truncation, answers the picture."""

    def __init__(self, size: int, answer: str) -> None:
        super().__init__(api_path="/query")
        self.size = size
        self.answer = answer

    def setup(self, device: str) -> None:
        self.pixels = picture(self.size)
        self.ready = data_uri(self.pixels)

    def decode_request(self, request: dict[str, Any], **_: Any) -> Any:
        z = np.array(request["z"], dtype=np.float32)
        truncation = float(request.get("truncation", 0.8))
        if z.shape != (512,) or not np.isfinite(z).all() or not np.isfinite(truncation):
            raise ValueError("z takes 512 numbers")
        return z

    def predict(self, z: Any, **_: Any) -> str:
        if self.answer == "prepared":
            return self.ready
        return data_uri(gradient(z, self.size) if self.answer == "rendered" else self.pixels)

    def encode_response(self, image: str, **_: Any) -> dict[str, str]:
        return {"image": image}


if __name__ == "__main__":
    port, size = map(int, sys.argv[1:3])
    server = litserve.LitServer(Query(size, sys.argv[3]), accelerator="cpu")
    server.run("127.0.0.1", port, generate_client_file=False, log_level="error", access_log=False)
