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
    Memory memory;

    float *data() { return memory.get(floats); }
};

class Residuals {
   public:
    // All of them together take at most `limit` floats, as long as what is in use allows it.
    explicit Residuals(int64_t limit) : limit_(limit) {}

    // Memory under a new name; it is kept until it is spent, or until there is no room for it and it is the oldest.
    std::shared_ptr<Residual> make(int64_t floats);

    // What stands under a name, or null where it is gone.
    std::shared_ptr<Residual> find(int64_t name);

    void spend(const std::shared_ptr<Residual> &residual);

   private:
    using List = std::list<std::shared_ptr<Residual>>;  // the oldest first

    std::shared_ptr<Residual> take(int64_t floats);
    void make_room(int64_t floats);
    bool is_free(const std::shared_ptr<Residual> &residual) const { return residual->spent && residual.use_count() == 1; }

    std::mutex mutex_;
    List all_;
    const int64_t limit_;
    int64_t last_name_ = 0;
};

// Those of this process.
Residuals &residuals();

}  // namespace syntagma
