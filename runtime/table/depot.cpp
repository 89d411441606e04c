// SPDX-License-Identifier: MIT
#include "table/depot.h"

#include "guard/locks.h"
#include "table/header.h"
#include "table/losses.h"

namespace mt::runtime {

Index<PackedHash> stack_ids;

namespace {

Index<WholeHash> nodes;  // hash of a chain -> node
// How many were put there. Who has looked for one in vain and sees the same number under the
// lock need not look again (TableStorm.OneStackHasOneIdWhoeverComesFirst).
u64 indexed_nodes = 0;

Node* node_at(u32 i) {
    return directory_record<Node>(header()->node_chunk, kNodeChunks, kNodesPerChunk, i);
}

// 0: no room.
u32 append_node(const Capture& c, u32 frame, u32 parent) {
    const u64 at = header()->node_count;
    if (at > 0xffff'ffffull) return 0;
    Node* node = node_at(static_cast<u32>(at));
    if (node == nullptr) return 0;
    node->pc_module = (c.pcs[frame] & 0xffff'ffff'ffffull) | u64{c.modules[frame]} << 48;
    node->parent = parent;
    publish(header()->node_count, at + 1);
    if (!nodes.insert(c.hashes[frame], static_cast<u32>(at))) return 0;
    publish(indexed_nodes, indexed_nodes + 1);
    return static_cast<u32>(at);
}

Stack* stack_at(u64 id) {
    return directory_record<Stack>(header()->stack_chunk, kStackChunks, kStacksPerChunk, id);
}

// 0: no room.
u32 append_stack(u32 node, u32 domain) {
    const u64 id = header()->stack_count;
    if (id >> kStackIdBits != 0) return 0;
    Stack* stack = stack_at(id);
    if (stack == nullptr) return 0;
    stack->node = node;
    stack->domain = domain;
    publish(header()->stack_count, id + 1);
    return static_cast<u32>(id);
}

// How many frames, from the innermost, have no node. A frame has one if any
// inside it has: so the interval is halved, but first where the last stack ended.
u32 count_unknown(const Capture& c, u32 likely) {
    u32 low = 0;  // frames inside this one have none
    u32 high = c.count;
    for (u32 at = likely; low < high; at = low + (high - low) / 2) {
        if (at >= high) at = high - 1;
        if (nodes.find_anywhere(c.hashes[at]) != 0) {
            high = at;
        } else {
            low = at + 1;
        }
    }
    return high;
}

// Under the lock. `unknown` frames have no node.
u32 add(const Capture& c, u32 unknown) {
    u32 node = unknown < c.count ? nodes.find_anywhere(c.hashes[unknown]) : c.root;
    for (u32 frame = unknown; frame > 0;) {
        node = append_node(c, --frame, node);
        if (node == 0) return 0;
    }
    Node* innermost = node_at(node);
    if (innermost->id == 0) publish(innermost->id, append_stack(node, 0));
    return innermost->id;
}

u64 domain_key(u32 stack, u32 domain) {
    return stack::chain_hash(stack::chain_hash(0x2545f4914f6cdd1dull, domain), stack);
}

// Under the lock. Nothing but stack_ids leads from a domain to its ids: so there
// must be room in it first.
u32 add_in_domain(u64 key, u32 stack, u32 domain) {
    if (const u32 id = stack_ids.find_anywhere(key)) return id;
    if (!stack_ids.reserve()) return 0;
    const u32 id = append_stack(stack_at(stack)->node, domain);
    if (id != 0) stack_ids.insert(key, id);
    return id;
}

u32 lose_traceback(Capture& c, LossKind kind) {
    c.lost = kind;
    count_loss(kind);
    return kStackDepotFull;
}

// Into the newest table, unless somebody is at work there: then at its next use.
u32 copy_forward(u64 hash, u32 id) {
    if (!process_locks.depot.try_once()) return id;
    stack_ids.insert(hash, id);
    process_locks.depot.release();
    return id;
}

}  // namespace

u32 intern(Capture& c) {
    c.lost = LossKind::count_;
    if (c.count == 0) return kStackDepotFull;
    if (const u32 id = stack_ids.find_older(c.key)) return copy_forward(c.key, id);
    // Modules first: naming one may ask the loader, which nobody does under a lock.
    const u64 seen = load(indexed_nodes);
    u32 unknown = count_unknown(c, c.fresh);
    for (u32 i = 0; i < unknown; ++i) c.modules[i] = module_of(c.pcs[i] - 1);
    Holder holder(process_locks.depot);
    if (!holder) return lose_traceback(c, LossKind::depot_busy);
    if (load(indexed_nodes) != seen) unknown = count_unknown(c, unknown);
    const u32 id = add(c, unknown);
    // Without memory for it the stack is found by its nodes each time.
    if (id != 0) stack_ids.insert(c.key, id);
    return id != 0 ? id : lose_traceback(c, LossKind::depot_full);
}

void forget_depot() {
    stack_ids.forget();
    nodes.forget();
    publish(indexed_nodes, 0);
}

void take_back_lost_traceback(Capture& c) {
    if (c.lost != LossKind::count_) count_loss(c.lost, ~u64{0});
    c.lost = LossKind::count_;
}

u32 intern_in_domain(u32 stack, u32 domain) {
    if (domain == 0 || stack < kReservedStacks) return stack;
    const u64 key = domain_key(stack, domain);
    if (const u32 id = stack_ids.find(key)) return id;
    if (const u32 id = stack_ids.find_older(key)) return copy_forward(key, id);
    Holder holder(process_locks.depot);
    if (!holder) {
        count_loss(LossKind::depot_busy);
        return kStackDepotFull;
    }
    const u32 id = add_in_domain(key, stack, domain);
    if (id == 0) count_loss(LossKind::depot_full);
    return id != 0 ? id : kStackDepotFull;
}

}  // namespace mt::runtime
