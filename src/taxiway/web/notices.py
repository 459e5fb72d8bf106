"""What the person at the terminal should know of clients, once each."""

MOST_NOTICES = 50
"""So that nobody can fill the terminal."""

_said: set[str] = set()


def once(sentence: str) -> None:
    """Print `sentence`, unless it was printed before or there were very many others."""
    if sentence not in _said and len(_said) < MOST_NOTICES:
        _said.add(sentence)
        print(sentence, flush=True)
