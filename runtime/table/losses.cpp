// SPDX-License-Identifier: MIT
#include "table/losses.h"

#include "table/publish.h"

namespace mt::runtime {
namespace {

constexpr u32 kKinds = static_cast<u32>(LossKind::count_);
static_assert(kKinds <= kLossSlots);

constexpr const char* kNames[kKinds] = {
#define LOSS(name, text) #name,
#include "abi/losses.def"
#undef LOSS
};

#define LOSS(kind, text) static_assert(sizeof(#kind) <= sizeof(Loss::name), #kind);
#include "abi/losses.def"
#undef LOSS

u64 early[kKinds];
Loss* slots_in_table = nullptr;

}  // namespace

void count_loss(LossKind kind, u64 amount) {
    const u32 i = static_cast<u32>(kind);
    Loss* slots = load(slots_in_table);
    add_shared(slots != nullptr ? slots[i].count : early[i], amount);
}

void publish_losses(Loss* slots) {
    for (u32 i = 0; i < kKinds; ++i) {
        slots[i].count = load(early[i]);
        for (u32 c = 0; kNames[i][c] != '\0' && c + 1 < sizeof(slots[i].name); ++c) {
            slots[i].name[c] = kNames[i][c];
        }
    }
    publish(slots_in_table, slots);
}

void forget_losses() {
    publish(slots_in_table, nullptr);
    for (u64& count : early) publish(count, 0);
}

}  // namespace mt::runtime
