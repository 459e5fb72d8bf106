"""The bus tells everyone, and a listener may leave."""

from taxiway.core.events import Event, Events, QueryFailed


def test_every_listener_hears_until_it_leaves() -> None:
    events = Events()
    first: list[Event] = []
    second: list[Event] = []
    leave = events.listen(first.append)
    events.listen(second.append)
    one, two = QueryFailed("a", "x"), QueryFailed("a", "y")
    events.emit(one)
    leave()
    events.emit(two)
    assert (first, second) == ([one], [one, two])


def test_a_listener_may_leave_while_it_is_told() -> None:
    events = Events()
    heard: list[Event] = []

    def once(event: Event) -> None:
        heard.append(event)
        leave()

    leave = events.listen(once)
    events.emit(QueryFailed("a", "x"))
    events.emit(QueryFailed("a", "y"))
    assert len(heard) == 1
