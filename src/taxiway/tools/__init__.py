"""A slot: one file is one tool that works on a generator (see `core.tool`)."""
