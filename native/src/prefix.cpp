#include "prefix.h"

#include <algorithm>
#include <cstring>

#include "kernel.h"

namespace syntagma {

namespace {

bool same(const float *a, const float *b, int64_t count) {
    return a == b || std::memcmp(a, b, sizeof(float) * count) == 0;
}

bool same_rows(const float *rows, int64_t count, int64_t width) {
    for (int64_t row = 1; rows != nullptr && row < count; ++row)
        if (!same(rows, rows + row * width, width)) return false;
    return true;
}

bool may_share(const syntagma_lstm_inputs &in) {
    return in.share_prefix && in.batch > 1 && in.inputs > 0 && !in.lengths && !in.mask && !in.backwards &&
           !in.x_dropout && !in.h_dropout && !in.y_dropout && same_rows(in.h0, in.batch, in.units) &&
           same_rows(in.c0, in.batch, in.units);
}

// Layout of the residuals of the walk and of the rows.
struct Kept {
    int64_t width;  // floats of one step
    int64_t walk, states, floats;

    // `tokens` is the number of real steps of the rows.
    Kept(const syntagma_lstm_inputs &in, int64_t tokens, const Prefix &prefix)
        : width(kKept * kernels().padded_units(in.units)), walk(tokens * width),
          states(walk + prefix.steps * width), floats(states + prefix.steps * in.units) {}
};

// Inputs of the row that is computed for the others, limited to the prefix.
syntagma_lstm_inputs walk_of(const syntagma_lstm_inputs &in, const Prefix &prefix) {
    syntagma_lstm_inputs walk = in;
    walk.batch = 1, walk.time = prefix.steps;
    walk.x = in.x + prefix.row * in.time * in.inputs;
    return walk;  // h0 and c0 of the first row, since all rows have the same
}

// Hidden and cell states with which each row continues after the prefix.
class Starts {
   public:
    Starts(const syntagma_lstm_inputs &in, const Prefix &prefix, const Kept &kept, const float *residual)
        : states_(2 * in.batch * in.units) {
        const int64_t H = in.units;
        for (int64_t row = 0; row < in.batch; ++row) {
            const int64_t last = prefix.starts[row] - 1;
            const float *h = last < 0 ? in.h0 : residual + kept.states + last * H;
            const float *c = last < 0 ? in.c0 : residual + kept.walk + last * kept.width + kKeptCell * kept.width / kKept;
            if (h != nullptr) std::copy_n(h, H, &states_[row * H]);
            if (c != nullptr) std::copy_n(c, H, &states_[(in.batch + row) * H]);
        }
    }

    // Inputs of the rows after the prefix; the steps before its start are masked in each row.
    syntagma_lstm_inputs rows(const syntagma_lstm_inputs &in) const {
        syntagma_lstm_inputs rows = in;
        rows.h0 = states_.data(), rows.c0 = states_.data() + in.batch * in.units;
        rows.zero_output = 1;
        return rows;
    }

