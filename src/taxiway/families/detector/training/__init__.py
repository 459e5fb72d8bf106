"""How a detector learns, with PyTorch."""
