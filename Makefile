PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.ready-run
DEV := $(VENV)/.ready-dev
# A set-up for development is one for runs too.
READY := $(if $(wildcard $(DEV)),$(DEV),$(RUN))
PYTEST := $(BIN)/python -m pytest

# Keep bytecode: else each process compiles Assay anew, and pytest its assertions.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test test-fast test-full redteam coverage check reference notebooks screenshot clean
help:  ## print this
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do printf 'make %-11s %s\n' "$$name" "$$what"; done

run: $(READY)  ## set up .venv for runs, run the main job, print the tables, write results/ and results/report.html
	$(BIN)/assay run --suite tutorial --report results/report.html

test: $(DEV)  ## set up .venv for development, run all tests; those that read a clock run last, with nothing beside them
	$(PYTEST) -n auto --dist worksteal -m 'not alone'
	$(PYTEST) -m alone $$(grep -rlF --include='*.py' mark.alone tests)

test-fast: $(DEV)  ## run all but the long tests: under a minute on two cores
	$(PYTEST) -n 2 --dist worksteal -m 'not alone and not long'

test-full: $(DEV)  ## run the products that `make test` only samples, and every kill of a run
	ASSAY_FULL=1 $(PYTEST) -n auto --dist worksteal -m full

redteam: $(DEV)  ## run the planted cheats and faults, which must be refused, and what is right, in under five minutes
	PYTHONPATH=tests $(BIN)/python -m redteam

coverage: $(DEV)  ## run all tests with branch coverage, in processes too; print it, write htmlcov/
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist worksteal -m 'not alone'
	$(BIN)/coverage run -m pytest -m alone $$(grep -rlF --include='*.py' mark.alone tests)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --quiet
	$(BIN)/coverage report

check: $(DEV)  ## lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

reference: $(DEV)  ## write docs/reference.md anew, from the docstrings
	$(BIN)/python docs/reference.py docs/reference.md

notebooks: $(DEV)  ## run docs/notebooks anew, and store what they show
	$(BIN)/python docs/notebooks/execute.py docs/notebooks/*.ipynb

screenshot: $(DEV) run  ## take the pictures in README.md anew, of a report made now (needs chromium)
	$(BIN)/python docs/screenshot.py results/report.html docs

# Anew whenever the dependencies or the entry points change.
define set-up
	$(PYTHON) -c 'import sys; sys.exit("assay needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$(1)]'
	touch $@
endef

$(RUN): pyproject.toml constraints.txt
	$(call set-up,all)

$(DEV): pyproject.toml constraints.txt
	$(call set-up,dev)

clean:  ## remove .venv and all that the tools leave
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