   private:
    std::vector<float> states_;
};

void add(const float *from, int64_t count, float *to) {
    for (int64_t k = 0; k < count; ++k) to[k] += from[k];
}

}  // namespace

Prefix shared_prefix(const syntagma_lstm_inputs &in) {
    Prefix prefix;
    if (!may_share(in)) return prefix;
    const int64_t B = in.batch, T = in.time, D = in.inputs;
    // The row with the longest run of equal leading inputs is computed for all rows with the same start. The very first
    // input may differ, because after a convolution it depends on the edge.
    const auto repeats = [&](int64_t row) {
        const float *x = in.x + row * T * D;
        int64_t t = 2;
        while (t < T && same(x + D, x + t * D, D)) ++t;
        return std::min(t, T);
    };
    int64_t longest = 0;
    for (int64_t row = 0; row < B; ++row)
        if (const int64_t steps = repeats(row); steps > longest) longest = steps, prefix.row = row;
    const float *walker = in.x + prefix.row * T * D;
    prefix.starts.assign(B, 0);
    int64_t shared = 0;
    for (int64_t row = 0; row < B; ++row) {
        if (row == prefix.row) continue;
        int64_t t = 0;
        while (t < longest && same(walker + t * D, in.x + (row * T + t) * D, D)) ++t;
        prefix.starts[row] = static_cast<int32_t>(t);
        prefix.steps = std::max(prefix.steps, t);
        shared += t;
    }
    prefix.starts[prefix.row] = static_cast<int32_t>(prefix.steps);
    // A separate pass over one row costs as much as some steps of the whole batch.
    if (shared < 2 * prefix.steps) prefix.steps = 0, prefix.starts.clear();
    return prefix;
}

int64_t residual_floats(const syntagma_lstm_inputs &in, const Plan &plan, const Prefix &prefix) {
    return Kept(in, plan.tokens(), prefix).floats;
}

void forward(const syntagma_lstm_inputs &in, const syntagma_lstm_outputs &out, const Plan &plan, const Prefix &prefix,
             float *residual) {
    if (prefix.steps == 0) return kernels().forward(in, out, plan, residual);
    const int64_t T = in.time, H = in.units;
    // The rows continue from cell states of the walk, which are stored even without gradients.
    const Kept kept(in, residual ? plan.tokens() : 0, prefix);
    std::vector<float> walked(residual ? 0 : kept.floats), last(2 * H);
    float *all = residual ? residual : walked.data();
    const syntagma_lstm_inputs walk = walk_of(in, prefix);
    kernels().forward(walk, {all + kept.states, last.data(), last.data() + H, nullptr}, make_plan(walk, 1),
                      all + kept.walk);
    const Starts starts(in, prefix, kept, all);
    kernels().forward(starts.rows(in), out, plan, residual);
    if (out.y)
        for (int64_t row = 0; row < in.batch; ++row)
            std::copy_n(all + kept.states, prefix.starts[row] * H, out.y + row * T * H);
}

void backward(const syntagma_lstm_inputs &in, const syntagma_lstm_gradients &out, const Plan &plan, const Prefix &prefix,
              const float *residual) {
    if (prefix.steps == 0) return kernels().backward(in, out, plan, residual);
    const int64_t B = in.batch, T = in.time, D = in.inputs, H = in.units;
    const Kept kept(in, plan.tokens(), prefix);
    const Starts starts(in, prefix, kept, residual);
    kernels().backward(starts.rows(in), out, plan, residual);

    // Gradients of the walk: of its outputs, and of the states from which the rows continue.
    std::vector<float> dy(prefix.steps * H), dc(prefix.steps * H);
    for (int64_t row = 0; row < B; ++row) {
        const int64_t steps = prefix.starts[row];
        if (steps == 0) continue;
        if (out.dy) add(out.dy + row * T * H, steps * H, dy.data());
        add(out.dh0 + row * H, H, &dy[(steps - 1) * H]);
        add(out.dc0 + row * H, H, &dc[(steps - 1) * H]);
        std::fill_n(out.dh0 + row * H, H, 0.0f);
        std::fill_n(out.dc0 + row * H, H, 0.0f);
    }
    std::vector<float> weights(4 * H * (D + H + 1));
    const syntagma_lstm_inputs walk = walk_of(in, prefix);
    syntagma_lstm_gradients of_walk{};
    of_walk.dy = dy.data(), of_walk.dc_steps = dc.data();
    of_walk.dx = out.dx ? out.dx + prefix.row * T * D : nullptr;
    of_walk.dkernel = weights.data(), of_walk.drecurrent = of_walk.dkernel + 4 * H * D;
    of_walk.dbias = of_walk.drecurrent + 4 * H * H;
    of_walk.dh0 = out.dh0 + prefix.row * H, of_walk.dc0 = out.dc0 + prefix.row * H;
    kernels().backward(walk, of_walk, make_plan(walk, 1), residual + kept.walk);
    add(of_walk.dkernel, 4 * H * D, out.dkernel);
    add(of_walk.drecurrent, 4 * H * H, out.drecurrent);
    add(of_walk.dbias, 4 * H, out.dbias);
}

}  // namespace syntagma
