"""StyleGAN 1, 2 and 3: networks, latent tools and training."""
