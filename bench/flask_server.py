"""The same query in Flask, as Runway's Python SDK served it: what ours is compared with.

    python bench/flask_server.py PORT SIZE ANSWER [gevent]

SIZE is the picture's width; ANSWER is `prepared` for one data URI encoded beforehand, `encoded`
for a JPEG made for every query, `rendered` for its picture made as well. Served by Flask's own
server, in threads, which closes the connection after each answer; or by gevent's, as the SDK did,
which keeps it.
"""

import base64
import io
import logging
import sys

import numpy as np
from flask import Flask, Response, jsonify, request
from gevent.pywsgi import WSGIServer
from PIL import Image

from picture import gradient, picture


def data_uri(pixels: np.ndarray) -> str:
    """The picture as the Model SDK sends it: JPEG, quality 90."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def create(size: int, answer: str) -> Flask:
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
        if answer == "prepared":
            return jsonify(image=ready)
        return jsonify(image=data_uri(gradient(z, size) if answer == "rendered" else pixels))

    @app.after_request
    def cors(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Accept"
        return response

    return app


if __name__ == "__main__":
    port, size = map(int, sys.argv[1:3])
    app = create(size, sys.argv[3])
    if sys.argv[4:] == ["gevent"]:
        WSGIServer(("127.0.0.1", port), app, log=None).serve_forever()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.run("127.0.0.1", port, threaded=True)
