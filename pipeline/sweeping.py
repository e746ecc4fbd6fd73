"""Sweeps: one DVC experiment for each combination of values, under a name that tells its values."""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import StageError
from pipeline.experiments import experiment_names, put_back, run_experiment
from pipeline.params import PARAMS_FILE, load
from pipeline.progress import answer, duration, say

LONGEST_NAME = 100
EXPECTED = "expected key=value,value such as train.steps=500,1000"
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9_.+=,-]+|\.\.+|\.$|\.lock$")
"""What no name of an experiment may hold: it is a git reference, and is typed in shells."""
Value = str | int | float | bool | None | Sequence["Value"]


@dataclass(frozen=True)
class Axis:
    """A key of the params and the values it takes."""

    key: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Combination:
    """One value for each key.

    Attributes:
        name: such as ``steps=500,batch_size=16``.
        values: by key, such as ``{"train.steps": 500, "train.batch_size": 16}``.
    """

    name: str
    values: Mapping[str, Value]


def sweep(words: Sequence[str], first: str | None = None, again: bool = False) -> None:
    """Runs an experiment for every combination; what has run before is left out, and a failure stops no other.

    Args:
        words: ``key=value,value``, one for each key.
        first: the first stage that the values change; None: DVC looks through all.
        again: run those again that have run before from this commit.

    Raises:
        ParamsError: a combination is impossible; none has begun.
        StageError: a word cannot be read, this is no DVC repository, or experiments failed.
    """
    chosen = combinations([parse_axis(word) for word in words])
    for each in chosen:
        load(Path(PARAMS_FILE), each.values)
    done = set() if again else experiment_names()
    waiting = [each for each in chosen if each.name not in done]
    if len(waiting) < len(chosen):
        say(f"facsmith: sweep: {len(chosen) - len(waiting)} of {len(chosen)} have run before; --again runs them anew")
    with put_back():
        failed = dict(_run(waiting, first))
    for each in chosen:
        if each.name not in failed:
            answer(each.name)
    if failed:
        reasons = "\n".join(f"{name}: {why}" for name, why in failed.items())
        raise StageError(f"{len(failed)} of {len(chosen)} experiments failed\n{reasons}")


def _run(waiting: Sequence[Combination], first: str | None) -> Iterator[tuple[str, str]]:
    """Runs experiments and yields the name of each that failed, and why."""
    began = time.monotonic()
    for number, each in enumerate(waiting, start=1):
        say(f"facsmith: sweep: {each.name} ({number} of {len(waiting)})")
        why = run_experiment(each.name, each.values, first)
        spent = time.monotonic() - began
        left = f", {duration(spent / number * (len(waiting) - number))} left" if number < len(waiting) else ""
        say(f"facsmith: sweep: {each.name}: {'failed' if why else 'done'} ({duration(spent)} in all{left})")
        if why:
            yield each.name, why


def parse_axis(word: str) -> Axis:
    """Returns a key and its values: ``train.steps=500,1000``, ``action_units=[AU4,AU12],[AU1]``.

    Raises:
        StageError: there is no key, or the values are no YAML that can be listed.
    """
    key, _, text = word.partition("=")
    try:
        values = YAML(typ="safe", pure=True).load(f"[{text}]")
    except (YAMLError, ValueError):
        values = []
    if not key or not values or not all(map(_is_plain, values)):
        raise StageError(f"{EXPECTED}, found {word}")
    return Axis(key, tuple(values))


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


def combinations(axes: Sequence[Axis]) -> list[Combination]:
    """Returns all combinations, the last key's values changing fastest.

    Raises:
        StageError: there is no key, a key appears twice, or a value does.
    """
    if not axes:
        raise StageError(f"{EXPECTED}, found nothing")
    keys = [axis.key for axis in axes]
    said = Counter([*keys, *(f"{axis.key}={_text(value)}" for axis in axes for value in axis.values)])
    if twice := [text for text, times in said.items() if times > 1]:
        raise StageError(f"expected each key and each of its values once, found {twice[0]} twice")
    short = _short(keys)
    return [_combination(keys, short, values) for values in product(*(axis.values for axis in axes))]


def _combination(keys: Sequence[str], short: Sequence[str], values: Sequence[Value]) -> Combination:
    text = ",".join(f"{key}={_text(value)}" for key, value in zip(short, values, strict=True))
    return Combination(_name(text), dict(zip(keys, values, strict=True)))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _short(keys: Sequence[str]) -> list[str]:
    """Returns the last parts of keys, or the keys as they are where their last parts are equal."""
    last = [key.rpartition(".")[2] for key in keys]
    return last if len(set(last)) == len(last) else list(keys)


def _name(text: str) -> str:
    """Returns a text as a name; one that had to be changed ends with a digest of what it was."""
    name = _UNNAMEABLE.sub("-", text)[:LONGEST_NAME]
    return name if name == text else f"{name}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
