// Kernels for each instruction set.
#pragma once

#include <vector>

#include "plan.h"
#include "syntagma/lstm.h"

namespace syntagma {

// Memory aligned to 64-byte cache lines, which is reused between calls.
class Memory {
   public:
    Memory() = default;
    Memory(const Memory &) = delete;
    ~Memory();
    // Returns at least `floats` floats, with undefined contents.
    float *get(int64_t floats);
    int64_t size() const { return size_; }

   private:
    float *data_ = nullptr;
    int64_t size_ = 0;
};

// Arrays stored for each step: the four gates and the cell state.
constexpr int kKept = 5, kKeptCell = 4;

struct Kernels {
    const char *name;
    // H rounded up to whole vectors.
    int64_t (*padded_units)(int64_t units);
    // The residual holds the values of each real step that the gradients need, (kKept, padded units), or is null.
    void (*forward)(const syntagma_lstm_inputs &, const syntagma_lstm_outputs &, const Plan &, float *residual);
    void (*backward)(const syntagma_lstm_inputs &, const syntagma_lstm_gradients &, const Plan &, const float *residual);
};

extern const Kernels portable_kernels;
#if defined(__x86_64__)
extern const Kernels avx2_kernels, avx512_kernels;
#endif

const Kernels &kernels();

}  // namespace syntagma
