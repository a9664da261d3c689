// One set of kernels for each instruction set.
#pragma once

#include <vector>

#include "plan.h"
#include "syntagma/lstm.h"

namespace syntagma {

// Memory of 64-byte lines that is kept between calls.
class Memory {
   public:
    Memory() = default;
    Memory(const Memory &) = delete;
    ~Memory();
    // At least `floats` floats; what was there is lost.
    float *get(size_t floats);

   private:
    float *data_ = nullptr;
    size_t size_ = 0;
};

struct Kernels {
    const char *name;
    // H rounded up to whole vectors.
    int64_t (*padded_units)(int64_t units);
    void (*forward)(const syntagma_lstm_inputs &, const syntagma_lstm_outputs &, const Plan &);
    void (*backward)(const syntagma_lstm_inputs &, const syntagma_lstm_gradients &, const Plan &);
};

extern const Kernels portable_kernels;
#if defined(__x86_64__)
extern const Kernels avx2_kernels, avx512_kernels;
#endif

const Kernels &kernels();

}  // namespace syntagma
