"""Manifests as people write them, to test with."""

CUTOUT = """
taxiway = 1
name = "cutout-small"
title = "Cut-out (small)"
summary = "Finds the main thing in a picture and hides the rest."
task = "cut-out"
licence = { code = "Apache-2.0", weights = "Apache-2.0", commercial = true, checked = 2026-11-29 }

[[file]]
path = "cutout-small.onnx"
bytes = 4574861
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
from = [
  "https://example.org/u2netp.onnx",
  "hf://someone/u2netp@0123456789abcdef0123456789abcdef01234567/u2netp.onnx",
]

[[onnx.input]]
name = "image"
type = "image"
tensor = "input.1"
size = [320, 320]
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]

[[onnx.input]]
name = "amount"
type = "number"
min = 0
max = 1
default = 0.5

[[onnx.output]]
name = "image"
tensor = "1959"
post = ["minmax"]
compose = "alpha"

[options]
threshold = { type = "number", min = 0, max = 1, default = 0.5 }

[aliases]
inputs = { input_image = "image" }
outputs = { output = "image" }
"""
