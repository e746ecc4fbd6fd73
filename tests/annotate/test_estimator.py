from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from annotate.errors import TrainingError, WeightsError
from annotate.estimator import AuEstimator, EstimatorConfig, load_estimator, normalised, save_estimator
from annotate.precision import autocast, computes_bf16
from annotate.training import EstimatorTraining, augmented, rate_factor, train_estimator
from annotate.weights import load_weights, save_tensors
from faceset.faces import ArrayFaces


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small networks on many threads spend their time waiting for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _faces(count: int = 240, size: int = 16, seed: int = 0) -> ArrayFaces:
    """AU4 brightens the upper half, the left half of AU12 the person's left (image right), of grey squares."""
    rng = np.random.default_rng(seed)
    left, right = rng.random((2, count, 2)).astype(np.float32)
    left[:, 0] = right[:, 0]
    images = np.full((count, size, size, 3), 90.0) + rng.normal(0, 3, (count, size, size, 3))
    images[:, : size // 2] += 100.0 * left[:, 0, None, None, None]
    images[:, size // 2 :, size // 2 :] += 100.0 * left[:, 1, None, None, None]
    images[:, size // 2 :, : size // 2] += 100.0 * right[:, 1, None, None, None]
    labels = {
        "au": np.maximum(left, right),
        "au_left": left,
        "au_right": right,
        "au_known": np.ones((count, 2), np.uint8),
        "identity": np.char.add("who", (np.arange(count) // 4).astype(str)).astype("S64"),
    }
    return ArrayFaces(images.clip(0, 255).astype(np.uint8), labels, ("AU4", "AU12"))


SMALL = EstimatorConfig(("AU4", "AU12L", "AU12R"), image_size=16, width=8, dropout=0.0)
SHORT = EstimatorTraining(steps=150, batch_size=32, learning_rate=1e-2, max_shift=0, light=0.0)


def test_brightness_is_learnt_on_either_side(tmp_path: Path) -> None:
    result = train_estimator(SMALL, SHORT, _faces(), tmp_path)
    assert result.agreement["au"].tolist() == list(SMALL.keys)
    assert result.agreement["pcc"].min() > 0.9
    assert result.agreement["mae"].max() < 0.15
    assert result.num_train + result.num_validation == 240
    estimator = load_estimator(result.estimator)
    found = estimator.estimate(_faces(seed=5).images(np.arange(8)))
    assert found.shape == (8, 3)
    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_training_is_reproducible(tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    short = EstimatorTraining(steps=5, batch_size=16)
    paths = [train_estimator(SMALL, short, _faces(), tmp_path / name).estimator for name in ("a", "b")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_unknown_labels_are_ignored(tmp_path: Path) -> None:
    faces = _faces()
    for name in ("au", "au_left", "au_right"):
        faces.labels(name)[::2, 1] = 999.0
    faces.labels("au_known")[::2, 1] = 0
    losses: list[float] = []
    train_estimator(
        SMALL, EstimatorTraining(steps=5, batch_size=16), faces, tmp_path, lambda *told: losses.append(told[2]["loss"])
    )
    assert len(losses) == 5
    assert max(losses) < 10.0


def test_faces_that_teach_nothing_are_refused(tmp_path: Path) -> None:
    faces = _faces()
    faces.labels("au")[:, 0] = 0.5
    with pytest.raises(TrainingError, match="AU4: never known, or always the same"):
        train_estimator(SMALL, SHORT, faces, tmp_path)
    with pytest.raises(TrainingError, match="at least 512 faces"):
        train_estimator(SMALL, EstimatorTraining(batch_size=512), _faces(), tmp_path)


def test_an_estimator_survives_the_disk(tmp_path: Path) -> None:
    estimator = AuEstimator(SMALL).eval()
    save_estimator(tmp_path / "e.safetensors", estimator)
    images = _faces(8).images(np.arange(8))
    np.testing.assert_array_equal(
        load_estimator(tmp_path / "e.safetensors").estimate(images), estimator.estimate(images)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["e.safetensors"]


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.safetensors"
    with pytest.raises(WeightsError, match="expected safetensors"):
        load_estimator(path)
    save_tensors(path, {"x": torch.zeros(2)}, {"kind": "other"})
    assert load_weights(path)[1] == {"kind": "other"}
    with pytest.raises(WeightsError, match="not an Action Unit estimator"):
        load_estimator(path)


def test_estimates_do_not_depend_on_the_batch() -> None:
    estimator, images = AuEstimator(SMALL), _faces(8).images(np.arange(8))
    np.testing.assert_allclose(estimator.estimate(images, 3), estimator.estimate(images), atol=1e-6)
    assert estimator.estimate(images[:0]).shape == (0, 3)
    with pytest.raises(ValueError, match="expected images"):
        estimator.estimate(images[:, :8])


def test_augmentation_without_amplitude_only_mirrors() -> None:
    image = normalised(_faces(4).images(np.arange(4)))
    training = EstimatorTraining(max_shift=0, light=0.0, noise=0.0)
    flip = np.array([True, False, True, False])
    found = augmented(image, flip, training, np.random.default_rng(0))
    assert torch.equal(found[flip], image[flip].flip(3))
    assert torch.equal(found[~flip], image[~flip])


def test_precision_is_what_the_machine_computes_in() -> None:
    device = torch.device("cpu")
    layer, image = torch.nn.Conv2d(3, 4, 3), torch.zeros(1, 3, 8, 8)
    for precision, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with autocast(device, precision):
            assert layer(image).dtype == kind
    with autocast(device, "auto"):
        assert (layer(image).dtype == torch.bfloat16) == computes_bf16(device)
    with pytest.raises(ValueError, match="precision must be one of"):
        autocast(device, "fp8")


def test_the_rate_rises_and_falls() -> None:
    rates = [rate_factor(step, 100) for step in range(100)]
    assert max(rates) == rates[20] == 1.0
    assert all(0.0 < rate <= 1.0 for rate in rates)
    assert rates[-1] < 0.01
    assert rate_factor(0, 2) > 0.0


@pytest.mark.parametrize(
    "wrong", [{"keys": ()}, {"keys": ("AU4",), "image_size": 40}, {"keys": ("AU4",), "dropout": 1.0}, {"keys": ("X",)}]
)
def test_impossible_networks_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        EstimatorConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"validation_fraction": 1.0}, {"precision": "fp8"}])
def test_impossible_trainings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        EstimatorTraining(**wrong)  # type: ignore[arg-type]
