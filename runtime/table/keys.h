// SPDX-License-Identifier: MIT
//
// What has no block word of its own, by (domain, key): a key is any number. Cut into
// parts by hash, each a small table with a lock of its own, so that threads seldom meet
// and a growth is short. Nobody looks in without the lock; what stands there may be
// read by a stopped process's reader at any instruction. Knows nothing about counters.
#ifndef MEMTRACE_TABLE_KEYS_H
#define MEMTRACE_TABLE_KEYS_H

#include "abi/layout.h"
#include "guard/lock.h"
#include "table/pool.h"

namespace mt::runtime {

class Keys {
  public:
    // `parts`: where the address of the parts is published, once there are any.
    void attach(Pool& pool, abi::u64& parts) {
        pool_ = &pool;
        parts_ = &parts;
    }
    // Has anything ever been put in?
    bool any() const { return __atomic_load_n(parts_, __ATOMIC_ACQUIRE) != 0; }

    // For the caches: what Held will look at.
    void prefetch(abi::u32 domain, abi::u64 key) const;

    // One key, whose part is locked meanwhile.
    class Held;

    // What an event had changed, as it was (`stack` 0: nothing), when that event was
    // left for good. The part's lock is the event's still, and is opened.
    void put_back(abi::u32 domain, abi::u64 key, abi::u64 size, abi::u32 stack, abi::u64 stamp);

    // See guard/lock.h.
    void reset_locks();
    void release_my_locks();

  private:
    struct alignas(64) Part {
        Lock lock;
        abi::TrackedTable* spare;
        abi::u64 mask;  // of its table, or of an older one: for prefetch only
    };
    struct Parts {  // readers know the first member only
        abi::u64 table[abi::kTrackedParts];
        Part part[abi::kTrackedParts];
    };

    Parts* parts() const;
    Parts* make_parts();
    abi::TrackedTable* make_room(Part& part, abi::u64& table);
    abi::TrackedTable* make_table(Part& part, abi::u64 capacity);
    void release_table(Part& part, abi::TrackedTable* table);

    Pool* pool_ = nullptr;
    abi::u64* parts_ = nullptr;
};

class Keys::Held {
  public:
    // `makes`: as there may be something to put in.
    Held(Keys& keys, abi::u32 domain, abi::u64 key, bool makes);
    ~Held() { release(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    // The lock could not be had.
    bool is_busy() const { return busy_; }
    // What stands under the key; nullptr: nothing.
    const abi::Tracked* entry() const { return entry_; }
    // Before set(), which then cannot fail. False: no memory.
    bool reserve();
    void set(abi::u64 size, abi::u32 stack, abi::u64 stamp);
    void erase();
    void release();

  private:
    void look();

    Keys& keys_;
    abi::u32 domain_;
    abi::u64 key_;
    abi::u64* table_ = nullptr;
    Part* part_ = nullptr;  // nullptr: not held
    abi::Tracked* entry_ = nullptr;
    abi::Tracked* free_ = nullptr;
    bool busy_ = false;
};

}  // namespace mt::runtime

#endif
