"""Damage to files, drawn from a random generator: flips, cuts, splices, repeats, odd numbers."""

import random

OPCODES = b"(.012FIJKLMNPQRSTUVXabcdeghijlopqrstu}]BCG)" + bytes(range(0x80, 0x99))
NUMBERS = [b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1\0\0\0", b"\xff" * 8]


def mutated(data: bytes, draw: random.Random, others: list[bytes]) -> bytes:
    """`data` with one to four random damages, `others` being files to splice from."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        if not changed:
            break
        draw.choice(DAMAGES)(changed, draw, draw.choice(others))
    return bytes(changed)


def place(data: bytearray, draw: random.Random) -> int:
    """A position: anywhere, but more often near the ends, where the structure is."""
    spread = draw.choice([len(data), 4096, 256])
    position = draw.randrange(min(spread, len(data)))
    return position if draw.random() < 0.7 else len(data) - 1 - position


def flip_bit(data: bytearray, draw: random.Random, other: bytes) -> None:
    data[place(data, draw)] ^= 1 << draw.randrange(8)


def set_byte(data: bytearray, draw: random.Random, other: bytes) -> None:
    data[place(data, draw)] = draw.choice(OPCODES)


def insert_opcodes(data: bytearray, draw: random.Random, other: bytes) -> None:
    at = place(data, draw)
    data[at:at] = bytes(draw.choice(OPCODES) for _ in range(draw.randint(1, 8)))


def cut(data: bytearray, draw: random.Random, other: bytes) -> None:
    del data[place(data, draw) :]


def remove(data: bytearray, draw: random.Random, other: bytes) -> None:
    at = place(data, draw)
    del data[at : at + draw.randint(1, 64)]


def repeat(data: bytearray, draw: random.Random, other: bytes) -> None:
    at, count = place(data, draw), draw.randint(1, 512)
    data[at:at] = data[at : at + count] * draw.randint(1, 20)


def splice(data: bytearray, draw: random.Random, other: bytes) -> None:
    at, start = place(data, draw), draw.randrange(max(1, len(other)))
    data[at : at + draw.randint(0, 64)] = other[start : start + draw.randint(1, 512)]


def odd_number(data: bytearray, draw: random.Random, other: bytes) -> None:
    at, number = place(data, draw), draw.choice(NUMBERS)
    data[at : at + len(number)] = number


DAMAGES = [flip_bit, set_byte, insert_opcodes, cut, remove, repeat, splice, odd_number]
