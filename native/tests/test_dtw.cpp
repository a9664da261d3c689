// Compares the search with the full DTW matrix on random series; intended to run under sanitizers.
//
// All arrays have their exact size, so out-of-bounds accesses are detected. Exits with 0 and a summary, or with 1 and
// an error message.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "syntagma/dtw.h"

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Drawn {
    int64_t channels;
    std::vector<int64_t> starts{0};
    std::vector<float> values;

    int64_t rows() const { return static_cast<int64_t>(starts.size()) - 1; }
    int64_t length(int64_t row) const { return starts[row + 1] - starts[row]; }
    float at(int64_t row, int64_t step, int64_t d) const { return values[(starts[row] + step) * channels + d]; }
    syntagma_series series() const { return {rows(), channels, values.data(), starts.data()}; }
};

Drawn draw(std::mt19937 &random, int64_t channels) {
    Drawn drawn;
    drawn.channels = channels;
    std::normal_distribution<float> normal;
    for (int64_t rows = random() % 9; rows > 0; --rows) {
        const int64_t length = 1 + random() % 20;
        drawn.starts.push_back(drawn.starts.back() + length);
        for (int64_t k = 0; k < length * channels; ++k) drawn.values.push_back(normal(random));
    }
    drawn.values.shrink_to_fit();
    return drawn;
}

double distance(const Drawn &a, int64_t row, const Drawn &b, int64_t other, double window) {
    const int64_t m = a.length(row), n = b.length(other);
    const int64_t width = std::max(static_cast<int64_t>(std::floor(window * std::max(m, n) + 0.5)), std::abs(m - n));
    std::vector<std::vector<double>> d(m + 1, std::vector<double>(n + 1, kInfinity));
    d[0][0] = 0;
    for (int64_t i = 1; i <= m; ++i)
        for (int64_t j = 1; j <= n; ++j) {
            if (std::abs(i - j) > width) continue;
            double cost = 0;
            for (int64_t k = 0; k < a.channels; ++k)
                cost += std::pow(static_cast<double>(a.at(row, i - 1, k)) - b.at(other, j - 1, k), 2);
            d[i][j] = cost + std::min({d[i - 1][j], d[i][j - 1], d[i - 1][j - 1]});
        }
    return d[m][n];
}

std::string check(unsigned seed) {
    std::mt19937 random(seed);
    const int64_t channels = 1 + random() % 3;
    const Drawn queries = draw(random, channels), candidates = draw(random, channels);
    const double windows[] = {0, 0.1, 0.3, 1}, window = windows[random() % 4];
    std::vector<int64_t> excluded(queries.rows()), nearest(queries.rows());
    for (int64_t &one : excluded) one = static_cast<int64_t>(random() % 9) - 1;
    std::vector<double> distances(queries.rows());
    const syntagma_series from = queries.series(), to = candidates.series();
    const bool all = random() % 2;
    if (const char *wrong = syntagma_dtw_nearest(&from, &to, window, all ? nullptr : excluded.data(), nearest.data(),
                                                 distances.data()))
        return wrong;
    for (int64_t row = 0; row < queries.rows(); ++row) {
        int64_t expected = -1;
        double best = kInfinity;
        for (int64_t k = 0; k < candidates.rows(); ++k) {
            const double one = !all && excluded[row] == k ? kInfinity : distance(queries, row, candidates, k, window);
            if (one < best) best = one, expected = k;
        }
        if (nearest[row] != expected) return "another candidate is nearer";
        if (expected >= 0 && !(std::abs(distances[row] - best) <= 1e-9 * best)) return "the distance is another";
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
