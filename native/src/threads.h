// Thread pool in which the caller also works.
#pragma once

#include <functional>

namespace syntagma {

// Number of threads, including the caller's.
int threads();

// Calls work(0), ..., work(count - 1), each once, and returns when all are done. The index of a call does not depend on
// the thread that runs it. If the threads are busy with the work of another caller, the caller does all the work alone.
void run(int count, const std::function<void(int)> &work);

}  // namespace syntagma
