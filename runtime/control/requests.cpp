// SPDX-License-Identifier: MIT
#include "control/requests.h"

#include "control/lost_box.h"
#include "control/setting.h"
#include "os/process.h"
#include "table/box.h"
#include "table/header.h"
#include "table/publish.h"

namespace mt::runtime {
namespace {

// Writes what `next` makes of the request, under a new generation, if tracing is
// on (or off) as the change wants it.
template <typename F>
int change_request(bool wants_on, F&& next) {
    for (;;) {
        const u64 old = load(root().request);
        if (((old & kRequestOn) != 0) != wants_on) return 1;
        const u64 changed = next(old);
        const u64 flags = (changed & 0xffff) | (old & kRequestWatch);
        const u64 made = make_request(flags, request_limit(changed), request_generation(old) + 1);
        if (exchange_if(root().request, old, made)) return 0;
    }
}

const char* box_pattern = nullptr;
u32 box_pattern_length = 0;

// Each process has a file of its own where its number is part of the name.
bool names_process(const char* pattern, u32 length) {
    for (u32 i = 0; i + 1 < length; ++i) {
        if (pattern[i] == '%' && pattern[i + 1] == 'p') return true;
        if (pattern[i] == '%') ++i;
    }
    return false;
}

void open_box(const Setting& setting) {
    black_box.open(setting.file, setting.file_length);
    if (black_box.is_open()) watch_box();
    if (!names_process(setting.file, setting.file_length)) return;
    // The environment may be gone when there are children.
    constexpr u32 kMost = 4096;
    static char kept[kMost];
    if (setting.file_length > kMost) return;
    for (u32 i = 0; i < setting.file_length; ++i) kept[i] = setting.file[i];
    box_pattern = kept;
    box_pattern_length = setting.file_length;
}

}  // namespace

void open_childs_box() {
    if (box_pattern == nullptr) return;
    black_box.open(box_pattern, box_pattern_length);
    if (black_box.is_open()) watch_box();
}

void start_by_environment() {
    const char* text = os::environment("MEMTRACE");
    if (text == nullptr) return;
    if (os::is_secure()) {
        publish(root().reason, static_cast<u32>(Reason::secure_process));
        return;
    }
    Setting setting;
    if (!parse_setting(text, setting)) {
        publish(root().reason, static_cast<u32>(Reason::bad_environment));
        return;
    }
    if (setting.frames == 0) return;
    if (setting.file != nullptr) open_box(setting);
    // A debugger that has spoken already is right.
    const u64 untouched = load(root().request);
    const u64 watch = untouched & kRequestWatch;
    if (untouched != make_request(watch, kDefaultFrameLimit, 0)) return;
    u64 flags = kRequestOn | watch;
    if (setting.sample_bytes != 0) {
        publish(root().sample_bytes, setting.sample_bytes);
        flags |= kRequestSampling;
    }
    if (setting.stamps) flags |= kRequestStamps;
    if (setting.freed_blocks != 0) {
        publish(root().freed_blocks, setting.freed_blocks);
        flags |= kRequestFreed;
    }
    exchange_if(root().request, untouched, make_request(flags, setting.frames, 1));
}

int request_start(u16 frames, u64 sample_bytes) {
    return change_request(false, [=](u64) {
        // Before the request that tells to look at it.
        if (sample_bytes != 0) publish(root().sample_bytes, sample_bytes);
        const u64 sampling = sample_bytes != 0 ? kRequestSampling : 0;
        return make_request(kRequestOn | sampling, frames, 0);
    });
}
int request_stop() {
    return change_request(true, [](u64 old) { return make_request(0, request_limit(old), 0); });
}
int request_clear() {
    return change_request(true, [](u64 old) { return old; });
}

}  // namespace mt::runtime
