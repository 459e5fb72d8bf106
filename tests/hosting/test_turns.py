"""Turns are even between who waits, none is kept from who is alone, and the place told is true."""

from collections import Counter, deque

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import examples
from taxiway.hosting.turns import ACTIVE_SECONDS, ALWAYS, SAVED, Turns


def begun(turns: Turns) -> str:
    """Whose turns begin now."""
    found = ""
    while next := turns.begin():
        found += str(next[0])
    return found


def test_who_is_alone_has_all_and_a_share_once_others_ask() -> None:
    turns = Turns(8)
    for _ in range(20):
        turns.enter("a")
    assert begun(turns) == "a" * 8
    for who in "bcd":
        turns.enter(who)
    for _ in range(6):
        turns.finish("a")
    assert begun(turns) == "bcd"
    turns.finish("a")
    assert begun(turns) == "a"


def test_a_share_is_kept_for_who_asked_of_late_and_no_longer() -> None:
    now = 0.0
    turns = Turns(4, clock=lambda: now)
    for who in "bcd":
        turns.enter(who)
        begun(turns)
        turns.finish(who)
    for _ in range(9):
        turns.enter("a")
    assert begun(turns) == "a" * ALWAYS
    now = 2 * ACTIVE_SECONDS
    turns.enter("a")
    turns.finish("a")
    assert begun(turns) == "aaa"


def test_who_left_the_line_is_passed_over() -> None:
    turns = Turns(2)
    tickets = [turns.enter(who) for who in "aabbcc"]
    begun(turns)
    turns.leave("b", tickets[3])
    turns.leave("c", tickets[4])
    turns.finish("a")
    turns.finish("b")
    assert begun(turns) == "ca"
    assert turns.waiting == 0


@settings(max_examples=examples(60), deadline=None)
@given(
    others=st.integers(2, 12),
    away=st.integers(0, 6),
    most=st.integers(1, 16),
    greedy=st.integers(2, 40),
)
def test_who_asks_on_many_connections_has_no_more_than_the_others_while_they_wait(
    others: int, away: int, most: int, greedy: int
) -> None:
    """The others come back `away` answers after theirs, as who is slowed down on the way does."""
    turns = Turns(most)
    at_work: deque[object] = deque()
    back: deque[tuple[int, object]] = deque()
    had: Counter[object] = Counter()
    for who in ["a"] * greedy + [*range(others)]:
        turns.enter(who)
    for step in range(60 * (others + 1)):
        while back and back[0][0] <= step:
            turns.enter(back.popleft()[1])
        while True:
            only_a = not any(turns.of(who) for who in range(others))
            if (next := turns.begin()) is None:
                break
            at_work.append(next[0])
            had[next[0]] += not (only_a and next[0] == "a")
        assert len(at_work) <= most
        assert len(at_work) >= min(ALWAYS, most, len(at_work) + turns.waiting)
        done = at_work.popleft()
        turns.finish(done)
        back.append((step + (away if done != "a" else 0), done))
        back = deque(sorted(back, key=lambda each: each[0]))
    least = min(had[who] for who in range(others))
    assert had["a"] <= least + 2 * SAVED + greedy
