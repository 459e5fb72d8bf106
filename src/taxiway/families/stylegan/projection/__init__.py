"""From a picture to its latent."""
