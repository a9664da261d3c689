// An LSTM over a batch of sequences: forward pass, and gradients of all inputs.
//
// Independent of Python and of any framework. Arrays are contiguous, float32, row-major, and owned by the caller. The
// four gates have the order of Keras: input i, forget f, candidate g, output o.
//
//     a   = x_t W + h_{t-1} U + b
//     c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
//     h_t = sigmoid(a_o) tanh(c_t)
//
// The work is proportional to the number of real steps. Masked steps are skipped, and do not change the state.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SYNTAGMA_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

// Inputs, the same for forward and backward.
typedef struct {
    int64_t batch, time, inputs, units;  // B, T, D, H
    const float *x;                      // (B, T, D)
    const float *kernel;                 // W, (D, 4 H)
    const float *recurrent;              // U, (H, 4 H)
    const float *bias;                   // b, (4 H), or null for zeros
    const float *h0, *c0;                // (B, H), or null for zeros
    const int32_t *lengths;              // (B,), number of real steps, at the start of each row, or null
    const uint8_t *mask;                 // (B, T), nonzero at real steps, or null; excludes lengths
    const float *x_dropout;              // factors of x, (x_masks, B, D), or null
    const float *h_dropout;              // factors of h for each gate, (4, B, H), or null
    const float *y_dropout;              // factors of y, but not of the final state, (B, H), or null
    int64_t x_masks;                     // 1: the same factors of x for all gates; 4: separate factors
    int32_t backwards;                   // whether each row is processed from its last real step to its first
    int32_t zero_output;                 // y at masked steps: 0 if set; otherwise the previous output in processing
                                         // order, and h0 before the first real step
    int32_t share_prefix;                // whether leading steps that are identical in several rows, bit for bit, may
                                         // be computed once. The gradients of their inputs and initial states are then
                                         // summed into one of these rows. Has an effect only forwards, without lengths,
                                         // mask and dropout, and with equal initial states.
} syntagma_lstm_inputs;

typedef struct {
    float *y;         // outputs of all steps, (B, T, H), or null
    float *h, *c;     // final states, (B, H)
    int32_t *kept;    // (B, 2), name of the residuals that the gradients need, or null without gradients
} syntagma_lstm_outputs;

typedef struct {
    const int32_t *kept;    // as written by forward
    const float *dy;        // gradients of y, (B, T, H), or null for zeros
    const float *dh, *dc;   // of the final states, (B, H), or null for zeros
    const float *dc_steps;  // of the cell state after each step, (B, T, H), or null for zeros
    float *dx;              // (B, T, D), or null if not requested
    float *dkernel;         // (D, 4 H)
    float *drecurrent;      // (H, 4 H)
    float *dbias;           // (4 H)
    float *dh0, *dc0;       // (B, H)
} syntagma_lstm_gradients;

// Both return null, or a message that says what is wrong with the inputs.
//
// The residuals (five numbers per unit and real step) stay in the library, under the name that forward returns, until
// backward has used them. If they exceed SYNTAGMA_KEEP_MB megabytes in total (by default, an eighth of the memory that
// the process may use), the oldest are released, and backward computes them again.
SYNTAGMA_API const char *syntagma_lstm_forward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_outputs *outputs);
SYNTAGMA_API const char *syntagma_lstm_backward(const syntagma_lstm_inputs *inputs, const syntagma_lstm_gradients *gradients);

// Marks the residuals with this name (the first row of `kept`) as no longer needed, so their memory can be reused. An
// unknown name, or one already released, has no effect.
SYNTAGMA_API void syntagma_lstm_forget(int64_t name);

// The instruction set in use: "avx512", "avx2" or "portable". SYNTAGMA_ISA selects a smaller one.
SYNTAGMA_API const char *syntagma_isa(void);

// Number of threads, including the caller's: SYNTAGMA_THREADS, or the number of cores available to this process.
SYNTAGMA_API int32_t syntagma_threads(void);

#ifdef __cplusplus
}
#endif
