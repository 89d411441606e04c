// SPDX-License-Identifier: MIT
//
// The highest net bytes of a thread since a moment: since the debugger's last word
// (Root::scope_epoch), and since the thread's own innermost open scope began. Only in
// states that are special.
#ifndef MEMTRACE_JOURNAL_TOPS_H
#define MEMTRACE_JOURNAL_TOPS_H

#include "journal/journal.h"
#include "table/counters.h"
#include "table/header.h"

namespace mt::runtime {

// A new epoch, in which the thread held `net` until now. No moment is without its
// figure: a reader takes both.
inline void begin_top(Shard& shard, u64 epoch, i64 net) {
    publish(shard.last_scope_epoch, 0);
    publish(shard.last_scope_top, shard.scope_top);
    publish(shard.last_scope_epoch, shard.scope_epoch);
    publish(shard.scope_epoch, 0);
    publish(shard.scope_top, net);
    publish(shard.scope_epoch, epoch);
}

// After an event, whose change the shard's sums have.
inline void keep_tops(Shard& shard, const Change& change) {
    const i64 net = net_bytes(shard);
    const u64 epoch = load(root().scope_epoch);
    if (__builtin_expect(shard.scope_epoch != epoch, 0)) {
        const u64 in = change.in != nullptr ? change.in_size : 0;
        const u64 out = change.out != nullptr ? change.out_size : 0;
        begin_top(shard, epoch, static_cast<i64>(static_cast<u64>(net) - in + out));
    }
    if (net > shard.scope_top) publish(shard.scope_top, net);
    if (net > shard.own_top) publish(shard.own_top, net);
}

}  // namespace mt::runtime

#endif
