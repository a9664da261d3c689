"""The axis letters of the whole code, and the array types that carry them.

    B  batch (rows)           T  time (tokens of a text)     S  source time
    D  features               H  hidden units                K  labels
    V  vocabulary (ids)       N  n-gram features of a text

Batch first everywhere. A mask is boolean and `True` marks a real token.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[Any]
