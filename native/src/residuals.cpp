#include "residuals.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace syntagma {

namespace {

// SYNTAGMA_KEEP_MB, or a quarter of the machine's memory.
int64_t limit() {
    if (const char *text = std::getenv("SYNTAGMA_KEEP_MB")) {
        const long long value = std::atoll(text);
        if (value > 0) return value * (1 << 20) / static_cast<int64_t>(sizeof(float));
    }
    const int64_t bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
    return std::max<int64_t>(bytes / 4, 1 << 28) / static_cast<int64_t>(sizeof(float));
}

}  // namespace

std::shared_ptr<Residual> Residuals::make(int64_t floats) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<Residual> residual = take(floats);
    if (residual == nullptr) {
        make_room(floats);
        residual = std::make_shared<Residual>();
    }
    residual->name = ++last_name_;
    residual->floats = floats;
    residual->spent = false;
    residual->data();  // throws where there is no memory, and then nothing is kept
    all_.push_back(residual);
    return residual;
}

std::shared_ptr<Residual> Residuals::find(int64_t name) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto &one) { return one->name == name; });
    return found == all_.end() ? nullptr : *found;
}

void Residuals::spend(const std::shared_ptr<Residual> &residual) {
    std::lock_guard<std::mutex> lock(mutex_);
    residual->spent = true;
}

// Out of the list, one that is free: the smallest that is large enough, or else the largest, which will grow.
std::shared_ptr<Residual> Residuals::take(int64_t floats) {
    const auto better = [&](const Residual &one, const Residual &other) {
        const bool enough = one.memory.size() >= floats, other_enough = other.memory.size() >= floats;
        if (enough != other_enough) return enough;
        return enough ? one.memory.size() < other.memory.size() : one.memory.size() > other.memory.size();
    };
    List::iterator best = all_.end();
    for (auto one = all_.begin(); one != all_.end(); ++one)
        if (is_free(*one) && (best == all_.end() || better(**one, **best))) best = one;
    if (best == all_.end()) return nullptr;
    const std::shared_ptr<Residual> found = *best;
    all_.erase(best);
    return found;
}

// Forgets the oldest that nobody works on.
void Residuals::make_room(int64_t floats) {
    int64_t total = floats;
    for (const auto &one : all_) total += one->memory.size();
    for (auto one = all_.begin(); one != all_.end() && total > limit_;) {
        if (one->use_count() > 1) {
            ++one;
        } else {
            total -= (*one)->memory.size();
            one = all_.erase(one);
        }
    }
}

// Never destroyed: a thread may still be at work when the process ends.
Residuals &residuals() {
    static Residuals *all = new Residuals(limit());
    return *all;
}

}  // namespace syntagma
