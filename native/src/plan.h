// Which rows a thread works on, in which order, and where their steps are.
#pragma once

#include <cstdint>
#include <vector>

#include "syntagma/lstm.h"

namespace syntagma {

// Rows of one thread, those with the most real steps first, so that the active ones are always the first few.
struct Part {
    std::vector<int32_t> rows;       // row numbers in the batch
    std::vector<int32_t> steps;      // number of real steps of each
    std::vector<int32_t> starts;     // the place of its first step, where it has no positions
    std::vector<int64_t> positions;  // where its positions begin in Plan::positions, or -1: one after the other
    int64_t first_token = 0;         // number of real steps of the parts before
    int64_t tokens = 0;

    // Number of rows that have a step s.
    int active(int s) const;
};

struct Plan {
    std::vector<Part> parts;
    std::vector<int32_t> positions;  // of the real steps of rows with holes, in the order in which they are read
    bool backwards = false;

    // Number of real steps of all rows.
    int64_t tokens() const { return parts.back().first_token + parts.back().tokens; }

    // The place in time of step s of a row of a part.
    int64_t place(const Part &part, int row, int s) const {
        if (part.positions[row] >= 0) return positions[part.positions[row] + s];
        return backwards ? part.steps[row] - 1 - s : part.starts[row] + s;
    }
};

// With `starts`, each row is read from its start to its end, and all its steps are real.
Plan make_plan(const syntagma_lstm_inputs &inputs, int parts, const std::vector<int32_t> &starts = {});

}  // namespace syntagma
