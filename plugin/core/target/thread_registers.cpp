// SPDX-License-Identifier: MIT
//
// See thread_registers.h.
#include "target/thread_registers.h"

#include <algorithm>
#include <string>

#include "source/core_registers.h"

namespace mt::core {

// A core's own notes have more than debuggers make of them: GDB 13 reads of a kernel's core nothing
// beyond xmm on processors of AMD, nor does LLDB 19 of any.
Result<std::vector<ThreadRegisters>> thread_registers(Debugger& debugger, const CoreFile* core,
                                                      const std::vector<ThreadAt>& threads) {
    if (core == nullptr || core->threads.empty()) return debugger.registers();
    std::vector<ThreadRegisters> all;
    for (const ThreadAt& thread : threads) {
        const auto is_it = [&](const CoreThread& one) { return one.tid == thread.tid; };
        const auto found = std::find_if(core->threads.begin(), core->threads.end(), is_it);
        if (found == core->threads.end()) continue;
        all.push_back({thread.number, thread.tid, {}});
        each_register(*found, [&](const std::string& name, std::uint64_t value) {
            all.back().registers.push_back({name, value});
        });
    }
    if (all.empty()) return debugger.registers();  // it has other numbers for its threads
    return all;
}

}  // namespace mt::core
