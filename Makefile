# Every command of the project is spelled out here, and nowhere else.

PYTHON ?= python3
VENV := .venv
BACKENDS := .venv-backends
# PyTorch publishes its CPU build on an index of its own: TORCH='torch==2.13.0 --index-url URL' takes it from there.
TORCH ?= torch==2.13.0
TENSORFLOW ?= tensorflow-cpu>=2.20
NATIVE := $(shell find native -type f)
DEMO := runs/demo
JOBS ?= 2
PYTEST := -m pytest -q -m "not long" -n $(JOBS) --dist worksteal
# Most of what tests cost under JAX is XLA compiling programs that run once; `make test-long` compiles as users do.
# Threads of NumPy's matrix products compete with the other process. Tests start processes, which share their bytecode.
QUICKLY := JAX_DISABLE_MOST_OPTIMIZATIONS=1 JAX_TRACEBACK_IN_LOCATIONS_LIMIT=0 OPENBLAS_NUM_THREADS=1 \
    PYTHONDONTWRITEBYTECODE=
JAX_TESTS := KERAS_BACKEND=jax $(QUICKLY)

.PHONY: setup demo test test-backends test-long docs reference check bench clean

setup: $(VENV)/.installed  ## the package and its tools, into .venv

$(VENV)/.installed: pyproject.toml $(NATIVE)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

$(BACKENDS)/.installed: pyproject.toml $(NATIVE)
	$(PYTHON) -m venv $(BACKENDS)
	$(BACKENDS)/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH) "$(TENSORFLOW)"
	$(BACKENDS)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

demo: setup  ## train on 10,202 film reviews, score, and label three new sentences
	$(VENV)/bin/syntagma train classify --data rotten-tomatoes --out $(DEMO) --overwrite
	@echo
	$(VENV)/bin/syntagma predict $(DEMO) \
	    "A three-hour cinema master class." \
	    "The jokes are stale and the plot goes nowhere." \
	    "Funny, warm and beautifully acted."
	@echo
	@echo "run folder: $(CURDIR)/$(DEMO)"

test: setup  ## all tests, on JAX
	$(JAX_TESTS) $(VENV)/bin/python $(PYTEST)

test-backends: $(BACKENDS)/.installed  ## what touches a backend, again on PyTorch and on TensorFlow
	KERAS_BACKEND=torch $(QUICKLY) $(BACKENDS)/bin/python $(PYTEST) -m "backend and not long"
	KERAS_BACKEND=tensorflow $(QUICKLY) TF_CPP_MIN_LOG_LEVEL=3 $(BACKENDS)/bin/python $(PYTEST) -m "backend and not long"

test-long: setup $(BACKENDS)/.installed  ## what takes minutes
	KERAS_BACKEND=jax $(VENV)/bin/python -m pytest -q -m long
	KERAS_BACKEND=torch $(BACKENDS)/bin/python -m pytest -q -m "backend and long"
	KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 $(BACKENDS)/bin/python -m pytest -q -m "backend and long"

docs: setup  ## the documentation site, into build/docs; every warning is an error
	KERAS_BACKEND=jax $(VENV)/bin/python -m sphinx -q -W --keep-going -b html -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

reference: setup  ## the pages in docs/reference that are written from the code
	KERAS_BACKEND=jax $(VENV)/bin/python tests/contracts/layer_table.py
	KERAS_BACKEND=jax $(VENV)/bin/python docs/reference_pages.py

check: setup  ## format, lint, types, and who may import whom
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: setup  ## the scores and seconds of the README; needs IMDB, takes long
	$(VENV)/bin/python benchmarks/recipes.py

clean:
	rm -rf $(VENV) $(BACKENDS) build dist .pytest_cache .mypy_cache .ruff_cache
