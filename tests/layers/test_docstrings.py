"""The examples in the docstrings of the public layers, losses and metrics."""

import doctest

import pytest

from syntagma import backend, layers
from syntagma.layers import swapping


@pytest.mark.parametrize("documented", [getattr(layers, name) for name in layers.__all__] + [swapping.swap_lstms])
def test_the_example_in_the_docstring_runs(documented):
    test = doctest.DocTestParser().get_doctest(documented.__doc__, {}, documented.__name__, None, 0)
    with backend.blank_weights(10**8):  # JAX would compile a program for each initial value
        assert doctest.DocTestRunner(verbose=False).run(test).failed == 0
