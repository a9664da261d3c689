"""Write the outputs of every model of the table under the current backend: `python backends.py FILE.npz`."""

import sys

import numpy as np
from layer_table import CASES, TOKENS, build, predict

if __name__ == "__main__":
    result = {}
    for name in CASES:
        for place, output in enumerate(predict(build(name), TOKENS)):
            result[f"{name} {place}"] = output
    np.savez(sys.argv[1], **result)
