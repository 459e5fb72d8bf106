"""How people write rates, periods, prices and names, and what a token's state is."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.hosting.records import (
    Hosted,
    Limits,
    Rate,
    Token,
    checked_label,
    checked_name,
    read_period,
    read_price,
    read_rate,
    read_scopes,
    write_price,
    write_rate,
)

TOKEN = Token(id=1, model="a", label="", hash=b"", limits=Limits(), created=0)


@pytest.mark.parametrize("name", ["a", "class-7b", "0", "a" * 63, "xn--caf-dma"])
def test_a_name_is_a_label_of_a_host_name(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "A", "a.b", "-a", "a-", "a" * 64, "a/b", "..", "a\n", "é", "studio"]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument, match="name"):
        checked_name(name)


@given(requests=st.integers(1, 999_999), unit=st.sampled_from("smhd"))
def test_a_rate_is_written_as_it_is_read(requests: int, unit: str) -> None:
    assert write_rate(read_rate(f"{requests}/{unit}")) == f"{requests}/{unit}"


@given(micros=st.integers(0, 10**12 - 1))
def test_a_price_is_written_as_it_is_read(micros: int) -> None:
    assert read_price(write_price(micros)) == micros
    assert len(write_price(micros).partition(".")[2]) >= 2


def test_what_people_write_is_read() -> None:
    assert read_rate("100/m") == Rate(100, 60)
    assert read_period("30d") == 30 * 86400
    assert read_period("2w") == 14 * 86400
    assert read_price("0.01") == 10_000
    assert read_scopes("query, info") == ("query", "info")
    assert write_price(10_000) == "0.01"
    assert write_price(123_450_000) == "123.45"


@given(text=st.text(string.digits + "smhdw/.-+e ∞N", max_size=12))
def test_what_is_not_understood_is_one_sentence(text: str) -> None:
    for read in (read_rate, read_period, read_price, read_scopes):
        try:
            read(text)
        except InvalidArgument as error:
            assert str(error).endswith(".")


@pytest.mark.parametrize("text", ["0/s", "10", "1.5/s", "-1/s", "1/w", "١/s", "10/s\n"])
def test_no_other_rate_is_taken(text: str) -> None:
    with pytest.raises(InvalidArgument, match="A rate is written as"):
        read_rate(text)


@pytest.mark.parametrize("text", ["-1", "NaN", "Infinity", "1e99", "0.0000001", "x", ""])
def test_no_other_price_is_taken(text: str) -> None:
    with pytest.raises(InvalidArgument, match="A price is a number"):
        read_price(text)


@pytest.mark.parametrize("label", ["a\nb", "\x1b[31m", "x" * 81])
def test_a_label_cannot_break_a_table(label: str) -> None:
    with pytest.raises(InvalidArgument, match="A label is one line"):
        checked_label(label)


def test_a_token_says_why_it_is_no_good() -> None:
    limits = Limits(expires=100, budget=2)
    token = structs.replace(TOKEN, limits=limits)
    assert token.state(99) == "ok"
    assert token.state(100) == "expired"
    assert structs.replace(token, requests=3, refused=1).state(0) == "used up"
    assert structs.replace(token, requests=3, refused=2).state(0) == "ok"
    assert structs.replace(token, revoked=1.0).state(0) == "revoked"


def test_a_hosted_model_runs_under_its_own_name() -> None:
    hosted = Hosted(name="class", model="painter", options={"device": "cpu"}, command="generate")
    spec = hosted.spec()
    assert (spec.name, spec.family, spec.command) == ("class", "painter", "generate")
    assert spec.options == {"device": "cpu"}
    with pytest.raises(NotFound):
        Hosted(name="class", model="painter", checkpoint="/none/such.pkl").spec()
