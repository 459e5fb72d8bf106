"""NDI and OMT keep to this machine."""

import own_network

__all__ = ["own_network"]
