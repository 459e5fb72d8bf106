"""What the user has: model cards and checkpoints."""
