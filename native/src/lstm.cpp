// The instruction set, and the checks before the work.

#include "syntagma/lstm.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "kernel.h"
#include "threads.h"

namespace syntagma {

Memory::~Memory() { std::free(data_); }

float *Memory::get(size_t floats) {
    if (floats > size_) {
        std::free(data_);
        data_ = nullptr, size_ = 0;
        void *found = nullptr;
        if (posix_memalign(&found, 64, (floats + 16) * sizeof(float)) != 0) throw std::bad_alloc();
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

// Vectors never pad H by more than this.
constexpr int64_t kMostPadding = 15;
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
        work(make_plan(*inputs, threads()));
    } catch (const std::bad_alloc &) {
        return "not enough memory";
    } catch (const std::exception &) {
        return "the work could not be done";
    }
    return nullptr;
}

}  // namespace
}  // namespace syntagma

extern "C" {

const char *syntagma_lstm_forward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_outputs *outputs) {
    return syntagma::guarded(
        inputs, [&](const syntagma::Plan &plan) { syntagma::kernels().forward(*inputs, *outputs, plan); });
}

const char *syntagma_lstm_backward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_gradients *gradients) {
    return syntagma::guarded(
        inputs, [&](const syntagma::Plan &plan) { syntagma::kernels().backward(*inputs, *gradients, plan); });
}

int64_t syntagma_residual_width(int64_t units) { return 5 * ((units + syntagma::kMostPadding) / 16 * 16); }

const char *syntagma_isa(void) { return syntagma::kernels().name; }

}  // extern "C"
