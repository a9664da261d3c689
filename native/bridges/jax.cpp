// Foreign functions through which XLA calls the kernel on JAX's own buffers, without copies.
//
// Optional arrays are left out of the arguments and results; the attribute `given` has a bit for each one present.

#include <algorithm>
#include <initializer_list>
#include <string>

#include "syntagma/lstm.h"
#include "xla/ffi/api/ffi.h"

namespace {

namespace ffi = xla::ffi;

enum Given { kMask = 1, kInputDropout = 2, kStateDropout = 4, kOutputDropout = 8, kSequences = 16, kKept = 32 };

ffi::Error said(const char *wrong) {
    return wrong ? ffi::Error::InvalidArgument(std::string("syntagma LSTM: ") + wrong) : ffi::Error::Success();
}

// Reads the arguments in order, and checks their dtypes and shapes.
class Arguments {
   public:
    explicit Arguments(const ffi::RemainingArgs &all) : all_(all) {}

    // Returns null if something does not match, which `fits` records.
    template <ffi::DataType type = ffi::F32>
    auto take(std::initializer_list<int64_t> shape) -> decltype(ffi::Buffer<type>(nullptr).typed_data()) {
        const auto buffer = all_.get<ffi::Buffer<type>>(next_++);
        if (!buffer.has_value()) return fits = false, nullptr;
        const auto found = buffer->dimensions();
        fits = fits && found.size() == shape.size() && std::equal(found.begin(), found.end(), shape.begin());
        return fits ? buffer->typed_data() : nullptr;
    }

    ffi::Span<const int64_t> shape(size_t index) const {
        const auto buffer = all_.get<ffi::AnyBuffer>(index);
        return buffer.has_value() ? buffer->dimensions() : ffi::Span<const int64_t>();
    }

    bool fits = true;

   private:
    const ffi::RemainingArgs &all_;
    size_t next_ = 0;
};

const char *const kDoNotFit = "the types and shapes of the arrays do not fit each other";

// The first arguments of both functions.
bool fill(Arguments &arguments, int32_t given, int32_t backwards, int32_t zero_output, int32_t share_prefix,
          syntagma_lstm_inputs &to) {
    const auto x = arguments.shape(0), kernel = arguments.shape(1);
    if (x.size() != 3 || kernel.size() != 2) return false;
    const int64_t B = x[0], T = x[1], D = x[2], H = kernel[1] / 4;
    to = {};
    to.batch = B, to.time = T, to.inputs = D, to.units = H;
    to.x = arguments.take({B, T, D});
    to.kernel = arguments.take({D, 4 * H});
    to.recurrent = arguments.take({H, 4 * H});
    to.bias = arguments.take({4 * H});
    to.h0 = arguments.take({B, H});
    to.c0 = arguments.take({B, H});
    if (given & kMask) to.mask = reinterpret_cast<const uint8_t *>(arguments.take<ffi::PRED>({B, T}));
    if (given & kInputDropout) {
        const auto shape = arguments.shape(6 + (given & kMask ? 1 : 0));
        to.x_masks = shape.size() == 3 ? shape[0] : 0;
        to.x_dropout = arguments.take({to.x_masks, B, D});
    }
    if (given & kStateDropout) to.h_dropout = arguments.take({4, B, H});
    if (given & kOutputDropout) to.y_dropout = arguments.take({B, H});
    to.backwards = backwards, to.zero_output = zero_output, to.share_prefix = share_prefix;
    return arguments.fits;
}

template <ffi::DataType type = ffi::F32>
auto result(const ffi::RemainingRets &all, size_t index, bool &fits) -> decltype(ffi::Buffer<type>(nullptr).typed_data()) {
    auto found = all.get<ffi::Buffer<type>>(index);
    fits = fits && found.has_value();
    return fits ? (*found)->typed_data() : nullptr;
}

// Results: h, c, then y and the name of the residuals if requested.
ffi::Error forward(ffi::RemainingArgs all, ffi::RemainingRets results, int32_t given, int32_t backwards,
                   int32_t zero_output, int32_t share_prefix) {
    Arguments arguments(all);
    syntagma_lstm_inputs inputs;
    if (!fill(arguments, given, backwards, zero_output, share_prefix, inputs)) return said(kDoNotFit);
    bool fits = true;
    syntagma_lstm_outputs outputs{};
    size_t next = 0;
    outputs.h = result(results, next++, fits);
    outputs.c = result(results, next++, fits);
    if (given & kSequences) outputs.y = result(results, next++, fits);
    if (given & kKept) outputs.kept = result<ffi::S32>(results, next++, fits);
    return said(fits ? syntagma_lstm_forward(&inputs, &outputs) : kDoNotFit);
}

// Further arguments: name of the residuals, gradients of h and c, and of y if it was requested.
ffi::Error backward(ffi::RemainingArgs all, ffi::RemainingRets results, int32_t given, int32_t backwards,
                    int32_t zero_output, int32_t share_prefix) {
    Arguments arguments(all);
    syntagma_lstm_inputs inputs;
    if (!fill(arguments, given, backwards, zero_output, share_prefix, inputs)) return said(kDoNotFit);
    const int64_t B = inputs.batch, T = inputs.time, H = inputs.units;
    syntagma_lstm_gradients gradients{};
    gradients.kept = arguments.take<ffi::S32>({B, 2});
    gradients.dh = arguments.take({B, H});
    gradients.dc = arguments.take({B, H});
    if (given & kSequences) gradients.dy = arguments.take({B, T, H});
    bool fits = arguments.fits;
    size_t next = 0;
    for (float **to : {&gradients.dx, &gradients.dkernel, &gradients.drecurrent, &gradients.dbias, &gradients.dh0,
                       &gradients.dc0})
        *to = result(results, next++, fits);
    return said(fits ? syntagma_lstm_backward(&inputs, &gradients) : kDoNotFit);
}

}  // namespace

extern "C" {
SYNTAGMA_API XLA_FFI_Error *syntagma_jax_lstm_forward(XLA_FFI_CallFrame *);
SYNTAGMA_API XLA_FFI_Error *syntagma_jax_lstm_backward(XLA_FFI_CallFrame *);
}

#define SYNTAGMA_BINDING               \
    ffi::Ffi::Bind()                   \
        .RemainingArgs()               \
        .RemainingRets()               \
        .Attr<int32_t>("given")        \
        .Attr<int32_t>("backwards")    \
        .Attr<int32_t>("zero_output")  \
        .Attr<int32_t>("share_prefix")

XLA_FFI_DEFINE_HANDLER_SYMBOL(syntagma_jax_lstm_forward, forward, SYNTAGMA_BINDING);
XLA_FFI_DEFINE_HANDLER_SYMBOL(syntagma_jax_lstm_backward, backward, SYNTAGMA_BINDING);
