"""The rainbow painter: 512 numbers in, a drawn landscape out; numpy only."""
