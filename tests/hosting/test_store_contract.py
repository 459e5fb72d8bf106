"""What both kinds of store promise, a SQLite file and a PostgreSQL database."""

import threading
from collections.abc import Callable

import pytest
from msgspec import structs

from hosting.store_cases import LIMITS, MODEL, hosting, server
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.hosting.records import Limits
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

Opened = Callable[[], Store]


@pytest.fixture
def store(opened: Opened) -> Store:
    return opened()


def test_what_was_created_is_there_when_it_is_opened_again(store: Store, opened: Opened) -> None:
    hosting(store)
    store.close()
    again = opened()
    assert again.models() == [MODEL]
    token = again.tokens("class")[0]
    assert (token.label, token.hash, token.limits) == ("7b", digest("secret"), LIMITS)
    assert (token.requests, token.cost, token.last_use) == (0, 0, None)


def test_what_one_process_commits_another_sees_at_once(store: Store, opened: Opened) -> None:
    hosting(store)
    other = opened()
    token = other.tokens()[0].id
    assert other.admit(token, 5.0)
    assert store.tokens()[0].requests == 1
    store.revoke(token, 6.0)
    assert other.tokens()[0].revoked == 6.0
    store.set_active("class", False)
    found = other.asked("class", digest("secret"))
    assert found is not None
    assert not found[0].active


def test_a_budget_is_kept_and_refusals_cost_nothing(store: Store) -> None:
    token = hosting(store)
    assert [store.admit(token, 5.0) for _ in range(4)] == [True, True, True, False]
    store.refuse(token, 7.0)
    store.failed(token)
    after = store.tokens()[0]
    assert (after.requests, after.refused, after.errors) == (4, 1, 2)
    assert (after.cost, after.last_use) == (30_000, 7.0)
    assert not store.admit(token, 8.0)


def test_many_threads_spend_a_budget_exactly(store: Store, opened: Opened) -> None:
    token = hosting(store, Limits(budget=100))
    admitted: list[bool] = []

    def spend(own: Store) -> None:
        admitted.extend(own.admit(token, 1.0) for _ in range(40))

    threads = [threading.Thread(target=spend, args=[opened()]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 100
    assert store.tokens()[0].requests == 100


def test_a_name_is_given_once_and_what_is_not_there_is_named(store: Store) -> None:
    hosting(store)
    with pytest.raises(InvalidArgument, match="There is a hosted model 'class' already"):
        hosting(store)
    with pytest.raises(NotFound, match="No hosted model named 'klass'. There are: class"):
        store.add_token("klass", "", b"x", LIMITS, 0)
    for act in (store.model, store.remove, lambda name: store.set_active(name, True)):
        with pytest.raises(NotFound, match="There are: class"):
            act("klass")
    with pytest.raises(NotFound, match="No token has the number 99"):
        store.revoke(99, 0)
    assert store.asked("klass", digest("secret")) is None


def test_a_model_that_is_removed_takes_its_tokens_along(store: Store) -> None:
    first = hosting(store)
    store.remove("class")
    assert store.tokens() == []
    # A number is never given again, or an old note about a token would mean another.
    assert hosting(store) > first


def test_revoking_twice_keeps_the_first_time(store: Store) -> None:
    token = hosting(store)
    store.revoke(token, 1.0)
    store.revoke(token, 2.0)
    assert store.tokens()[0].revoked == 1.0


def test_the_server_says_where_it_is_and_how_models_are(store: Store) -> None:
    hosting(store)
    assert store.url is None
    store.url = "http://localhost:1"
    store.url = "https://models.example.org"
    assert store.url == "https://models.example.org"
    store.set_state("class", "running")
    assert store.model("class").state == "running"
    store.set_state(None, "asleep")
    assert store.model("class").state == "asleep"


def test_what_a_dead_server_had_in_hand_is_taken_back(store: Store, opened: Opened) -> None:
    token = hosting(store)
    store.join(server("a"))
    assert [store.admit(token, 1.0) for _ in range(4)] == [True, True, True, False]
    assert store.answered(token, 1.0)
    other = opened()
    other.join(server("b"))
    other.bury("a")
    left = other.tokens()[0]
    assert (left.requests, left.cost) == (1, 10_000)
    assert [other.admit(token, 2.0) for _ in range(3)] == [True, True, False]
    assert [known.id for known in other.servers()] == ["b"]


def test_one_that_was_buried_alive_counts_anew_and_gives_nothing_beyond_the_budget(
    store: Store, opened: Opened
) -> None:
    token = hosting(store)
    store.join(server("a"))
    assert all(store.admit(token, 1.0) for _ in range(3))
    other = opened()
    other.join(server("b"))
    other.bury("a")
    assert store.answered(token, 2.0)
    assert store.admit(token, 2.0)
    assert other.admit(token, 2.0)
    assert [known.id for known in store.servers()] == ["a", "b"]
    # Two were in its hand of old, one is new, and there is room for that one.
    assert [store.answered(token, 3.0) for _ in range(3)] == [True, False, False]
    assert other.answered(token, 3.0)
    store.failed(token)
    left = store.tokens()[0]
    assert (left.requests, left.errors) == (3, 0)


def test_one_at_the_address_of_another_has_taken_its_place(store: Store, opened: Opened) -> None:
    token = hosting(store)
    store.join(server("a"))
    assert store.admit(token, 1.0)
    again = opened()
    again.join(structs.replace(server("b"), url=server("a").url))
    assert [known.id for known in again.servers()] == ["b"]
    assert again.tokens()[0].requests == 0
    assert store.beat()[0].id == "a"


def test_a_model_is_placed_once_by_whoever_asks_and_where_there_is_least(
    store: Store, opened: Opened
) -> None:
    hosting(store)
    for name, copies in (("second", 2), ("third", 2), ("fourth", 1)):
        store.create(structs.replace(MODEL, name=name, copies=copies), "", None, LIMITS)
    stores = [store, opened(), opened()]
    for name, each in zip("abc", stores, strict=True):
        each.join(server(name))
    told: list[str] = []

    def ask(each: Store) -> None:
        told.extend(place.id for place in each.place("class"))

    threads = [threading.Thread(target=ask, args=[each]) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = told[0]
    assert told == [first] * 3
    others = sorted({"a", "b", "c"} - {first})
    assert [place.id for place in store.place("second")] == others
    # All have one now: the server that asks has another, and the next by name.
    assert [place.id for place in store.place("third")] == ["a", "b"]
    assert [place.id for place in store.place("fourth")] == ["c"]
    assert store.place("nothing") == []
    stores[1].leave_place("class", first)
    assert first not in [place.id for place in stores[1].place("class", [first])]


def test_a_dead_server_has_no_model(store: Store, opened: Opened) -> None:
    hosting(store)
    store.join(server("a"))
    store.place("class")
    store.set_state("class", "running")
    other = opened()
    other.join(server("b"))
    other.bury("a")
    assert other.places("class") == []
    assert other.model("class").state == "asleep"
    assert other.place("class")[0].id == "b"
