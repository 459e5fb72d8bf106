"""The trainer of StyleGAN2 and StyleGAN3."""
