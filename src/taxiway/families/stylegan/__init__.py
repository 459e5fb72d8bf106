"""StyleGAN2 and StyleGAN3: networks, latent tools and training."""
