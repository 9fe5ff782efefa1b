# make run    sets up .venv, runs the main job, prints the tables, writes results/ and results/report.html
# make test   sets up .venv, runs all tests
# make check  sets up .venv, lint, types and import contracts
# make reference   writes docs/reference.md anew, from the docstrings
# make screenshot  takes the pictures in README.md anew, of a report made now (needs chromium)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test check reference screenshot clean
run: $(READY)
	$(BIN)/assay run --suite tutorial --report results/report.html

test: $(READY)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --reruns 1 -m 'not alone'
	$(BIN)/python -m pytest --reruns 1 -m alone

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

reference: $(READY)
	$(BIN)/python docs/reference.py docs/reference.md

screenshot: run
	$(BIN)/python docs/screenshot.py results/report.html docs

# Anew whenever the dependencies or the entry points change.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("assay needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
