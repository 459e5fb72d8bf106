"""The baseline of bench/query.py: the same query in Flask, as Runway's Python SDK served it.

    python bench/flask_server.py PORT SIZE PREPARED

SIZE is the picture's width; PREPARED 1 answers one data URI encoded beforehand, 0 encodes a JPEG
for every query.
"""

import base64
import io
import logging
import sys

import numpy as np
from flask import Flask, Response, jsonify, request
from PIL import Image
from werkzeug.serving import WSGIRequestHandler

from picture import picture


def data_uri(pixels: np.ndarray) -> str:
    """The picture as the Model SDK sends it: JPEG, quality 90."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def create(size: int, prepared: bool) -> Flask:
    """The application: checks z and truncation, answers the picture, opens itself to any page."""
    app = Flask(__name__)
    pixels = picture(size)
    ready = data_uri(pixels)

    @app.post("/query")
    def query() -> Response | tuple[Response, int]:
        inputs = request.get_json(force=True)
        z = np.array(inputs["z"], dtype=np.float32)
        truncation = float(inputs.get("truncation", 0.8))
        if z.shape != (512,) or not np.isfinite(z).all() or not np.isfinite(truncation):
            return jsonify(error="z takes 512 numbers"), 400
        return jsonify(image=ready if prepared else data_uri(pixels))

    @app.after_request
    def cors(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Accept"
        return response

    return app


if __name__ == "__main__":
    port, size, prepared = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # Keep-alive, or Flask would pay for a connection per query.
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    create(size, prepared).run("127.0.0.1", port, threaded=True)
