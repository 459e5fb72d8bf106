"""`taxiway update`: which Taxiway this is, how it came here, and what brings a newer one."""

import argparse

HELP = "say how this was installed and what updates it; nothing is changed"
INDEX = "https://pypi.org/pypi/taxiway/json"
PATIENCE_SECONDS = 10.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say how this was installed and what updates it; nothing is changed."
    parser.epilog = "Nobody is asked over the network but by --check."
    parser.add_argument(
        "--check", action="store_true", help="ask the package index which version is the newest"
    )


def run(parsed: argparse.Namespace) -> None:
    import platform
    import sys
    from importlib.metadata import version

    from taxiway.core.installation import NEWER, installation

    found = installation()
    by = "runs from a clone" if found.way == "clone" else f"was installed by {found.way}"
    print(f"taxiway {version('taxiway')} {by}{f': {found.source}' if found.source else ''}")
    print(f"Python {platform.python_version()}: {sys.executable}")
    print(f"To update it:\n    {found.update}")
    if NEWER in found.update:
        print(f"{NEWER} stands for the newer file.")
    if parsed.check:
        print(f"The newest on PyPI is {newest()}.")


def newest() -> str:
    """The newest version of the package index. Raises TaxiwayError where it has none or is away."""
    import json
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    from taxiway.core.errors import NotFound, TaxiwayError

    try:
        with urlopen(INDEX, timeout=PATIENCE_SECONDS) as answer:
            return str(json.load(answer)["info"]["version"])
    except HTTPError as error:
        if error.code == 404:
            raise NotFound("The package index PyPI has no 'taxiway'.") from None
        raise TaxiwayError(f"The package index PyPI answered {error.code}.") from None
    except (URLError, TimeoutError, OSError) as error:
        why = getattr(error, "reason", error)
        raise TaxiwayError(f"The package index PyPI cannot be reached: {why}.") from None
    except (ValueError, KeyError, TypeError):
        raise TaxiwayError("The package index PyPI answered with something else.") from None
