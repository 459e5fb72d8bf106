"""`taxiway models`: what there is to run."""

import argparse

HELP = "list the models there are"


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog

    for card in catalog.cards():
        default = " (default)" if card.name == catalog.DEFAULT else ""
        print(f"{card.name}{default}\n    {card.summary}")
    print(
        "stylegan --checkpoint FILE\n    Your own StyleGAN2 or StyleGAN3: .pkl, .pt, .safetensors"
    )
