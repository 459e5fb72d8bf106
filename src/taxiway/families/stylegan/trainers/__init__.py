"""Trainers of StyleGAN beside the usual one, a file each."""
