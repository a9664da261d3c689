"""Axis letters used throughout the code, and the array types.

    B  batch (rows)           T  time (tokens, steps)        S  source time
    D  features, channels     H  hidden units                K  labels, tags
    V  vocabulary (ids)       N  n-gram features of a text   C  characters of a word
    U  attention units        P  projected units             L  last steps, or labels of a text besides its tags
    R  attention hops         M  models                      J  most likely sequences
    W  hypotheses of a search

The batch axis comes first. Masks are boolean, and `True` marks a real token.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[Any]

# Kind of classification: two classes, one of several classes, or any number of labels per row.
LabelKind = Literal["binary", "multiclass", "multilabel"]
