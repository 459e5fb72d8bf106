"""ONNX files of anybody: read without being run, checked, run on a backend, and what stands around
them: pictures and numbers into tensors, tensors into pictures, boxes and points."""
