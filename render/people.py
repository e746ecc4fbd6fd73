"""Draws people: the shape of a head and the look of its surfaces."""

import numpy as np

from faceset.spec import Appearance, Identity
from render.rigs.variety import Variety

IRISES = ((0.30, 0.19, 0.11), (0.20, 0.12, 0.08), (0.42, 0.30, 0.16), (0.36, 0.48, 0.60), (0.38, 0.46, 0.34))
MELANIN = {"african": (0.78, 0.12), "asian": (0.34, 0.09), "caucasian": (0.16, 0.08)}

SMOOTH_AGE = 0.6
"""Age of a phenotype up to which skin folds least; at 1 it folds most."""


def sample_identity(random: np.random.Generator, name: str, local_names: tuple[str, ...], variety: Variety) -> Identity:
    """Returns a person: age, sex, build and ancestry, and small local changes of the head's shape.

    Every person has the phenotype, since their looks follow it; what of it moves a face model's vertices, the model
    says (``FaceBasis.phenotypes``).
    """
    ancestry = random.dirichlet([0.35, 0.35, 0.35])
    phenotype = {
        "age": float(random.beta(1.6, 1.8) * 0.45 + 0.55),
        "gender": float(np.clip(random.choice([0.08, 0.92]) + random.normal(0, 0.07), 0, 1)),
        "muscle": float(np.clip(random.normal(0.5, 0.15), 0.1, 0.9)),
        "weight": float(np.clip(random.normal(0.5, 0.17), 0.1, 0.95)),
        **{key: float(value) for key, value in zip(MELANIN, ancestry, strict=True)},
    }
    return Identity(name, phenotype, variety.sample(random, local_names))


def sample_appearance(random: np.random.Generator, identity: Identity) -> Appearance:
    """Returns skin, hair and eyes that go with the ancestry, the age and the sex of a person."""
    weights = np.array([identity.phenotype[key] for key in MELANIN])
    weights = weights / weights.sum()
    mean, spread = weights @ np.array([MELANIN[key] for key in MELANIN])
    fair = float(weights[2])
    man = identity.phenotype["gender"] < 0.5
    dark_hair = random.uniform(0.85, 1.0)
    return Appearance(
        melanin=float(np.clip(random.normal(mean, spread), 0.02, 1.0)),
        haemoglobin=float(np.clip(random.normal(0.5, 0.18), 0.1, 1.0)),
        blotchiness=float(random.uniform(0.1, 0.7)),
        lip_redness=float(np.clip(random.normal(0.35 if man else 0.55, 0.18), 0.05, 1.0)),
        hair_melanin=float(random.uniform(0.25, 0.98) if random.uniform() < fair else dark_hair),
        hair_redness=float(random.beta(1.2, 4.0)),
        hair_length=float(random.uniform(0.05, 1.0) if man else random.uniform(0.5, 1.0)),
        brow_density=float(np.clip(random.normal(0.65 if man else 0.45, 0.18), 0.1, 1.0)),
        stubble=float(random.uniform(0.1, 0.9) if man and random.uniform() < 0.5 else 0.0),
        iris_rgb=IRISES[int(random.integers(len(IRISES)) if random.uniform() < fair else random.integers(2))],
        texture_seed=int(random.integers(2**31)),
        wrinkles=float(np.clip(random.normal((identity.phenotype["age"] - SMOOTH_AGE) / 0.4, 0.12), 0.0, 1.0)),
    )
