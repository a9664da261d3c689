// Distribution of the rows over threads, their order, and the positions of their steps.
#pragma once

#include <cstdint>
#include <vector>

#include "syntagma/lstm.h"

namespace syntagma {

// Rows of one thread, sorted by decreasing number of real steps, so the active rows always come first.
struct Part {
    std::vector<int32_t> rows;       // indices in the batch
    std::vector<int32_t> steps;      // number of real steps of each row
    std::vector<int32_t> starts;     // time index of the first step, for rows without positions
    std::vector<int64_t> positions;  // offset into Plan::positions, or -1 if the steps are consecutive
    int64_t first_token = 0;         // total number of real steps of the previous parts
    int64_t tokens = 0;

    // Number of rows with a step s.
    int active(int s) const;
};

struct Plan {
    std::vector<Part> parts;
    std::vector<int32_t> positions;  // time indices of real steps, in processing order, of rows with gaps
    bool backwards = false;

    // Total number of real steps of all rows.
    int64_t tokens() const { return parts.back().first_token + parts.back().tokens; }

    // Time index of step s of a row of a part.
    int64_t place(const Part &part, int row, int s) const {
        if (part.positions[row] >= 0) return positions[part.positions[row] + s];
        return backwards ? part.steps[row] - 1 - s : part.starts[row] + s;
    }
};

// With `starts`, each row is processed from its start to the end, and all these steps are real.
Plan make_plan(const syntagma_lstm_inputs &inputs, int parts, const std::vector<int32_t> &starts = {});

}  // namespace syntagma
