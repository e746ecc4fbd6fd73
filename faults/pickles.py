"""Pickles that want to run something, as attackers write them, and the canary that must never be touched."""

import builtins
import os
import pickle
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from facs.action_units import OPENFACE17


class Reduced:
    """Pickles as a call of ``function`` with ``arguments``."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        """Returns what unpickling would call."""
        return self.call


def honest() -> bytes:
    """Returns what GANimation publishes, small."""
    vectors = {f"face{number}": np.linspace(0.0, 5.0, len(OPENFACE17)) for number in range(4)}
    return pickle.dumps(vectors, protocol=2)


def attacks(canary: Path) -> list[bytes]:
    """Returns pickles each of which would make ``canary`` if it were loaded, or take all memory or time."""
    vector = np.zeros(len(OPENFACE17))
    touch = f"touch {canary}"
    code = f"open({str(canary)!r}, 'w').close()"
    calls = [
        Reduced(os.system, touch),
        Reduced(os.mkdir, str(canary)),
        Reduced(builtins.eval, code),
        Reduced(builtins.exec, code),
        Reduced(subprocess.check_output, ["touch", str(canary)]),
        Reduced(subprocess.Popen, ["touch", str(canary)]),
        Reduced(Path.touch, canary),
        Reduced(getattr, Reduced(builtins.__import__, "os"), "system"),
        Reduced(map, Reduced(getattr, Reduced(builtins.__import__, "builtins"), "eval"), [code]),
        Reduced(np.fromfile, str(canary)),
        Reduced(np.load, str(canary)),
    ]
    objects: list[Any] = [
        *calls,
        *({"face0": call} for call in calls),
        *({"face0": vector, "x": call} for call in calls),
    ]
    raws = [pickle.dumps(each, protocol=protocol) for each in objects for protocol in (0, 2, 4, 5)]
    return [*raws, *_torch_reducers(touch), *_bombs(), *_opcodes(touch.encode())]


def _torch_reducers(touch: str) -> list[bytes]:
    """Returns pickles that name what torch's own pickles call, with something else in its place."""
    heads = [
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ctorch.storage\n_load_from_bytes\n",
        b"ctorch\nload\n",
        b"ctorch._utils\n_rebuild_parameter\n",
        b"ctorch.jit\nload\n",
        b"cnumpy.core.multiarray\n_reconstruct.__globals__\n",
        b"cnumpy\ncore.multiarray\n",
        b"c_codecs\nencode.__self__\n",
    ]
    inner = pickle.dumps(Reduced(os.system, touch), 2)
    argument = b"(" + b"B" + struct.pack("<I", len(inner)) + inner + b"tR."
    return [b"\x80\x03" + head + argument for head in heads] + [b"\x80\x03}X\x01\0\0\0a" + h + argument for h in heads]


def _bombs() -> list[bytes]:
    """Returns pickles that double themselves, ask for gigabytes, or nest without end."""
    doubled = b"\x80\x02K\x01\x85q\0" + b"".join(
        b"h" + bytes([level]) + b"h" + bytes([level]) + b"\x86q" + bytes([level + 1]) for level in range(120)
    )
    return [
        doubled + b".",
        doubled + b"}h\x78h\x78s.",
        b"\x80\x02" + b"(" * 500_000 + b".",
        b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        b"\x80\x02" + b"\x8b" + struct.pack("<i", 2**31 - 1) + b"1.",
        b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x.",
        b"\x80\x02r\xff\xff\xff\x7f.",
        b"\x80\x02I" + b"9" * 100_000 + b"\n.",
        b"\x80\x02}" + b"X\x01\0\0\0aNs" * 200_000 + b".",
    ]


def _opcodes(touch: bytes) -> list[bytes]:
    """Returns hand-written programs that reach a function by other ways than its name and REDUCE."""
    system = b"cos\nsystem\n"
    text = b"X" + struct.pack("<I", len(touch)) + touch
    return [
        b"(S'" + touch + b"'\nios\nsystem\n.",  # INST
        b"\x80\x02(" + system + text + b"o.",  # OBJ
        b"\x80\x02" + system + text + b"\x85\x81.",  # NEWOBJ
        b"\x80\x04" + system + text + b"\x85}\x92.",  # NEWOBJ_EX
        b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.",  # STACK_GLOBAL
        b"\x80\x02cbuiltins\n__import__\nX\x02\0\0\0os\x85R.",
        b"\x80\x02\x82\x01" + text + b"\x85R.",  # EXT1
        b"\x80\x02Ppersistent\n.",
        b"\x80\x05\x97.",  # NEXT_BUFFER
        b"\x80\x02cos.path\n__builtins__\n.",
        b"\x80\x02" + system + text + b"\x85Rb.",
    ]
