"""PyTorch: any device it knows, and gradients."""
