// Steps at the beginning that several rows share, as padding on the left makes them: one row walks them for all.
#pragma once

#include <cstdint>
#include <vector>

#include "plan.h"

namespace syntagma {

struct Prefix {
    int64_t row = 0;              // the one that walks
    int64_t steps = 0;            // as far as it walks for others; 0 where nothing is shared
    std::vector<int32_t> starts;  // (B,), where each row goes on alone
};

// What of these inputs is shared, where that is allowed and worth it.
Prefix shared_prefix(const syntagma_lstm_inputs &in);

// Floats of the residual of a batch with a prefix: that of the rows, that of the walk, and the states of the walk.
int64_t residual_floats(const syntagma_lstm_inputs &in, const Plan &plan, const Prefix &prefix);

// As the kernels' own, which do the work; `plan` is that of the rows after their starts.
void forward(const syntagma_lstm_inputs &in, const syntagma_lstm_outputs &out, const Plan &plan, const Prefix &prefix,
             float *residual);
void backward(const syntagma_lstm_inputs &in, const syntagma_lstm_gradients &out, const Plan &plan, const Prefix &prefix,
              const float *residual);

}  // namespace syntagma
