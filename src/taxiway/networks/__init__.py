"""Generator networks in PyTorch, and the files they come in."""
