"""Directions in the latent space: found, measured, kept."""
