"""Taxiway, the open Runway: run a generative model on your own machine and play it live."""
