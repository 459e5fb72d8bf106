"""A slot: one file is one tool that works on any model, or on none (see `core.tool`)."""
