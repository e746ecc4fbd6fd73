"""Streamed and resident images are the same bytes; what does not fit is streamed, and somebody is told."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from faceset.faces import ArrayFaces
from gan import pixels
from gan.loader import Loader
from gan.pixels import SHARE, ResidentPixels, StreamedPixels, free_bytes, pixels_on

Make = Callable[..., ArrayFaces]
CPU = torch.device("cpu")
DEVICES = [
    CPU,
    pytest.param(
        torch.device("cuda"), marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
    ),
]
IMAGES = np.random.default_rng(0).integers(0, 256, (1100, 3, 2, 3), dtype=np.uint8)
FACES = ArrayFaces(IMAGES, {}, ())


def _fail(*_: object) -> None:
    raise AssertionError("nothing was to be said")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", [StreamedPixels, ResidentPixels])
def test_images_are_those_of_the_set(device: torch.device, kind: Callable[..., pixels.Pixels]) -> None:
    source, rng = kind(FACES, device), np.random.default_rng(1)
    wanted = [rng.integers(0, 1100, size) for size in (4, 9, 1, 9, 0, 1024, 3)]
    # All are begun before the first is taken: buffers that take turns must not be overwritten too early.
    for indices, take in [(indices, source.begin(indices)) for indices in wanted]:
        images = take()
        assert images.device.type == device.type
        assert np.array_equal(images.cpu().numpy(), IMAGES[indices])


@given(st.lists(st.integers(0, 1099), max_size=20))
def test_streamed_is_resident(indices: list[int]) -> None:
    wanted = np.array(indices, dtype=np.int64)
    assert torch.equal(StreamedPixels(FACES, CPU).begin(wanted)(), ResidentPixels(FACES, CPU).begin(wanted)())


def test_a_set_that_fits_is_kept_on_the_device_that_was_asked_for() -> None:
    assert isinstance(pixels_on(FACES, CPU, "device", _fail), ResidentPixels)
    assert isinstance(pixels_on(FACES, CPU, "auto", _fail), StreamedPixels)
    assert isinstance(pixels_on(FACES, CPU, "host", _fail), StreamedPixels)


def test_half_of_the_free_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pixels, "free_bytes", lambda device: int(IMAGES.nbytes / SHARE))
    assert isinstance(pixels_on(FACES, CPU, "device", told.append), ResidentPixels)
    monkeypatch.setattr(pixels, "free_bytes", lambda device: int(IMAGES.nbytes / SHARE) - 2)
    assert isinstance(pixels_on(FACES, CPU, "device", told.append), StreamedPixels)
    assert len(told) == 1
    assert "1100 images take 0.00 GB, cpu has 0.00 GB free" in told[0]
    assert "streamed batch by batch" in told[0]
    with pytest.warns(UserWarning, match="streamed batch by batch"):
        pixels_on(FACES, CPU, "device")


def test_memory_that_is_refused_after_all_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("no")

    told: list[str] = []
    monkeypatch.setattr(pixels, "ResidentPixels", full)
    assert isinstance(pixels_on(FACES, CPU, "device", told.append), StreamedPixels)
    assert len(told) == 1


def test_free_memory_is_a_part_of_the_machines() -> None:
    assert 0 < free_bytes(CPU) < 1 << 50


@pytest.mark.parametrize("device", DEVICES)
def test_a_thread_ahead_gives_the_same_images(device: torch.device) -> None:
    class Plain:
        identity: ClassVar = {"num_samples": 1100}

        def __init__(self) -> None:
            self.source = StreamedPixels(FACES, device)

        def begin(self, step: int) -> Callable[[], torch.Tensor]:
            return self.source.begin(np.arange(step, step + 50))

    with Loader(Plain(), stop_step=60) as loader:
        for step, images in enumerate(loader):
            assert np.array_equal(images.cpu().numpy(), IMAGES[step : step + 50])
