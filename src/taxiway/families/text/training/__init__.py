"""How a GPT-2 is trained, with PyTorch and transformers."""
