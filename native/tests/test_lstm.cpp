// Compares the kernel with the formulas in double precision on random cases; intended to run under sanitizers.
//
// All arrays have their exact size, so out-of-bounds accesses are detected. Exits with 0 and a summary, or with 1 and
// an error message.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "syntagma/lstm.h"

namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

struct Case {
    int64_t B, T, D, H;
    Floats x, kernel, recurrent, bias, h0, c0, x_dropout, h_dropout, y_dropout;
    std::vector<uint8_t> real;     // (B, T), real steps
    std::vector<int32_t> lengths;  // the same as lengths, if given
    bool given_mask, given_lengths, backwards, zero_output;
    bool shared;                      // rows start with the same states and inputs,
    std::vector<int64_t> paddings;    // this many of them
    int64_t x_masks;
    Floats dy, dh, dc;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Sum of y dy + h dh + c dc, including y at masked steps.
double score(const Case &one, const Doubles &x, const Doubles &kernel, const Doubles &recurrent, const Doubles &bias,
             const Doubles &h0, const Doubles &c0) {
    const int64_t B = one.B, T = one.T, D = one.D, H = one.H;
    double sum = 0;
    for (int64_t b = 0; b < B; ++b) {
        Doubles h(h0.begin() + b * H, h0.begin() + (b + 1) * H), c(c0.begin() + b * H, c0.begin() + (b + 1) * H);
        Doubles output(h);
        const auto drop = [&](int64_t j) { return one.y_dropout.empty() ? 1.0 : one.y_dropout[b * H + j]; };
        for (int64_t j = 0; j < H; ++j) output[j] *= drop(j);
        for (int64_t k = 0; k < T; ++k) {
            const int64_t t = one.backwards ? T - 1 - k : k;
            const bool real = one.real[b * T + t];
            if (real) {
                Doubles a(bias);
                for (int64_t g = 0; g < 4; ++g)
                    for (int64_t j = 0; j < H; ++j) {
                        double &to = a[g * H + j];
                        for (int64_t d = 0; d < D; ++d) {
                            const int64_t mask = one.x_masks == 4 ? g * B : 0;
                            const double factor = one.x_dropout.empty() ? 1 : one.x_dropout[(mask + b) * D + d];
                            to += x[(b * T + t) * D + d] * factor * kernel[d * 4 * H + g * H + j];
                        }
                        for (int64_t i = 0; i < H; ++i) {
                            const double factor = one.h_dropout.empty() ? 1 : one.h_dropout[(g * B + b) * H + i];
                            to += h[i] * factor * recurrent[i * 4 * H + g * H + j];
                        }
                    }
                for (int64_t j = 0; j < H; ++j) {
                    c[j] = sigmoid(a[H + j]) * c[j] + sigmoid(a[j]) * std::tanh(a[2 * H + j]);
                    h[j] = sigmoid(a[3 * H + j]) * std::tanh(c[j]);
                    output[j] = h[j] * drop(j);
                }
            }
            for (int64_t j = 0; j < H; ++j)
                if (real || !one.zero_output) sum += output[j] * one.dy[(b * T + t) * H + j];
        }
        for (int64_t j = 0; j < H; ++j) sum += h[j] * one.dh[b * H + j] + c[j] * one.dc[b * H + j];
    }
    return sum;
}

Case drawn(unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int64_t>(random() % n); };
    const auto normal = [&](int64_t count) {
        std::normal_distribution<float> draw(0, 0.6f);
        Floats values(count);
        for (float &value : values) value = draw(random);
        return values;
    };
    const auto factors = [&](int64_t count) {
        Floats values(count);
        for (float &value : values) value = below(10) < 7 ? 1 / 0.7f : 0;
        return values;
    };
    Case one;
    one.B = 1 + below(9), one.T = 1 + below(8), one.D = below(4) ? 1 + below(20) : 0, one.H = 1 + below(36);
    const int64_t B = one.B, T = one.T, D = one.D, H = one.H;
    one.x = normal(B * T * D), one.kernel = normal(D * 4 * H), one.recurrent = normal(H * 4 * H);
    one.bias = normal(4 * H), one.h0 = normal(B * H), one.c0 = normal(B * H);
    one.x_masks = below(2) ? 1 : 4;
    if (below(2)) one.x_dropout = factors(one.x_masks * B * D);
    if (below(2)) one.h_dropout = factors(4 * B * H);
    if (below(3) == 0) one.y_dropout = factors(B * H);
    one.given_lengths = below(3) == 0, one.given_mask = !one.given_lengths && below(2);
    one.backwards = below(2), one.zero_output = below(2);
    one.real.assign(B * T, 1);
    for (int64_t b = 0; b < B; ++b) {
        const int64_t length = below(static_cast<int>(T) + 1);
        one.lengths.push_back(static_cast<int32_t>(length));
        for (int64_t t = 0; t < T; ++t) {
            if (one.given_lengths) one.real[b * T + t] = t < length;
            if (one.given_mask) one.real[b * T + t] = below(2);
        }
    }
    one.dy = normal(B * T * H), one.dh = normal(B * H), one.dc = normal(B * H);
    one.paddings.assign(B, 0);
    one.shared = below(3) == 0 && D > 0;
    if (one.shared) {
        const Floats padding = normal(D);
        for (int64_t b = 0; b < B; ++b) {
            one.paddings[b] = below(static_cast<int>(T) + 1);
            for (int64_t t = 0; t < one.paddings[b]; ++t)
                std::copy(padding.begin(), padding.end(), one.x.begin() + (b * T + t) * D);
        }
        for (Floats *states : {&one.h0, &one.c0})
            for (int64_t b = 1; b < B; ++b) std::copy_n(states->begin(), H, states->begin() + b * H);
        // Usually a case in which sharing is allowed.
        if (below(4)) {
            one.x_dropout.clear(), one.h_dropout.clear(), one.y_dropout.clear();
            one.given_mask = one.given_lengths = one.backwards = false;
            one.real.assign(B * T, 1);
        }
    }
    return one;
}

