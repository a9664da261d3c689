// Nearest neighbours under dynamic time warping (DTW).
//
// The distance of a series a of m steps and a series b of n steps is d(m, n), the minimum cost of a path through the
// cells of the band:
//
//     d(i, j) = |a_i - b_j|^2 + min(d(i-1, j), d(i, j-1), d(i-1, j-1)),   |i - j| <= w,   d(0, 0) = 0
//     w       = max(floor(window * max(m, n) + 0.5), |m - n|)
//
// |a_i - b_j|^2 sums over the channels, so all channels are warped together (Sakoe and Chiba, 1978).
//
// Independent of Python and of any framework. The caller owns all arrays, and nothing is kept after a call. The work is
// distributed over the threads of `syntagma_threads`; see lstm.h.
#pragma once

#include <stdint.h>

#include "syntagma/lstm.h"

#ifdef __cplusplus
extern "C" {
#endif

// N series of D channels, one after another in an array of S steps.
typedef struct {
    int64_t rows, channels;  // N, D
    const float *values;     // (S, D), finite numbers
    const int64_t *starts;   // (N + 1,): series i has the steps starts[i] to starts[i + 1] - 1, at least one
} syntagma_series;

// Finds the nearest of M candidates for each of N queries; the first of several with the same distance.
//
//     window     width of the band as a share of the longer series, in [0, 1]
//     excluded   (N,), candidate that each query is not compared with, or -1; null to compare with all
//     nearest    (N,), output: index of the nearest candidate, or -1 if there is none
//     distances  (N,), output: distance of that candidate, or infinity
//
// Returns null, or a message that says what is wrong with the inputs.
SYNTAGMA_API const char *syntagma_dtw_nearest(const syntagma_series *queries, const syntagma_series *candidates,
                                              double window, const int64_t *excluded, int64_t *nearest,
                                              double *distances);

#ifdef __cplusplus
}
#endif
