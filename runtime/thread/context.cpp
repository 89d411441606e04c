// SPDX-License-Identifier: MIT
#include "thread/context.h"

#include "table/counters.h"
#include "table/losses.h"
#include "table/threads.h"

namespace mt::runtime {

__thread ThreadContext* my_context = nullptr;
__thread u32 my_pauses = 0;

Shard* find_shard(ThreadContext& c, LiveState& state) {
    Shard* shard = kept_shard(c, state);
    if (shard == nullptr) {
        shard = make_shard(state, address_of(&c));
        if (shard == nullptr) {
            count_loss(LossKind::no_memory);
            return nullptr;
        }
        c.kept_shard = address_of(shard);
        c.shard_state = &state;
        c.shard_generation = state.generation;
        if (auto* row = pointer<Thread>(c.thread)) begin_counting(*row, state.generation, *shard);
    }
    // Last look: a signal handler may have asked for a pause meanwhile.
    if (load(c.pauses) == 0) publish(c.shard, address_of(shard));
    if (load(c.pauses) != 0) publish(c.shard, 0);
    return shard;
}

}  // namespace mt::runtime
