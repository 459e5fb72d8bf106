"""Latent vectors as numpy arrays: sampling, fields and noise."""
