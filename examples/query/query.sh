#!/bin/sh
# Ask a running Taxiway for two rainbows, with nothing but curl.
set -eu
ADDRESS=http://localhost:8000 # where the terminal says Taxiway is

# By its address: a picture of seed 1, as a browser would get it.
curl --fail-with-body --silent --show-error "$ADDRESS/generate.png?seed=1&psi=0.8" --output rainbow.png

# As sketches do it: a question in JSON. The answer is JSON too, the image a data URI in it.
curl --fail-with-body --silent --show-error "$ADDRESS/query" \
  --header 'Content-Type: application/json' \
  --data '{"seed": 1, "truncation": 0.8}' |
  sed 's/.*base64,//; s/".*//' | base64 --decode > rainbow.jpg

echo 'Saved rainbow.png and rainbow.jpg, the same place twice.'
