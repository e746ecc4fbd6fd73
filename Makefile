# make demo   everything, from nothing to the report
# make test   everything a change must pass
# make lint   the linters and the types alone
# make bench  the benchmarks; each ends with `ratio <number>`, ours over the peer's
# make faults the fault campaign: kills, full disks, flipped bits, hostile inputs
# make clean  removes what the stages made; the environment stays

PYTHON ?= python3.11
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := facs faceset annotate render gan ganimation pipeline
# campaigns prove something and have no peer; each says in its head how it is run
CAMPAIGNS := benchmarks/blender_campaign.py benchmarks/farm_slurm.py
BENCHMARKS := $(filter-out $(CAMPAIGNS),$(wildcard benchmarks/*.py))

export PATH := $(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench faults clean install libraries

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

install: $(STAMP)

# stale as soon as a dependency or a pin changes
$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "facsmith needs Python 3.11; set PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing facsmith and the versions pinned in constraints.txt"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

# tells what is missing, and installs it where this is root on Debian or Ubuntu
libraries: $(STAMP)
	@$(BIN)/python -m pipeline.libraries

demo: libraries
	$(BIN)/dvc repro
	@$(BIN)/python -m pipeline.desktop

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

test: export OMP_NUM_THREADS := 1
test: libraries lint
	$(BIN)/python -m pytest -n 2

bench: libraries
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,peers]'
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python -m "benchmarks.$$(basename "$$script" .py)"; done

faults: export OMP_NUM_THREADS := 1
faults: libraries
	@$(BIN)/python -m faults $(FAULTS)

clean:
	rm -rf data runs reports .cache dvc_plots
