"""The axis letters of the whole code, and the array types that carry them.

    B  batch (rows)           T  time (tokens, steps)        S  source time
    D  features, channels     H  hidden units                K  labels, tags
    V  vocabulary (ids)       N  n-gram features of a text   C  characters of a word
    U  units that score       P  projected units             L  last steps, or labels of a text beside its tags
    R  rows of attention      M  models                      J  likeliest sequences

Batch first everywhere. A mask is boolean and `True` marks a real token.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[Any]

# What a set of labels is: two classes, one of many, or several labels per row.
LabelKind = Literal["binary", "multiclass", "multilabel"]
