"""Set-ups to try the family with."""

from taxiway.catalog import catalog

CASES = [catalog.spec(catalog.card("landscape")).options]
