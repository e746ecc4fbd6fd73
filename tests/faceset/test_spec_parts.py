"""Parts of stored specifications are what the whole specification holds."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from faceset.errors import SpecError
from faceset.spec import Appearance, EnvironmentSpec, Identity, Lamp, LightSpec, SampleSpec, write_specs
from faceset.spec_parts import light_of, part, person_of, spec_texts, without_shape

SPEC = SampleSpec(
    "face-1",
    Identity("ann", {"age": 0.7, "gender": 0.2}, {"nose/width": 0.3, "light": -0.1}),
    light=LightSpec(
        (Lamp((0.0, 0.6, 0.8), (1.0, 0.9, 0.8)), Lamp((0.0, 0.0, 1.0), (0.1, 0.1, 0.1))),
        environment=EnvironmentSpec("room", 0.3, 0.7, 5),
    ),
    appearance=Appearance(melanin=0.4, hair_style="bob"),
)


def test_parts_equal_the_whole() -> None:
    text = SPEC.to_json()
    assert light_of(text) == SPEC.light
    identity, appearance = person_of(text, "ann")
    assert (identity, appearance) == (replace(SPEC.identity, shape={}), SPEC.appearance)
    assert part(text, "camera")["distance"] == SPEC.camera.distance


def test_only_the_shape_is_left_out() -> None:
    expected = replace(SPEC, identity=replace(SPEC.identity, shape={}))
    assert SampleSpec.from_json(without_shape(SPEC.to_json())) == expected
    assert without_shape(expected.to_json()) == expected.to_json()


def test_stored_texts_come_back_and_other_files_are_refused(tmp_path: Path) -> None:
    specs = [replace(SPEC, key=f"face-{number}") for number in range(5000)]
    write_specs(tmp_path / "specs.parquet", specs)
    assert list(spec_texts(tmp_path / "specs.parquet")) == [(spec.key, spec.to_json()) for spec in specs]
    (tmp_path / "other").write_bytes(b"nothing")
    with pytest.raises(SpecError, match="draw them again"):
        list(spec_texts(tmp_path / "other"))
    with pytest.raises(SpecError, match="it has no light"):
        light_of("{}")


@pytest.mark.parametrize("value", ["1", "null", "[]", '"x"', "[" * 5000])
def test_a_specification_of_wrong_parts_is_refused_with_our_error(value: str) -> None:
    tree = json.loads(SampleSpec("face", Identity("who")).to_json())
    for name in ("expression", "identity", "camera", "light", "occluders"):
        text = json.dumps({**tree, name: "?"}).replace('"?"', value)
        if (name, value) != ("occluders", "[]"):
            with pytest.raises(SpecError):
                SampleSpec.from_json(text)
