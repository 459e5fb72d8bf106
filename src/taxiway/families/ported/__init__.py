"""Runway's Python SDK: the `runway` module for ported models, and how a port is started.

`runway/` imports neither Taxiway nor anything beyond numpy and Pillow: it runs in the port's own
interpreter, which may be an old one. `python -m taxiway.compat` prints the folder to put on its
PYTHONPATH.
"""
