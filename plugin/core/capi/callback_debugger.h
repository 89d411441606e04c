// SPDX-License-Identifier: MIT
//
// target/debugger.h over an adapter's C callbacks. Copies every string at once and turns
// return codes into Results; adds no decision of its own.
#ifndef MEMTRACE_CORE_CAPI_CALLBACK_DEBUGGER_H
#define MEMTRACE_CORE_CAPI_CALLBACK_DEBUGGER_H

#include "memtrace_core.h"
#include "source/callback_memory.h"
#include "target/debugger.h"

namespace mt::core {

class CallbackDebugger final : public Debugger, private DebugInfo {
  public:
    explicit CallbackDebugger(const mtc_debugger& callbacks)
        : callbacks_(callbacks), memory_(callbacks_) {}
    CallbackDebugger(const CallbackDebugger&) = delete;
    CallbackDebugger& operator=(const CallbackDebugger&) = delete;

    Result<Target> target() override;
    Memory& memory() override { return memory_; }
    Result<void> write(std::uint64_t address, const void* bytes, std::size_t size) override;
    Result<std::uint64_t> find_symbol(const char* name) override;
    DebugInfo& debug_info() override { return *this; }
    void print(std::string_view text) override;
    bool interrupted() override;
    Result<std::optional<std::string>> source_line(const std::string& file,
                                                   std::uint32_t line) override;
    Result<void> prepare_run(const std::optional<std::string>& library,
                             const std::optional<std::string>& start) override;
    Result<bool> await_runtime() override;
    Result<bool> set_stop_point(const char* function, bool on) override;
    Result<std::uint64_t> evaluate(const std::string& expression) override;
    Result<std::vector<ThreadAt>> threads() override;
    Result<std::optional<std::uint32_t>> set_point(std::uint64_t point, const char* function,
                                                   std::uint64_t address, bool on) override;
    Result<std::uint64_t> current_thread() override;
    Result<std::optional<std::uint64_t>> stack_pointer(std::uint64_t thread) override;

  private:
    Result<std::vector<RawFrame>> frames(std::uint64_t address) override;
    Result<std::optional<RawSymbol>> symbol(std::uint64_t address) override;

    mtc_debugger callbacks_;
    CallbackMemory memory_;
};

}  // namespace mt::core

#endif