// Positions of an array that intentionally hold the same value, whose gradients may be in any of them.
std::vector<size_t> together(const Case &one, size_t array, size_t place) {
    std::vector<size_t> places;
    const size_t D = one.D, H = one.H, T = one.T;
    const auto is_padding = [&](size_t at) { return static_cast<int64_t>(at / D % T) < one.paddings[at / D / T]; };
    if (one.shared && array == 0 && is_padding(place))
        for (size_t at = place % D; at < one.x.size(); at += D)
            if (is_padding(at)) places.push_back(at);
    if (one.shared && array >= 4)
        for (size_t at = place % H; at < one.h0.size(); at += H) places.push_back(at);
    return places.empty() ? std::vector<size_t>{place} : places;
}

const float *or_null(const Floats &values) { return values.empty() ? nullptr : values.data(); }

// Returns an empty string, or what is wrong with the case of this seed.
std::string check(unsigned seed) {
    const Case one = drawn(seed);
    const int64_t B = one.B, T = one.T, D = one.D, H = one.H;
    syntagma_lstm_inputs in{};
    in.batch = B, in.time = T, in.inputs = D, in.units = H;
    in.x = one.x.data(), in.kernel = one.kernel.data(), in.recurrent = one.recurrent.data(), in.bias = one.bias.data();
    in.h0 = one.h0.data(), in.c0 = one.c0.data();
    in.lengths = one.given_lengths ? one.lengths.data() : nullptr;
    in.mask = one.given_mask ? one.real.data() : nullptr;
    in.x_dropout = or_null(one.x_dropout), in.h_dropout = or_null(one.h_dropout), in.y_dropout = or_null(one.y_dropout);
    in.x_masks = one.x_masks, in.backwards = one.backwards, in.zero_output = one.zero_output;
    in.share_prefix = one.shared;

    Floats y(B * T * H), h(B * H), c(B * H);
    std::vector<int32_t> kept(2 * B);
    const syntagma_lstm_outputs outputs{y.data(), h.data(), c.data(), kept.data()};
    if (const char *wrong = syntagma_lstm_forward(&in, &outputs)) return wrong;
    double found = 0;
    for (size_t k = 0; k < y.size(); ++k) found += static_cast<double>(y[k]) * one.dy[k];
    for (size_t k = 0; k < h.size(); ++k) found += static_cast<double>(h[k]) * one.dh[k] + static_cast<double>(c[k]) * one.dc[k];

    std::vector<Floats> gradients{Floats(B * T * D), Floats(D * 4 * H), Floats(H * 4 * H),
                                  Floats(4 * H),     Floats(B * H),     Floats(B * H)};
    const syntagma_lstm_gradients to{kept.data(),         one.dy.data(),       one.dh.data(),       one.dc.data(),
                                     nullptr,
                                     gradients[0].data(), gradients[1].data(), gradients[2].data(), gradients[3].data(),
                                     gradients[4].data(), gradients[5].data()};
    if (const char *wrong = syntagma_lstm_backward(&in, &to)) return wrong;

    std::vector<Doubles> values;
    for (const Floats *array : {&one.x, &one.kernel, &one.recurrent, &one.bias, &one.h0, &one.c0})
        values.emplace_back(array->begin(), array->end());
    const auto again = [&] { return score(one, values[0], values[1], values[2], values[3], values[4], values[5]); };
    const double expected = again();
    if (!(std::abs(found - expected) < 1e-4 * std::max(1.0, std::abs(expected)))) return "the outputs are others";
    std::mt19937 random(seed);
    for (size_t array = 0; array < values.size(); ++array) {
        if (values[array].empty()) continue;
        for (int draw = 0; draw < 3; ++draw) {
            const std::vector<size_t> places = together(one, array, random() % values[array].size());
            const double here = values[array][places[0]], step = 1e-5;
            const auto set = [&](double value) {
                for (size_t place : places) values[array][place] = value;
            };
            set(here + step);
            const double up = again();
            set(here - step);
            const double slope = (up - again()) / (2 * step);
            set(here);
            double gradient = 0;
            for (size_t place : places) gradient += gradients[array][place];
            if (!(std::abs(slope - gradient) < 2e-4 * std::max(1.0, std::abs(slope))))
                return "the gradient of array " + std::to_string(array) + " is another";
        }
    }
    return "";
}

}  // namespace

int main(int count, char **arguments) {
    const unsigned cases = count > 1 ? static_cast<unsigned>(std::atoi(arguments[1])) : 100;
    std::vector<std::string> wrong(cases);
    // Several concurrent callers: one uses the threads, the others work alone.
    std::vector<std::thread> callers;
    constexpr unsigned kCallers = 3;
    for (unsigned caller = 0; caller < kCallers; ++caller)
        callers.emplace_back([&, caller] {
            for (unsigned seed = caller; seed < cases; seed += kCallers) wrong[seed] = check(seed);
        });
    for (std::thread &caller : callers) caller.join();
    for (unsigned seed = 0; seed < cases; ++seed)
        if (!wrong[seed].empty()) {
            std::printf("case %u: %s\n", seed, wrong[seed].c_str());
            return 1;
        }
    std::printf("%u cases on %s with %d threads\n", cases, syntagma_isa(), syntagma_threads());
    return 0;
}
