"""What is said of messages that do nothing, and of all where somebody wants that."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_fakes import GENERATE
from taxiway.live.messages.moves import Message
from taxiway.servers.osc.monitor import LINES, OTHERS, Monitor, nearest
from taxiway.servers.osc.server import POWERS

KNOWN = [
    *POWERS,
    *(f"/{name}" for name in GENERATE.inputs),
    *("/psi", "/z/0", "/w/0", "/walk", "/walk/stop"),
]
SOURCE = ("192.0.2.5", 9000)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("/PSI", "/psi"),
        ("/Truncation", "/truncation"),
        ("/truncaton", "/truncation"),
        ("/query/", "/query"),
        ("/walk/stop/", "/walk/stop"),
        ("/walk/end", "/walk"),
        ("/sever/connect", "/server/connect"),
        ("/Z/12", "/z/12"),
        ("/W/3", "/w/3"),
        ("/sed", "/seed"),
        ("/1/fader17", None),
        ("/", None),
        ("/x/3", None),
    ],
)
def test_the_address_that_was_meant_is_named(sent: str, meant: str | None) -> None:
    assert nearest(sent, KNOWN) == meant


@given(st.text(max_size=200))
def test_any_address_has_a_nearest_one_or_none(sent: str) -> None:
    near = nearest("/" + sent, KNOWN)
    assert near is None or near in KNOWN or near.rpartition("/")[2].isdecimal()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_ignored_is_reported_with_its_sender_but_not_without_end() -> None:
    reported: list[tuple[str, str, int]] = []
    due: list[Callable[[], None]] = []
    clock = Clock()
    monitor = Monitor(lambda *s: reported.append(s), clock, None, lambda _, work: due.append(work))
    monitor.received([Message("/psi", [1.0])], SOURCE)
    assert reported == []
    for _ in range(100):
        monitor.unknown("/Psi\n\x1b[2J", ("fe80::2", 9), lambda: KNOWN)
    told = ("[fe80::2]:9", "/Psi??[2J is no address here; /psi is.")
    assert reported == [(*told, 1)]
    due.pop()()
    assert reported == [(*told, 1), (*told, 99)]
    # Of ever other ones some are told, and all are counted.
    reported.clear()
    for k in range(1000):
        monitor.unknown(f"/{k}", SOURCE, lambda: KNOWN)
    assert len(reported) == LINES - 1
    (tell,) = due
    tell()
    assert reported[-1] == ("192.0.2.5:9000", OTHERS, 1000 - len(reported) + 1)
    clock.now = 5.0
    monitor.say("No.", SOURCE)
    assert reported[-1] == ("192.0.2.5:9000", "No.", 1)


def test_each_of_many_senders_is_told_his_own_number() -> None:
    reported: list[tuple[str, str, int]] = []
    due: list[Callable[[], None]] = []
    monitor = Monitor(lambda *s: reported.append(s), Clock(), None, lambda _, w: due.append(w))
    for k in range(LINES):
        monitor.say(f"No {k}.", SOURCE)  # so many are told at once
    reported.clear()
    for _ in range(3):
        for k in range(LINES):
            monitor.say("No.", ("192.0.2.5", k))
    (tell,) = due
    tell()
    assert reported == [(f"192.0.2.5:{k}", OTHERS, 3) for k in range(LINES)]


def test_every_message_is_a_line_where_somebody_wants_it() -> None:
    lines: list[str] = []
    clock = Clock()
    monitor = Monitor(lambda *_: None, clock, lines.append)
    monitor.received(
        [Message("/z", [0.5] * 512), Message("/walk"), Message("/a", ["b\nc"])], SOURCE
    )
    monitor.unknown("/a", SOURCE, lambda: KNOWN)
    assert lines == [
        "OSC 192.0.2.5:9000 /z 0.5 0.5 0.5 0.5 and 508 more",
        "OSC 192.0.2.5:9000 /walk",
        "OSC 192.0.2.5:9000 /a b?c",
        "OSC 192.0.2.5:9000 /a is no address here.",
    ]
    monitor.received([Message("/walk")] * 100, SOURCE)
    clock.now = 1.0
    monitor.received([Message("/walk")], SOURCE)
    assert lines[LINES:] == ["OSC and 84 lines more", "OSC 192.0.2.5:9000 /walk"]


def test_a_flood_looks_for_what_was_meant_once() -> None:
    now, told, looks = [0.0], [], []

    def known() -> list[str]:
        looks.append(now[0])
        return KNOWN

    monitor = Monitor(lambda sender, sentence, times: told.append(sentence), lambda: now[0])
    for k in range(5000):
        now[0] = k / 1000
        monitor.unknown("/Psi", SOURCE, known)
    assert looks == [0.0]
    assert set(told) == {"/Psi is no address here; /psi is."}
    now[0] = 60.0
    for k in range(1000):
        monitor.unknown(f"/Psi{k}", SOURCE, known)
    assert 1 < len(looks) <= 1 + LINES
