"""Everything that takes a while: run in a process of its own, stopped and resumed."""
