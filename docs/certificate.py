"""Measures what the certificate promises over many random expressions: ``python docs/certificate.py``.

For every face model: expressions of the balanced, the prototype and the natural sampler on random people with random
gaze; how far the activations measured on the mesh lie from those asked for, how deep lids and lips lie in eyes and
teeth, and how many expressions break a rule of combination. Then, for every AU alone at activation 1, how far it moves
each region of the average face, millimetres.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from facs import CODES, action_unit
from facs.action_units import STILL
from facs.combinations import is_possible
from facs.regions import FEATHER, REGIONS, TERRITORY, outside, region_of
from render.certificate import certify
from render.config import SamplingConfig
from render.face_model import FaceModel, face_model
from render.labels.moved_skin import open_skin
from render.sampling import sample_specs

PER_PERSON = 20
KINDS = ("balanced", "prototypes", "natural")


def random_faces(model: FaceModel, kind: str, count: int) -> list[str]:
    """Returns the row of the table for one sampler."""
    config = SamplingConfig(
        action_units=CODES,
        identities=max(1, count // PER_PERSON),
        max_gaze=0.35,
        expressions=kind,  # type: ignore[arg-type]
        face_model=model.name,
    )
    specs = sample_specs(config, seed=10, count=count, prefix=f"certificate-{kind}")
    found = np.array([certify(spec, model).bounds for spec in specs])
    impossible = sum(not is_possible(spec.expression) for spec in specs)
    distinct = len({spec.expression for spec in specs})
    worst, usual = found.max(axis=0), np.percentile(found, 99, axis=0)
    contact = f"{worst[2]:.2f} ({usual[2]:.2f}) | {worst[3]:.2f} ({usual[3]:.2f})"
    return [f"| {model.name} | {kind} | {distinct} | {worst[0]:.1e} | {worst[1]:.1e} | {contact} | {impossible} |"]


def regions(model: FaceModel) -> Iterator[str]:
    """Yields one row per AU: the largest displacement in each region, and beyond the territory's border."""
    places = model.basis.canonical.astype(np.float64)
    where, skin = region_of(places), open_skin(model)
    for code in (code for code in CODES if code not in STILL):
        rows = [model.rig.keys.index(key) for key in action_unit(code).keys]
        length = 1000 * np.linalg.norm(model.rig.deltas[rows], axis=2).max(axis=0) * skin
        cells = []
        for index, name in enumerate(REGIONS):
            value = length[(where == index)].max(initial=0.0)
            cells.append(f"**{value:.1f}**" if name in TERRITORY[code] else f"{value:.1f}")
        beyond = length[outside(code, places) >= FEATHER].max(initial=0.0)
        yield f"| {model.name} | {code} {action_unit(code).name} | {' | '.join(cells)} | {beyond:.1f} |"


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["anny", "ict"], help="face models")
    parser.add_argument("--count", type=int, default=10_000, help="expressions of each sampler")
    options = parser.parse_args()
    models = [face_model(name) for name in options.models]
    print("| face | sampler | distinct | largest residual | unexplained, mm | in eye, mm | in teeth, mm | impossible |")
    print("|---|---|---|---|---|---|---|---|")
    for model in models:
        for kind in KINDS:
            print("\n".join(random_faces(model, kind, options.count)), flush=True)
    print(f"\n| face | AU | {' | '.join(REGIONS)} | beyond |\n|---|---|{'---|' * (len(REGIONS) + 1)}")
    for model in models:
        print("\n".join(regions(model)), flush=True)


if __name__ == "__main__":
    main()
