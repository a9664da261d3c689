// Vectors of N floats, with the vector extension of GCC and Clang, and the functions of the gates.
//
// Everything has internal linkage; otherwise the linker would use a single copy for all instruction sets.
#pragma once

#include <cstdint>
#include <cstring>

namespace syntagma {
namespace {

template <int N>
struct Vectors {
    typedef float F __attribute__((vector_size(4 * N)));
    typedef int32_t I __attribute__((vector_size(4 * N)));
};

template <int N>
using Floats = typename Vectors<N>::F;

template <int N>
inline Floats<N> load(const float *from) {
    Floats<N> value;
    std::memcpy(&value, from, sizeof(value));
    return value;
}

template <int N>
inline void store(float *to, Floats<N> value) {
    std::memcpy(to, &value, sizeof(value));
}

template <int N>
inline Floats<N> all(float value) {
    return Floats<N>{} + value;
}

// e^x - 1 with a relative error of a few units in the last place, for |x| <= 87; NaN stays NaN.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; e^x - 1 = 2^n (e^r - 1) + (2^n - 1), and e^r - 1 is its Taylor series to r^7.
template <int N>
inline __attribute__((always_inline)) Floats<N> exp_minus_1(Floats<N> x) {
    using F = Floats<N>;
    using I = typename Vectors<N>::I;
    const F to_integer = all<N>(12582912.0f);  // 1.5 2^23: adding it rounds to an integer
    const F shifted = x * 1.44269504f + to_integer;
    const F n = shifted - to_integer;
    const F r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts
    F p = all<N>(1.0f / 5040);
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r;
    I bits;
    std::memcpy(&bits, &shifted, sizeof(bits));
    bits = (bits - 0x4B400000 + 127) << 23;  // 0x4B400000 are the bits of to_integer
    F power;
    std::memcpy(&power, &bits, sizeof(power));
    return power * p + (power - 1.0f);
}

template <int N>
inline Floats<N> clamp(Floats<N> x, float limit) {
    // Comparisons with NaN are false, so NaN passes through.
    x = x > limit ? all<N>(limit) : x;
    return x < -limit ? all<N>(-limit) : x;
}

template <int N>
inline __attribute__((always_inline)) Floats<N> sigmoid(Floats<N> x) {
    return 1.0f / (exp_minus_1<N>(-clamp<N>(x, 87.0f)) + 2.0f);
}

template <int N>
inline __attribute__((always_inline)) Floats<N> tanh(Floats<N> x) {
    const Floats<N> e = exp_minus_1<N>(2.0f * clamp<N>(x, 10.0f));
    return e / (e + 2.0f);
}

}  // namespace
}  // namespace syntagma
