// SPDX-License-Identifier: MIT
#include "table/header.h"

#include "os/process.h"
#include "stack/machine.h"
#include "table/losses.h"
#include "table/memory.h"

namespace {

constexpr mt::abi::Root first_image() {
    mt::abi::Root root{};
    for (unsigned i = 0; i < sizeof(root.magic); ++i) root.magic[i] = mt::abi::kRootMagic[i];
    root.major = mt::abi::kMajor;
    root.minor = mt::abi::kMinor;
    root.size = sizeof(mt::abi::Root);
    root.request = mt::abi::make_request(0, mt::abi::kDefaultFrameLimit, 0);
    return root;
}

}  // namespace

// Constant-initialised: there before any constructor, and in every core file.
extern "C" {
alignas(mt::abi::kPageSize) constinit mt::abi::Root memtrace_root_object = first_image();
extern __attribute__((visibility("default"), alias("memtrace_root_object")))
mt::abi::Root memtrace_root;
}

namespace mt::runtime {

Pool process_pool;
alignas(kPageSize) char bootstrap_arena[kBootstrapBytes];

namespace {

Header* the_header = nullptr;

void fill_constants(Header& h) {
    for (u32 i = 0; i < sizeof(kHeaderMagic); ++i) h.magic[i] = kHeaderMagic[i];
    h.major = kMajor;
    h.minor = kMinor;
    h.header_size = sizeof(Header);
    h.constant_size = kConstantSize;
    h.byte_order = kByteOrder;
    h.pointer_width = sizeof(void*);
    h.va_bits = stack::machine::kAddressBits;
    h.architecture = stack::machine::kArchitecture;
    h.page_size = kPageSize;
    h.root = address_of(&root());
    h.self = address_of(&h);
    h.cookie = root().cookie;
    h.root_size = sizeof(Root);
    h.node_size = sizeof(Node);
    h.stack_size = sizeof(Stack);
    h.module_size = sizeof(Module);
    h.thread_size = sizeof(Thread);
    h.record_size = sizeof(Record);
    h.shard_size = sizeof(Shard);
    h.region_size = sizeof(Region);
    h.tracked_size = sizeof(Tracked);
    h.state_size = sizeof(State);
    h.context_size = sizeof(Context);
    h.inflight_size = sizeof(Inflight);
    h.ring_entry_size = sizeof(RingEntry);
    h.loss_size = sizeof(Loss);
    h.max_frames = kMaxFrames;
    h.checksum = checksum(reinterpret_cast<const u8*>(&h), kConstantSize);
}

}  // namespace

Header* header() { return load(the_header); }

bool make_header() {
    if (header() != nullptr) return true;
    auto* fresh = static_cast<Header*>(take_pages(kHeaderMapping));
    if (fresh == nullptr) return false;
    fill_constants(*fresh);
    fresh->node_count = kReservedNodes;
    fresh->stack_count = kReservedStacks;
    fresh->module_count = 1;
    fresh->thread_count = 1;  // row 0 gathers threads that ended (threads.cpp)
    fresh->memory = address_of(static_cast<const PoolHead*>(&process_pool));
    fresh->bootstrap = address_of(bootstrap_arena);
    black_box.describe(*fresh);
    fresh->mapped_bytes = kHeaderMapping;
    process_pool.published_bytes = &fresh->mapped_bytes;
    add_shared(fresh->mapped_bytes, process_pool.mapped_bytes());
    publish_losses(fresh->losses);
    publish(the_header, fresh);
    publish(root().header, address_of(fresh));
    black_box.keep_root();
    return true;
}

void forget_header() {
    publish(root().header, 0);
    publish(the_header, nullptr);
    process_pool = {};
    forget_losses();
}

}  // namespace mt::runtime
