# `make help` lists the targets. Needs nothing but make and Python 3.11, 3.12 or 3.13 with pip and venv.

VENV := $(or $(FROSTLINE_VENV),.venv)
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
LOCK := requirements/dev.lock
PYTEST_ARGS ?=
BENCH_ARGS ?=

# The first interpreter that really runs (a shim may exist and fail), is of a supported version and can make a venv.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	if "$$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	>/dev/null 2>&1; then echo "$$name"; break; fi; done)

# Keyed on what is installed: another lock or another pyproject.toml installs again, nothing else does.
STAMP := $(VENV)/.installed-$(shell cat $(LOCK) pyproject.toml | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.PHONY: help env test check format bench docs lock clean

help:  ## This list.
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F '|' '{printf "  make %-8s %s\n", $$1, $$2}'

env: $(STAMP)  ## The environment in .venv (or $FROSTLINE_VENV) with the locked versions.

$(STAMP): $(LOCK) pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
	echo "Frostline needs Python 3.11, 3.12 or 3.13 with pip and venv; none of python3.13 python3.12 python3.11 python3" >&2; \
	echo "python is one. On Debian and Ubuntu: apt-get install python3-venv. Or say which: make PYTHON=/path/to/python3" >&2; \
	exit 1; fi
	@if [ ! -x "$(BIN)/python" ]; then echo "Environment: $(VENV), made by $(PYTHON)"; "$(PYTHON)" -m venv "$(VENV)"; fi
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --requirement $(LOCK)
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f "$(VENV)"/.installed-*
	@touch "$@"

test: $(STAMP)  ## The tests, in an environment made when it is not there.
	"$(BIN)/python" -m pytest $(PYTEST_ARGS)

check: $(STAMP)  ## What CI runs: format, lint, types, layers, docs in step, and `make test`.
	"$(BIN)/ruff" format --check
	"$(BIN)/ruff" check
	"$(BIN)/mypy"
	"$(BIN)/lint-imports" --no-cache
	"$(BIN)/python" docs/generate.py --check
	$(MAKE) --no-print-directory test

format: $(STAMP)  ## Formats the code and applies the linter's safe fixes.
	"$(BIN)/ruff" format
	"$(BIN)/ruff" check --fix

bench: $(STAMP)  ## The measurements that the README quotes (minutes; real data and weights: see bench/README.md).
	"$(BIN)/python" -m bench $(BENCH_ARGS)

docs: $(STAMP)  ## Writes the generated pages of docs/ again.
	"$(BIN)/python" docs/generate.py

lock: $(STAMP)  ## Resolves requirements/dev.lock anew, for Python 3.11 to 3.13 on every platform.
	"$(BIN)/python" requirements/lock.py

clean:  ## Removes the environment and what tools left behind.
	rm -rf "$(VENV)" build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +
