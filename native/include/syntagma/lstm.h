// An LSTM over a batch of sequences: forward, and the gradients of everything that goes in.
//
// Free of Python and of any framework. Arrays are dense, float32, row by row. The four gates come in the order of
// Keras: input i, forget f, candidate g, output o.
//
//     a   = x_t W + h_{t-1} U + b
//     c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
//     h_t = sigmoid(a_o) tanh(c_t)
//
// Work is proportional to the real steps of each row. A step that is not real is passed over: the state stays.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SYNTAGMA_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

// What goes in, the same for forward and backward.
typedef struct {
    int64_t batch, time, inputs, units;  // B, T, D, H
    const float *x;                      // (B, T, D)
    const float *kernel;                 // W, (D, 4 H)
    const float *recurrent;              // U, (H, 4 H)
    const float *bias;                   // b, (4 H), or null for zeros
    const float *h0, *c0;                // (B, H), or null for zeros
    const int32_t *lengths;              // (B,), real steps at the beginning of each row, or null
    const uint8_t *mask;                 // (B, T), not 0 where a step is real, or null; not beside lengths
    const float *x_dropout;              // factors of x, (x_masks, B, D), or null
    const float *h_dropout;              // factors of h for each gate, (4, B, H), or null
    const float *y_dropout;              // factors of y, but not of the last state, (B, H), or null
    int64_t x_masks;                     // 1: the same factors of x for all gates; 4: others for each
    int32_t backwards;                   // whether each row is read from its last real step to its first
    int32_t zero_output;                 // what stands in y where a step is not real: 0, or the output before it,
                                         // in the order of reading, and before the first real step h0
    int32_t share_prefix;                // whether steps at the beginning that are the same in several rows, bit for
                                         // bit, may be walked once; the gradients of their inputs then stand, summed,
                                         // in one of these rows, and so do those of their first states. Of effect
                                         // only forwards, without lengths, mask and dropout, from equal first states.
} syntagma_lstm_inputs;

typedef struct {
    float *y;         // every output, (B, T, H), or null
    float *h, *c;     // the last state, (B, H)
    int32_t *kept;    // (B, 2), the name of what the gradients need, or null when only predicting
} syntagma_lstm_outputs;

typedef struct {
    const int32_t *kept;    // as forward left it
    const float *dy;        // gradients of y, (B, T, H), or null for zeros
    const float *dh, *dc;   // of the last state, (B, H), or null for zeros
    const float *dc_steps;  // of the cell after each step, (B, T, H), or null for zeros
    float *dx;              // (B, T, D), or null where it is not wanted
    float *dkernel;         // (D, 4 H)
    float *drecurrent;      // (H, 4 H)
    float *dbias;           // (4 H)
    float *dh0, *dc0;       // (B, H)
} syntagma_lstm_gradients;

// Returns null, or what is wrong with the inputs, in words.
//
// What the gradients need (five numbers for each unit of each real step) stays in the library under the name that
// forward gives, until backward has been there. Beyond SYNTAGMA_KEEP_MB megabytes in all (where that is not set, an
// eighth of the memory that the process may use) the oldest is forgotten, and backward computes it again.
SYNTAGMA_API const char *syntagma_lstm_forward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_outputs *outputs);
SYNTAGMA_API const char *syntagma_lstm_backward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_gradients *gradients);

// Says that no gradients will be asked of what stands under a name (the first row of `kept`): whoever needs memory may
// take it. A name that is unknown, or no longer known, changes nothing.
SYNTAGMA_API void syntagma_lstm_forget(int64_t name);

// The instruction set in use: "avx512", "avx2" or "portable". SYNTAGMA_ISA names a lesser one.
SYNTAGMA_API const char *syntagma_isa(void);

// Number of threads, the caller's included: SYNTAGMA_THREADS, or the cores given to this process.
SYNTAGMA_API int32_t syntagma_threads(void);

#ifdef __cplusplus
}
#endif
