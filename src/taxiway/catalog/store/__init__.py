"""Models that were fetched: files by what is in them, checked, whole, used without a network."""
