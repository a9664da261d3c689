#include "plan.h"

#include <algorithm>
#include <numeric>

namespace syntagma {

namespace {

// Number of real steps of each row; positions only for rows whose real steps are not all at the start.
struct Counted {
    std::vector<int32_t> steps;
    std::vector<int64_t> begin;
};

Counted count(const syntagma_lstm_inputs &in, std::vector<int32_t> &positions) {
    Counted counted{std::vector<int32_t>(in.batch, static_cast<int32_t>(in.time)), std::vector<int64_t>(in.batch, -1)};
    if (in.lengths) std::copy(in.lengths, in.lengths + in.batch, counted.steps.begin());
    if (!in.mask) return counted;
    for (int64_t row = 0; row < in.batch; ++row) {
        const uint8_t *mask = in.mask + row * in.time;
        const int64_t begin = static_cast<int64_t>(positions.size());
        for (int64_t t = 0; t < in.time; ++t)
            if (mask[t]) positions.push_back(static_cast<int32_t>(t));
        const int64_t steps = static_cast<int64_t>(positions.size()) - begin;
        counted.steps[row] = static_cast<int32_t>(steps);
        const bool dense = steps == 0 || positions.back() == steps - 1;
        if (dense) {
            positions.resize(begin);
        } else {
            counted.begin[row] = begin;
            if (in.backwards) std::reverse(positions.begin() + begin, positions.end());
        }
    }
    return counted;
}

}  // namespace

int Part::active(int s) const {
    return static_cast<int>(
        std::partition_point(steps.begin(), steps.end(), [s](int32_t steps_of_row) { return steps_of_row > s; }) -
        steps.begin());
}

Plan make_plan(const syntagma_lstm_inputs &in, int parts, const std::vector<int32_t> &starts) {
    Plan plan;
    plan.backwards = in.backwards != 0;
    Counted counted = count(in, plan.positions);
    for (size_t row = 0; row < starts.size(); ++row) counted.steps[row] -= starts[row];
    std::vector<int32_t> order(in.batch);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int32_t a, int32_t b) { return counted.steps[a] > counted.steps[b]; });
    plan.parts.resize(std::max<int64_t>(1, std::min<int64_t>(parts, in.batch)));
    const int n = static_cast<int>(plan.parts.size());
    for (size_t k = 0; k < order.size(); ++k) {
        // Alternate the direction, so no part always gets the longer row.
        const int round = static_cast<int>(k / n), place = static_cast<int>(k % n);
        Part &part = plan.parts[round % 2 ? n - 1 - place : place];
        part.rows.push_back(order[k]);
        part.steps.push_back(counted.steps[order[k]]);
        part.starts.push_back(starts.empty() ? 0 : starts[order[k]]);
        part.positions.push_back(counted.begin[order[k]]);
        part.tokens += counted.steps[order[k]];
    }
    int64_t before = 0;
    for (Part &part : plan.parts) {
        part.first_token = before;
        before += part.tokens;
    }
    return plan;
}

}  // namespace syntagma
