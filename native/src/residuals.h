// Residuals that forward stores for backward, by name, in memory that is reused in each training step.
//
// A framework would allocate new memory in each step. For small models, its page faults cost as much as the mathematics.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "kernel.h"

namespace syntagma {

struct Residual {
    int64_t name = 0;
    int64_t floats = 0;   // number in use
    bool spent = false;   // no longer needed by backward, so the memory can be reused
    // Sizes of the inputs. A residual of other sizes is not a match, even if its name is.
    int64_t batch = 0, time = 0, inputs = 0, units = 0;
    Memory memory;

    float *data() { return memory.get(floats); }
};

class Residuals {
   public:
    // If they would exceed `limit` floats, or kMost residuals, the oldest are released.
    explicit Residuals(int64_t limit);

    // Creates a residual with a new name. It is kept until it is marked as spent or released.
    std::shared_ptr<Residual> make(int64_t floats);

    // Returns the residual with this name, or null if it has been released.
    std::shared_ptr<Residual> find(int64_t name);

    // Marks a residual as probably no longer needed. Its memory is reused first.
    void spend(const std::shared_ptr<Residual> &residual);

   private:
    using List = std::list<std::shared_ptr<Residual>>;  // oldest first

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

// The residuals of this process.
Residuals &residuals();

}  // namespace syntagma
