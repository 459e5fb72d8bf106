"""The owner's link and what it opens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from taxiway.hosting import owner
from taxiway.hosting.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as store:
        yield store


def test_a_link_signs_in_once(store: Store) -> None:
    link = owner.new_link(store)
    own = owner.sign_in(store, link)
    assert own is not None
    assert owner.is_signed_in(store, own)
    assert owner.sign_in(store, link) is None
    assert not owner.is_signed_in(store, link)
    assert not owner.is_signed_in(store, "")
    assert owner.sign_in(store, own) is None


def test_a_link_is_good_for_minutes_and_a_sign_in_for_a_day_of_work(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, link = owner.new_link(store), owner.new_link(store)
    own = owner.sign_in(store, link) or ""
    now = owner.time.time()
    monkeypatch.setattr(owner.time, "time", lambda: now + owner.LINK_SECONDS + 1)
    assert owner.sign_in(store, late) is None
    assert owner.is_signed_in(store, own)
    monkeypatch.setattr(owner.time, "time", lambda: now + owner.SIGNED_IN_SECONDS + 1)
    assert not owner.is_signed_in(store, own)
    owner.new_link(store)
    assert len(store._rows("SELECT 1 FROM owners")) == 1  # what is late is forgotten


def test_signing_out_ends_one_sign_in_or_all(store: Store) -> None:
    first, second = (owner.sign_in(store, owner.new_link(store)) or "" for _ in range(2))
    store.leave(owner.digest(first))
    assert [owner.is_signed_in(store, own) for own in (first, second)] == [False, True]
    link = owner.new_link(store)
    store.leave()
    assert not owner.is_signed_in(store, second)
    assert owner.sign_in(store, link) is None


def test_neither_link_nor_sign_in_is_kept_as_it_is(store: Store, tmp_path: Path) -> None:
    link = owner.new_link(store)
    own = owner.sign_in(store, link) or ""
    for path in tmp_path.iterdir():
        assert link.encode() not in path.read_bytes()
        assert own.encode() not in path.read_bytes()
