"""Damage to bytes as fuzzers do it: flips, cuts, repeats, splices and the numbers that break programs."""

import random

_TOKENS = (
    *(b"\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n\n"),
    *(b"NaN", b"inf", b"-inf", b"1e999", b"-1", b"999", b"0x10", b"1_0", b"9" * 400, b"''", b'"', b"../../etc/passwd"),
    *(b",", b"\t", b";", b"{", b"}", b"[", b"!!python/object/apply:os.system ['true']", b"&a [*a]", b"<<: *a", b"%"),
)


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Returns the bytes with one to six kinds of damage."""
    for _ in range(chance.randint(1, 6)):
        raw = chance.choice(_KINDS)(raw, chance)
    return raw


def _flip(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 8) if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _overwrite(raw: bytes, chance: random.Random) -> bytes:
    place, token = chance.randint(0, len(raw)), chance.choice(_TOKENS)
    return raw[:place] + token + raw[place + len(token) :]


def _insert(raw: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(raw))
    return raw[:place] + chance.choice(_TOKENS) * chance.choice((1, 1, 1, 50)) + raw[place:]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randint(0, len(raw))]


def _remove(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(raw))
    return raw[:start] + raw[start + chance.randint(0, 64) :]


def _repeat(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(raw))
    return raw[:start] + raw[start : start + chance.randint(0, 256)] * chance.randint(2, 9) + raw[start:]


def _zero(raw: bytes, chance: random.Random) -> bytes:
    start, length = chance.randint(0, len(raw)), chance.randint(0, 512)
    return raw[:start] + b"\0" * len(raw[start : start + length]) + raw[start + length :]


_KINDS = (_flip, _flip, _overwrite, _insert, _cut, _remove, _repeat, _zero)
