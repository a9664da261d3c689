// Exact nearest-neighbour search that skips whatever cannot be nearer than the best candidate so far.

#include "syntagma/dtw.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <new>
#include <vector>

#include "threads.h"

namespace syntagma {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// View of a series in the caller's array.
struct Steps {
    const float *values;  // (length, channels)
    int64_t length, channels;
    const float *at(int64_t step) const { return values + step * channels; }
};

Steps series_at(const syntagma_series &from, int64_t row) {
    return {from.values + from.starts[row] * from.channels, from.starts[row + 1] - from.starts[row], from.channels};
}

int64_t band_width(int64_t m, int64_t n, double window) {
    const auto width = static_cast<int64_t>(std::floor(window * static_cast<double>(std::max(m, n)) + 0.5));
    return std::max(width, std::abs(m - n));
}

// Squared distance of two steps. kOne: there is a single channel.
template <bool kOne>
inline double cost(const float *a, const float *b, int64_t channels) {
    const double first = static_cast<double>(a[0]) - b[0];
    double sum = first * first;
    if (kOne) return sum;
    for (int64_t d = 1; d < channels; ++d) {
        const double difference = static_cast<double>(a[d]) - b[d];
        sum += difference * difference;
    }
    return sum;
}

// Distances of a query to the candidates, one at a time.
class Search {
   public:
    explicit Search(Steps query) : query_(query), above_(query.length + 2), row_(query.length + 2) {}

    // Returns the distance if it is at most `best`, otherwise infinity.
    double distance(Steps candidate, double window, double best) {
        const int64_t width = band_width(candidate.length, query_.length, window);
        return query_.channels == 1 ? walk<true>(candidate, width, best) : walk<false>(candidate, width, best);
    }

   private:
    // Fills the matrix d row by row, with the steps of the candidate as rows, counted from 1. A cell above `best`, and
    // every path through it, can be pruned; only neighbours of remaining cells are computed (Herrmann and Webb, 2021).
    // An additional bound (LB_Keogh, summed from the end) took at best half the time, but four times as long for short
    // series of different lengths.
    template <bool kOne>
    double walk(Steps candidate, int64_t width, double best) {
        int64_t from = 0, to = 1;  // in the row above, all remaining cells have columns from <= j < to
        above_[0] = 0, above_[1] = kInfinity;
        for (int64_t i = 1; i <= candidate.length; ++i) {
            const int64_t first = std::max({from, i - width, int64_t{1}}), last = std::min(query_.length, i + width);
            int64_t next_from = 0, next_to = 0;
            double left = kInfinity;
            for (int64_t j = first; j <= last; ++j) {
                if (j <= to)
                    left = std::min(left, std::min(above_[j], above_[j - 1]));
                else if (left > best)
                    break;
                row_[j] = left += cost<kOne>(candidate.at(i - 1), query_.at(j - 1), query_.channels);
                if (left > best) continue;
                if (next_to == 0) next_from = j;
                next_to = j + 1;
            }
            if (next_to == 0) return kInfinity;
            row_[next_from - 1] = row_[next_to] = kInfinity;
            from = next_from, to = next_to;
            above_.swap(row_);
        }
        return to == query_.length + 1 ? above_[query_.length] : kInfinity;
    }

    const Steps query_;
    std::vector<double> above_, row_;
};

void find_nearest(const syntagma_series &queries, const syntagma_series &candidates, double window,
                  const int64_t *excluded, int64_t row, int64_t *nearest, double *distances) {
    Search search(series_at(queries, row));
    int64_t found = -1;
    double best = kInfinity;
    for (int64_t k = 0; k < candidates.rows; ++k) {
        if (excluded && excluded[row] == k) continue;
        const double distance = search.distance(series_at(candidates, k), window, best);
        if (distance < best) best = distance, found = k;
    }
    nearest[row] = found;
    distances[row] = best;
}

const char *wrong(const syntagma_series &series) {
    if (series.rows < 0) return "rows must not be negative";
    if (series.channels < 1) return "channels must be at least 1";
    for (int64_t row = 0; row < series.rows; ++row)
        if (series.starts[row] < 0 || series.starts[row + 1] <= series.starts[row])
            return "each series must have at least one step";
    return nullptr;
}

}  // namespace
}  // namespace syntagma

extern "C" const char *syntagma_dtw_nearest(const syntagma_series *queries, const syntagma_series *candidates,
                                            double window, const int64_t *excluded, int64_t *nearest,
                                            double *distances) {
    if (const char *what = syntagma::wrong(*queries)) return what;
    if (const char *what = syntagma::wrong(*candidates)) return what;
    if (queries->channels != candidates->channels) return "queries and candidates must have the same channels";
    if (!(window >= 0 && window <= 1)) return "the window must be in [0, 1]";
    if (queries->rows > std::numeric_limits<int>::max()) return "there must be fewer than 2^31 queries";
    try {
        syntagma::run(static_cast<int>(queries->rows), [&](int row) {
            syntagma::find_nearest(*queries, *candidates, window, excluded, row, nearest, distances);
        });
    } catch (const std::bad_alloc &) {
        return "not enough memory";
    } catch (const std::exception &) {
        return "the work could not be done";
    }
    return nullptr;
}
