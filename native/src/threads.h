// Threads that wait for work; the caller works too.
#pragma once

#include <functional>

namespace syntagma {

// Number of threads, the caller's included.
int threads();

// Calls work(0), ..., work(count - 1), each once, and returns when all are done. What number a call has never depends on
// which thread runs it. Where the threads are busy with another caller's work, this caller does all by itself.
void run(int count, const std::function<void(int)> &work);

}  // namespace syntagma
