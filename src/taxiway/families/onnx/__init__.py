"""Networks of anybody as ONNX files, with what a manifest says of them."""
