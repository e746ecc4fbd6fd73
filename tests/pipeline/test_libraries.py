"""Missing system libraries are named with the command that installs them."""

from pathlib import Path

import pytest

from pipeline import libraries
from pipeline.errors import MissingLibraryError
from pipeline.libraries import LIBRARIES, ensure, install_command, missing
from pipeline.params import load


def test_nothing_is_missing_where_all_is_found() -> None:
    assert missing(find=lambda name: f"lib{name}.so.1") == []
    ensure(find=lambda name: f"lib{name}.so.1")


def test_what_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_may_install", lambda: False)
    with pytest.raises(MissingLibraryError) as caught:
        ensure(find=lambda name: None if name == "GL" else name)
    assert "libGL" in str(caught.value)
    assert "sudo apt-get install --yes --no-install-recommends libgl1" in str(caught.value)


def test_libraries_of_the_blender_backend_are_not_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_install", lambda absent: pytest.fail("nothing to install"))
    ensure(find=lambda name: None if name == "X11" else name)


def test_what_the_default_params_draw_with_is_required() -> None:
    params = load(Path(__file__).parents[2] / "params.yaml")
    backends = {params.synthetic.backend, params.emulated.backend, params.judge.backend}
    for library in LIBRARIES:
        assert library.required or not any(backend in library.purpose for backend in backends), library


def test_an_installation_that_works_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {library.name for library in LIBRARIES if library.required}
    found = needed - {"GL"}
    monkeypatch.setattr(libraries, "_may_install", lambda: True)
    monkeypatch.setattr(libraries, "_install", lambda absent: found.update(library.name for library in absent))
    ensure(find=lambda name: name if name in found else None)
    assert found == needed


def test_an_installation_that_does_not_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_may_install", lambda: True)
    monkeypatch.setattr(libraries, "_install", lambda absent: None)
    with pytest.raises(MissingLibraryError):
        ensure(find=lambda name: None)


def test_a_package_is_installed_once() -> None:
    command = install_command([*LIBRARIES, *LIBRARIES])
    assert len(command) == len(set(command))
