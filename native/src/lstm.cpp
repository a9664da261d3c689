// Choice of the instruction set, input checks, and the functions of the C interface.

#include "syntagma/lstm.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <vector>

#include "kernel.h"
#include "prefix.h"
#include "residuals.h"
#include "threads.h"

namespace syntagma {

Memory::~Memory() { std::free(data_); }

float *Memory::get(int64_t floats) {
    if (floats > size_) {
        std::free(data_);
        data_ = nullptr, size_ = 0;
        void *found = nullptr;
        if (posix_memalign(&found, 64, (static_cast<size_t>(floats) + 16) * sizeof(float)) != 0) throw std::bad_alloc();
        data_ = static_cast<float *>(found);
        size_ = floats;
    }
    return data_;
}

namespace {

const Kernels &best() {
    const char *wanted = std::getenv("SYNTAGMA_ISA");
    const auto allowed = [&](const char *name) { return wanted == nullptr || std::strcmp(wanted, name) == 0; };
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    if (avx512 && allowed("avx512")) return avx512_kernels;
    if (avx2 && (allowed("avx2") || allowed("avx512"))) return avx2_kernels;
#else
    (void)allowed;
#endif
    return portable_kernels;
}

}  // namespace

const Kernels &kernels() {
    static const Kernels &chosen = best();
    return chosen;
}

namespace {

constexpr int64_t kMostSteps = int64_t{1} << 31;

const char *wrong(const syntagma_lstm_inputs &in) {
    if (in.batch < 0 || in.time < 0 || in.inputs < 0) return "batch, time and inputs must not be negative";
    if (in.units < 1) return "units must be at least 1";
    if (in.batch >= kMostSteps || in.time >= kMostSteps || in.inputs >= kMostSteps || in.units >= kMostSteps)
        return "batch, time, inputs and units must be below 2^31";
    if (in.x_dropout && in.x_masks != 1 && in.x_masks != 4) return "x_masks must be 1 or 4";
    if (in.lengths && in.mask) return "give lengths or a mask, not both";
    if (in.lengths)
        for (int64_t row = 0; row < in.batch; ++row)
            if (in.lengths[row] < 0 || in.lengths[row] > in.time) return "lengths must lie in [0, time]";
    return nullptr;
}

template <class F>
const char *guarded(const syntagma_lstm_inputs *inputs, F work) {
    if (const char *what = wrong(*inputs)) return what;
    try {
        const Prefix prefix = shared_prefix(*inputs);
        work(make_plan(*inputs, threads(), prefix.starts), prefix);
    } catch (const std::bad_alloc &) {
        return "not enough memory";
    } catch (const std::exception &) {
        return "the work could not be done";
    }
    return nullptr;
}

// Writes a name as two 32-bit integers into each row, because a framework may split the rows.
void write_name(int64_t name, int64_t rows, int32_t *to) {
    for (int64_t row = 0; row < rows; ++row) std::memcpy(to + 2 * row, &name, sizeof(name));
}

// Reads a name; 0 if the rows are from different calls.
int64_t read_name(const int32_t *from, int64_t rows) {
    int64_t name = 0;
    if (from == nullptr) return name;
    if (rows) std::memcpy(&name, from, sizeof(name));
    for (int64_t row = 1; row < rows; ++row)
        if (std::memcmp(from + 2 * row, &name, sizeof(name)) != 0) return 0;
    return name;
}

void forward_and_keep(const syntagma_lstm_inputs &in, const syntagma_lstm_outputs &out, const Plan &plan,
                      const Prefix &prefix) {
    if (out.kept == nullptr || in.batch == 0) return forward(in, out, plan, prefix, nullptr);
    const auto residual = residuals().make(residual_floats(in, plan, prefix));
    residual->batch = in.batch, residual->time = in.time, residual->inputs = in.inputs, residual->units = in.units;
    try {
        forward(in, out, plan, prefix, residual->data());
    } catch (...) {
        residuals().spend(residual);
        throw;
    }
    write_name(residual->name, in.batch, out.kept);
}

void backward_from_kept(const syntagma_lstm_inputs &in, const syntagma_lstm_gradients &out, const Plan &plan,
                        const Prefix &prefix) {
    const int64_t floats = residual_floats(in, plan, prefix);
    auto residual = residuals().find(read_name(out.kept, in.batch));
    const auto fits = [&](const Residual &one) {
        return one.floats == floats && one.batch == in.batch && one.time == in.time && one.inputs == in.inputs &&
               one.units == in.units;
    };
    if (residual == nullptr || !fits(*residual)) {
        residual = residuals().make(floats);
        std::vector<float> states(2 * in.batch * in.units);
        const syntagma_lstm_outputs again{nullptr, states.data(), states.data() + in.batch * in.units, nullptr};
        forward(in, again, plan, prefix, residual->data());
    }
    backward(in, out, plan, prefix, residual->data());
    residuals().spend(residual);
}

}  // namespace
}  // namespace syntagma

extern "C" {

const char *syntagma_lstm_forward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_outputs *outputs) {
    return syntagma::guarded(inputs, [&](const syntagma::Plan &plan, const syntagma::Prefix &prefix) {
        syntagma::forward_and_keep(*inputs, *outputs, plan, prefix);
    });
}

const char *syntagma_lstm_backward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_gradients *gradients) {
    return syntagma::guarded(inputs, [&](const syntagma::Plan &plan, const syntagma::Prefix &prefix) {
        syntagma::backward_from_kept(*inputs, *gradients, plan, prefix);
    });
}

void syntagma_lstm_forget(int64_t name) {
    if (const auto residual = syntagma::residuals().find(name)) syntagma::residuals().spend(residual);
}

const char *syntagma_isa(void) { return syntagma::kernels().name; }

}  // extern "C"
