# Every target makes what it needs: on a fresh machine, start with any of them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin

# Compiled modules make each notebook kernel start in 1 s instead of 4 s, so a variable that forbids them is undone.
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=120 --nbval-sanitize-with=tests/nbval.cfg

.PHONY: help setup report test tests package lint bench mutants sample docs generated notebooks clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / \t/' | expand -t 10

setup: .venv/.done ## make .venv with everything in it; does nothing when nothing changed

.venv/.done: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'dtanalytics needs Python 3.11 or later as $(PYTHON): try make PYTHON=/path/to/python3.12' >&2; exit 1; }
	@echo 'installing into .venv (a few minutes, once)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@{ $(BIN)/python -m pip install -qq uv -c constraints.txt && \
	  $(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -e '.[dev]' -c constraints.txt; } || \
	  $(BIN)/python -m pip install -qq -e '.[dev]' -c constraints.txt  # where uv is not to be had
	@touch $@

report: setup ## load the sample over HTTP, run every notebook, write build/report/index.html
	@$(BIN)/dtanalytics gallery --out build/report/gallery
	@$(BIN)/dtanalytics report --all --out build/report

test: setup ## style, types and layers, and beside them every test, doctest and notebook; the wheel has a target of its own
	@$(MAKE) --no-print-directory -j 2 lint tests

# Three processes for two cores: a third of their time is spent waiting, for slow services and for each other.
tests: setup
	@PYTHONWARNDEFAULTENCODING=1 $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not wheel" --doctest-modules $(NBVAL) tests dtanalytics notebooks

package: setup ## build the wheel, install it elsewhere with the lowest versions of all, and run every example there
	@$(BIN)/pytest -m wheel tests/test_packaging.py

lint: setup ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo

bench: setup ## every benchmark: a table of ratios, and build/bench.json
	@$(BIN)/python -m tests.bench

mutants: setup ## change the code at random places, and see that tests notice (an hour)
	@$(BIN)/python tests/mutants.py
	@$(BIN)/python tests/random_mutants.py

sample: setup ## write the synthetic sample into data/
	@$(BIN)/python -m dtanalytics.emulator.sample data

docs: build/docs-installed ## write the handbook into build/docs/: every page's code is run, a warning is an error
	@$(BIN)/codespell docs README.md CONTRIBUTING.md CHANGELOG.md GLOSSARY.md SECURITY.md
	@$(BIN)/python docs/build.py

build/docs-installed: .venv/.done
	@mkdir -p build
	@{ $(BIN)/uv pip install -q --python $(BIN)/python -e '.[docs]' -c constraints.txt || \
	  $(BIN)/python -m pip install -qq -e '.[docs]' -c constraints.txt; }
	@touch $@

generated: setup ## write the generated parts: tables of docs/, README's output and data/dictionary.csv
	@$(BIN)/python -m tests.docs

notebooks: setup ## run every notebook in its place and store its outputs
	@CI=1 $(BIN)/jupyter nbconvert --to notebook --execute --inplace --log-level=ERROR \
	  --ExecutePreprocessor.record_timing=False notebooks/*.ipynb

clean: ## remove what the targets made, .venv excepted
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find dtanalytics tests -name __pycache__ -prune -exec rm -rf {} +
