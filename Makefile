PYTHON ?= python3
PORT ?= 8001
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q install -c constraints.txt

.PHONY: demo test lint soak format clean help

help:
	@echo "make demo    set up and run the offline demonstration on http://127.0.0.1:$(PORT)"
	@echo "make test    set up and run every check and test"
	@echo "make soak    the long tests whole (kills, months of life, a million rows)"
	@echo "make lint    ruff, mypy and the import contract alone"
	@echo "make format  let ruff format the code"

demo: $(VENV)/.installed
	$(BIN)/tracker up --demo --port $(PORT)

test: $(VENV)/.installed-dev lint
	$(BIN)/pytest -n 2 --dist loadfile -q

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check -q
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

soak: $(VENV)/.installed-dev
	$(BIN)/pytest -q -m soak -p no:cacheprovider

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix -q
	$(BIN)/ruff format -q

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what tracker needs into $(VENV) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what its tests need into $(VENV) ..."
	@$(PIP) -e '.[dev,archives,charts,dask,fulltext,notify,relevance,study]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
