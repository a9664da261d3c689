#include "threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "syntagma/lstm.h"

namespace syntagma {

namespace {

int cores() {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
#endif
    const unsigned found = std::thread::hardware_concurrency();
    return found ? static_cast<int>(found) : 1;
}

int wanted_threads() {
    constexpr int kMost = 256;
    if (const char *text = std::getenv("SYNTAGMA_THREADS")) {
        const int value = std::atoi(text);
        // More threads than cores would only wait for each other.
        if (value > 0) return std::min(std::min(value, kMost), std::max(1, cores()));
    }
    return std::min(cores(), kMost);
}

class Pool {
   public:
    explicit Pool(int helpers) : owner_(getpid()) {
        for (int k = 0; k < helpers; ++k) threads_.emplace_back([this] { help(); });
    }

    // The copy of the pool in a forked process has no threads and cannot be used.
    bool is_ours() const { return owner_ == getpid(); }

    bool try_run(int count, const std::function<void(int)> &work) {
        std::unique_lock<std::mutex> one_caller(callers_, std::try_to_lock);
        if (!one_caller.owns_lock()) return false;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            work_ = &work;
            count_ = count;
            next_.store(0);
            left_ = count;
            ++generation_;
        }
        begin_.notify_all();
        const int done = take(work);
        std::unique_lock<std::mutex> lock(mutex_);
        left_ -= done;
        // All helpers must have finished before the work goes out of scope.
        end_.wait(lock, [this] { return left_ == 0 && inside_ == 0; });
        work_ = nullptr;
        return true;
    }

   private:
    int take(const std::function<void(int)> &work) {
        int done = 0;
        for (int k = next_.fetch_add(1); k < count_; k = next_.fetch_add(1)) {
            work(k);
            ++done;
        }
        return done;
    }

    void help() {
        unsigned long seen = 0;
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
            begin_.wait(lock, [&] { return generation_ != seen && work_ != nullptr; });
            seen = generation_;
            const auto *work = work_;
            ++inside_;
            lock.unlock();
            const int done = take(*work);
            lock.lock();
            left_ -= done;
            --inside_;
            if (left_ == 0 && inside_ == 0) end_.notify_all();
        }
    }

    const pid_t owner_;
    std::vector<std::thread> threads_;
    std::mutex callers_, mutex_;
    std::condition_variable begin_, end_;
    const std::function<void(int)> *work_ = nullptr;
    int count_ = 0, left_ = 0, inside_ = 0;
    unsigned long generation_ = 0;
    std::atomic<int> next_{0};
};

// Never destroyed, because its threads wait until the process ends.
Pool &pool() {
    static std::mutex mutex;
    static Pool *current = nullptr;
    std::lock_guard<std::mutex> lock(mutex);
    if (current == nullptr || !current->is_ours()) current = new Pool(threads() - 1);
    return *current;
}

}  // namespace

int threads() {
    static const int number = wanted_threads();
    return number;
}

void run(int count, const std::function<void(int)> &work) {
    // An exception in a thread would end the process, and all threads must finish before the work goes out of scope.
    std::mutex mutex;
    std::exception_ptr first;
    const std::function<void(int)> guarded = [&](int k) {
        try {
            work(k);
        } catch (...) {
            std::lock_guard<std::mutex> lock(mutex);
            if (!first) first = std::current_exception();
        }
    };
    if (count <= 1 || threads() <= 1 || !pool().try_run(count, guarded))
        for (int k = 0; k < count; ++k) guarded(k);
    if (first) std::rethrow_exception(first);
}

}  // namespace syntagma

extern "C" int32_t syntagma_threads(void) { return syntagma::threads(); }
