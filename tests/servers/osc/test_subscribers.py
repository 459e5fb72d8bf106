"""Who gets what by OSC."""

import socket

from session_fakes import Clock
from taxiway.servers.osc.subscribers import Address, Audience, has_listener, is_public

HERE = "127.0.0.1"
THERE = "192.168.1.7"


def audience(target: str | None = None, taken: set[Address] | None = None) -> Audience:
    return Audience(57200, target, Clock(), lambda address: taken is None or address in taken)


def test_a_subscriber_gets_it_where_it_sends_from_and_where_runways_clients_listen() -> None:
    them = audience()
    them.add((THERE, 50000))
    assert them.everyone() == [(THERE, 50000), (THERE, 57200)]
    assert them.of((HERE, 57200)) == [(HERE, 57200)]
    them.remove((THERE, 50000))
    assert them.everyone() == []


def test_nobody_gets_it_twice() -> None:
    them = audience(HERE)
    them.add((HERE, 57200))
    them.add((HERE, 57200))
    assert them.everyone() == [(HERE, 57200)]


def test_the_target_that_only_listens_gets_it_unasked() -> None:
    assert audience(HERE).everyone() == [(HERE, 57200)]


def test_the_oldest_subscriber_makes_room() -> None:
    them = audience()
    for port in range(50000, 50033):
        them.add((THERE, port))
    assert len(them.everyone()) == 33
    assert (THERE, 50000) not in them.everyone()


def test_a_free_port_of_this_machine_gets_nothing_until_someone_takes_it_and_speaks() -> None:
    taken: set[Address] = set()
    them = audience(HERE, taken)
    assert them.everyone() == []
    taken.add((HERE, 57200))
    assert them.everyone() == []
    them.spoke((THERE, 1))
    assert them.everyone() == []
    them.spoke((HERE, 57200))
    assert them.everyone() == [(HERE, 57200)]


def test_one_who_only_listens_is_found_after_a_second() -> None:
    taken: set[Address] = set()
    clock = Clock()
    them = Audience(57200, HERE, clock, taken.__contains__)
    assert them.everyone() == []
    taken.add((HERE, 57200))
    clock.now += 1
    assert them.everyone() == [(HERE, 57200)]


def test_a_listener_of_this_machine_is_found_by_its_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("0.0.0.0", 0))
        address = (HERE, listening.getsockname()[1])
        assert has_listener(address)
    assert not has_listener(address)
    assert has_listener((THERE, 57200))


def test_senders_of_the_open_internet_are_known() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")
    for host in (HERE, THERE, "10.1.2.3", "169.254.1.1", "::1", "fe80::1%eth0", "100.64.0.1"):
        assert not is_public(host)
