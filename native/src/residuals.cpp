#include "residuals.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

namespace syntagma {

namespace {

constexpr int64_t kFloat = sizeof(float);

// Bytes of memory available to this process: those of the machine, or of its control group.
int64_t memory_bytes() {
    const int64_t machine = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
    int64_t group = 0;
    std::ifstream("/sys/fs/cgroup/memory.max") >> group;  // "max" gives 0
    return group > 0 ? std::min(group, machine) : machine;
}

// SYNTAGMA_KEEP_MB, or an eighth of the memory.
int64_t limit() {
    if (const char *text = std::getenv("SYNTAGMA_KEEP_MB")) {
        char *end = nullptr;
        const long long value = std::strtoll(text, &end, 10);
        if (end != text && value >= 0) return value * (1 << 20) / kFloat;
    }
    return memory_bytes() / 8 / kFloat;
}

// Random, so names do not collide with those of another process.
int64_t first_name() {
    std::random_device random;
    return static_cast<int64_t>((static_cast<uint64_t>(random()) << 32 | random()) >> 2) + 1;
}

bool is_idle(const std::shared_ptr<Residual> &residual) { return residual.use_count() == 1; }

}  // namespace

Residuals::Residuals(int64_t limit) : limit_(limit), last_name_(first_name()) {}

std::shared_ptr<Residual> Residuals::make(int64_t floats) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto place = fitting(floats);
    std::shared_ptr<Residual> residual;
    if (place != all_.end()) {
        residual = *place;
        all_.erase(place);
    } else {
        forget_one();
        residual = std::make_shared<Residual>();
    }
    const bool is_kept = residual->memory.size() >= floats || make_room(floats);
    residual->name = ++last_name_;
    residual->floats = floats;
    residual->spent = false;
    residual->data();  // throws if there is not enough memory; nothing is kept then
    if (is_kept) all_.push_back(residual);
    return residual;
}

std::shared_ptr<Residual> Residuals::find(int64_t name) {
    std::lock_guard<std::mutex> lock(mutex_);
    // Newest first, because gradients are usually computed in reverse order.
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const auto &one) { return one->name == name; });
    return found == all_.rend() ? nullptr : *found;
}

void Residuals::spend(const std::shared_ptr<Residual> &residual) {
    std::lock_guard<std::mutex> lock(mutex_);
    residual->spent = true;
}

// Returns the smallest spent residual that is large enough. If the limit allows no new one, returns the oldest that is
// large enough, so forward passes without a backward pass do not allocate new memory each time.
Residuals::List::iterator Residuals::fitting(int64_t floats) {
    auto best = all_.end();
    for (auto one = all_.begin(); one != all_.end(); ++one)
        if ((*one)->spent && is_idle(*one) && (*one)->memory.size() >= floats &&
            (best == all_.end() || (*one)->memory.size() < (*best)->memory.size()))
            best = one;
    if (best != all_.end() || (total() + floats <= limit_ && all_.size() < kMost)) return best;
    return std::find_if(all_.begin(), all_.end(),
                        [&](const auto &one) { return is_idle(one) && one->memory.size() >= floats; });
}

// Releases the largest spent residual before a new one is created; all spent ones are too small.
void Residuals::forget_one() {
    auto largest = all_.end();
    for (auto one = all_.begin(); one != all_.end(); ++one)
        if ((*one)->spent && is_idle(*one) &&
            (largest == all_.end() || (*one)->memory.size() > (*largest)->memory.size()))
            largest = one;
    if (largest != all_.end()) all_.erase(largest);
}

// Releases spent residuals, then the oldest, until `floats` more fit within the limit. Returns whether they do.
bool Residuals::make_room(int64_t floats) {
    if (floats > limit_) return false;
    forget(true, floats);
    forget(false, floats);
    return total() + floats <= limit_ && all_.size() < kMost;
}

void Residuals::forget(bool only_spent, int64_t floats) {
    for (auto one = all_.begin(); one != all_.end() && (total() + floats > limit_ || all_.size() >= kMost);)
        one = is_idle(*one) && ((*one)->spent || !only_spent) ? all_.erase(one) : std::next(one);
}

int64_t Residuals::total() const {
    int64_t floats = 0;
    for (const auto &one : all_) floats += one->memory.size();
    return floats;
}

// Never destroyed, because a thread may still be running when the process ends. A forked process creates new residuals:
// its copy may be locked by a thread that it does not have.
Residuals &residuals() {
    static std::mutex mutex;
    static Residuals *current = nullptr;
    static pid_t owner = 0;
    std::lock_guard<std::mutex> lock(mutex);
    if (current == nullptr || owner != getpid()) current = new Residuals(limit()), owner = getpid();
    return *current;
}

}  // namespace syntagma
