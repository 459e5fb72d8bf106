"""`taxiway servers`: the protocols there are, ours and other packages'."""

import argparse

HELP = "the protocols by which a model is reached, with their settings"


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(parsed: argparse.Namespace) -> None:
    from taxiway.web.server_slot import server_kinds

    for name, kind in server_kinds().items():
        print(f"{name:12} {kind.title}")
        for setting, field in kind.settings.items():
            default = field.describe(setting).get("default")
            print(f"{'':12}   {setting}={default}  {field.description or ''}".rstrip())
