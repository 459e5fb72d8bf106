"""Tokens: long, random, found by their hash, in the same time whichever it is."""

import hmac

import pytest

from taxiway.hosting import tokens
from taxiway.hosting.records import Limits, Token


def kept(number: int, token: str | None) -> Token:
    hash = None if token is None else tokens.digest(token)
    return Token(id=number, model="a", label="", hash=hash, limits=Limits(), created=0)


def test_a_token_has_256_bits_and_suits_a_header() -> None:
    made = {tokens.new_token() for _ in range(100)}
    assert len(made) == 100
    for token in made:
        assert token.startswith("tw_")
        assert len(token) == 3 + 43
        assert token.isascii()
        assert token.replace("-", "").replace("_", "").isalnum()


def test_the_right_one_is_found_and_no_other() -> None:
    given = [tokens.new_token() for _ in range(3)]
    known = [kept(0, None), *(kept(i + 1, token) for i, token in enumerate(given))]
    found = [tokens.find(token, known) for token in given]
    assert [token and token.id for token in found] == [1, 2, 3]
    for wrong in ("", "tw_", given[0][:-1], given[0] + "x", given[0].upper(), "é\udcff"):
        assert tokens.find(wrong, known) is None


def test_all_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    real = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(tokens.hmac, "compare_digest", counting)
    given = [tokens.new_token() for _ in range(5)]
    known = [kept(i, token) for i, token in enumerate(given)]
    for token in (given[0], given[4], "wrong"):
        compared.clear()
        tokens.find(token, known)
        assert compared == [one.hash for one in known]
