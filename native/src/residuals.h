// What forward keeps for backward, by name, in memory that is used again from step to step.
//
// A framework would give each step fresh memory, and for small models its page faults cost as much as the mathematics.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "kernel.h"

namespace syntagma {

struct Residual {
    int64_t name = 0;
    int64_t floats = 0;   // that are in use
    bool spent = false;   // backward has been there: whoever needs memory may take it
    // Of the inputs: what has other sizes is not this, whatever its name.
    int64_t batch = 0, time = 0, inputs = 0, units = 0;
    Memory memory;

    float *data() { return memory.get(floats); }
};

class Residuals {
   public:
    // Where all of them would take more than `limit` floats, or are more than kMost, the oldest are forgotten.
    explicit Residuals(int64_t limit);

    // Memory under a new name; it is kept until it is spent or forgotten.
    std::shared_ptr<Residual> make(int64_t floats);

    // What stands under a name, or null where it is gone.
    std::shared_ptr<Residual> find(int64_t name);

    // Says that nobody will ask for it, most likely: its memory is the first to be used again.
    void spend(const std::shared_ptr<Residual> &residual);

   private:
    using List = std::list<std::shared_ptr<Residual>>;  // the oldest first

    static constexpr size_t kMost = 1024;

    List::iterator fitting(int64_t floats);
    void forget_one();
    bool make_room(int64_t floats);
    void forget(bool only_spent, int64_t floats);
    int64_t total() const;

    std::mutex mutex_;
    List all_;
    const int64_t limit_;
    int64_t last_name_;
};

// Those of this process.
Residuals &residuals();

}  // namespace syntagma
