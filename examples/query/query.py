"""Ask a running Taxiway for one rainbow and save it as rainbow.jpg. Nothing to install."""

import base64
import json
import random
import urllib.request

ADDRESS = "http://localhost:8000"  # where the terminal says Taxiway is

z = [random.gauss() for _ in range(512)]  # a place among all possible rainbows
question = {"z": z, "truncation": 0.8}  # less truncation: safer, more: stranger

request = urllib.request.Request(
    f"{ADDRESS}/query",
    data=json.dumps(question).encode(),
    headers={"Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as answer:
    image = json.load(answer)["image"]

# The image is a data URI: some words, a comma, and the file in base64.
with open("rainbow.jpg", "wb") as file:
    file.write(base64.b64decode(image.partition(",")[2]))
print("Saved rainbow.jpg.")
