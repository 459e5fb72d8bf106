"""What can be found in a generator, and how to ask it: the room of latent tools, with PyTorch."""
