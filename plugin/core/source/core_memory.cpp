// SPDX-License-Identifier: MIT
//
// See core_memory.h. Not mapped: a file that shrinks under a mapping would end the debugger.
#include "source/core_memory.h"

#include <unistd.h>

#include <algorithm>

namespace mt::core {

std::size_t CoreMemory::read_now(std::uint64_t address, void* out, std::size_t size) const {
    auto* bytes = static_cast<unsigned char*>(out);
    std::size_t done = 0;
    while (done < size) {
        const std::uint64_t at = address + done;
        const CoreBytes* present = range_at(core_->present, at);
        if (present == nullptr) break;
        const std::uint64_t want = std::min<std::uint64_t>(size - done, present->end - at);
        const ssize_t got = ::pread(core_->fd, bytes + done, static_cast<std::size_t>(want),
                                    static_cast<off_t>(at + present->shift));
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::unique_ptr<Memory> open_core_by_samples(Memory& debugger) {
    auto core = debugger.core_file();
    if (core == nullptr) return nullptr;
    const std::vector<MemoryRegion> regions = core->writable;
    auto memory = std::make_unique<CoreMemory>(std::move(core), debugger);
    if (!show_the_same(*memory, debugger, regions)) return nullptr;
    return memory;
}

std::unique_ptr<Memory> open_core_memory(Memory& debugger, const Status& status) {
    auto core = debugger.core_file();
    if (core == nullptr) return nullptr;
    auto memory = std::make_unique<CoreMemory>(std::move(core), debugger);
    if (!show_one_process(*memory, debugger, status)) return nullptr;
    return memory;
}

}  // namespace mt::core
