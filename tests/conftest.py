"""Fixtures shared by all tests. The backend is selected here, before anything imports Keras."""

import gc
import os
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from typing import Any

import pytest

from syntagma import backend
from syntagma.evaluation.pages import pictures
from syntagma.progress import quietly

# XLA can compile fused operations in two ways. The older one takes a quarter of the time, and these programs run once.
# An unknown flag makes XLA end the process, so it is set only for a release that is known to have it.
_COMPILE_FAST = "JAX_DISABLE_MOST_OPTIMIZATIONS" in os.environ and version("jaxlib").startswith("0.10.")
_JAX_ENVIRONMENT = {"XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false"} if _COMPILE_FAST else {}
if os.environ.get("KERAS_BACKEND") != "tensorflow":  # TensorFlow has its own XLA
    for _name, _value in _JAX_ENVIRONMENT.items():
        os.environ.setdefault(_name, _value)

# Models with equal computations share the programs that XLA compiled: in this process, in the other processes of this
# run, and in commands that tests start. Storing a program takes longer than compiling a small one fast.
_IS_FIRST = "JAX_COMPILATION_CACHE_DIR" not in os.environ
if _IS_FIRST:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="syntagma-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1" if _COMPILE_FAST else "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

# JAX creates an MLIR context with all its dialects for each program that it lowers, which takes longer than compiling a
# small one. A context can serve many programs. It is replaced now and then, because it keeps their constants.
_PROGRAMS_PER_CONTEXT = 200

# Traced programs are millions of long-lived small objects. With Python's default thresholds, the garbage collector
# spends a tenth of the time on them.
gc.set_threshold(50_000, 20, 20)

# An absolute path, because tests change the working directory.
if "SYNTAGMA_DATA" in os.environ:
    os.environ["SYNTAGMA_DATA"] = os.path.abspath(os.environ["SYNTAGMA_DATA"])

backend.choose()

# Words of each artificial class, and words that all classes share.
_OWN_WORDS = (("lumo", "tavi", "resh"), ("grib", "noke", "fusk"), ("wenz", "pilu", "quod"), ("hask", "jemi", "zorp"))
_COMMON_WORDS = ("the", "a", "and", "film", "plot", "was", "of", "very")

_BLANK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

_SMALL_RECIPE = """
name: small
description: A small recipe.
text:
  encoder: {kind: word, min_count: 1}
batches: {size: 8, max_tokens: 16, fixed_length: true}
embedding: {size: 4}
model: {kind: average}
training: {epochs: 4, learning_rate: 0.1}
"""

Reviews = Callable[..., tuple[list[str], list[str]]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests as `backend` and `long` if other backends than JAX run them only in `make test-long`."""
    for item in items:
        if backend.name() != "jax" and item.get_closest_marker("backend_long"):
            item.add_marker("backend")
            item.add_marker("long")


def pytest_collection_finish() -> None:
    if _COMPILE_FAST and "jax" in sys.modules:
        _share_contexts()


def _share_contexts() -> None:
    from jax._src.interpreters import mlir

    make_context, current = mlir.make_ir_context, threading.local()

    def shared_context() -> Any:
        if getattr(current, "uses", _PROGRAMS_PER_CONTEXT) >= _PROGRAMS_PER_CONTEXT:
            current.context, current.uses = make_context(), 0
        current.uses += 1
        return current.context

    mlir.make_ir_context = shared_context


def pytest_unconfigure() -> None:
    if _IS_FIRST:
        shutil.rmtree(os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _quiet_progress(request: pytest.FixtureRequest) -> Iterator[None]:
    """Suppress progress bars and notes, unless the test uses the fixture `loud`."""
    if "loud" in request.fixturenames:
        yield
        return
    with quietly():
        yield


@pytest.fixture
def blank_pictures(without_pictures: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Make pictures in reports blank, because drawing the pictures of one report takes a second."""
    with without_pictures():
        yield


@pytest.fixture(scope="session")
def without_pictures() -> Callable[[], AbstractContextManager[None]]:
    """Return a context manager that does the same as `blank_pictures`, for fixtures that outlast a test."""

    @contextmanager
    def without_pictures() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pictures, "_render_svg", lambda name, size, draw: _BLANK)
            yield

    return without_pictures


@pytest.fixture
def loud() -> None:
    """Show progress bars and notes as outside of tests."""


@pytest.fixture(scope="session")
def jax_environment() -> dict[str, str]:
    """Return the environment for a process that runs under JAX during a test under another backend."""
    return {**os.environ, **_JAX_ENVIRONMENT, "KERAS_BACKEND": "jax"}


@pytest.fixture(scope="session")
def small_recipe() -> str:
    """Return the YAML of a recipe that learns `reviews` within a moment."""
    return _SMALL_RECIPE


@pytest.fixture(scope="session")
def reviews() -> Reviews:
    """Return a function that creates labelled texts with classes that are easy to separate.

    `reviews(count, labels=("neg", "pos"), seed=0, shortest=3, longest=12)` returns `count` texts and their labels. The
    labels alternate. The texts have different lengths, are all different, and have at least one word that occurs only
    with their label.
    """
    return make_reviews


def make_reviews(
    count: int, labels: tuple[str, ...] = ("neg", "pos"), seed: int = 0, shortest: int = 3, longest: int = 12
) -> tuple[list[str], list[str]]:
    assert len(labels) <= len(_OWN_WORDS)
    draw = random.Random(seed)
    texts, text_labels = [], []
    for row in range(count):
        own = _OWN_WORDS[row % len(labels)]
        words = draw.choices(own + _COMMON_WORDS, k=draw.randint(shortest, longest) - 2)
        # The row number makes all texts different, so no two of them are grouped when rows are split.
        texts.append(" ".join([draw.choice(own), *words, f"n{seed}x{row}"]))
        text_labels.append(labels[row % len(labels)])
    return texts, text_labels


class Compilations:
    """Counter of the programs that JAX compiles."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, event: str, duration: float, **_: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            self.count += 1


@pytest.fixture
def compilations() -> Iterator[Compilations]:
    """Count the programs that JAX compiles; skip the test under other backends."""
    if backend.name() != "jax":
        pytest.skip("only JAX compiles for each shape")
    from jax import monitoring

    compilations = Compilations()
    monitoring.register_event_duration_secs_listener(compilations)
    yield compilations
    monitoring.unregister_event_duration_listener(compilations)
