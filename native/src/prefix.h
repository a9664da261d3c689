// Leading steps that several rows share, such as left padding: one row, the walk, computes them for all.
#pragma once

#include <cstdint>
#include <vector>

#include "plan.h"

namespace syntagma {

struct Prefix {
    int64_t row = 0;              // row that is computed for the others
    int64_t steps = 0;            // number of shared steps of that row; 0 if nothing is shared
    std::vector<int32_t> starts;  // (B,), first step of each row that is not shared
};

// Finds the shared prefix of the inputs, if sharing is allowed and saves work.
Prefix shared_prefix(const syntagma_lstm_inputs &in);

// Number of floats of the residual of a batch with a prefix: of the rows, of the walk, and of the walk's states.
int64_t residual_floats(const syntagma_lstm_inputs &in, const Plan &plan, const Prefix &prefix);

// Like the functions of `Kernels`, which do the work. `plan` describes the rows from their starts on.
void forward(const syntagma_lstm_inputs &in, const syntagma_lstm_outputs &out, const Plan &plan, const Prefix &prefix,
             float *residual);
void backward(const syntagma_lstm_inputs &in, const syntagma_lstm_gradients &out, const Plan &plan, const Prefix &prefix,
              const float *residual);

}  // namespace syntagma
