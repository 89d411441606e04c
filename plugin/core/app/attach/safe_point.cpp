// SPDX-License-Identifier: MIT
//
// See safe_point.h.
#include "app/attach/safe_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace mt::core {
namespace {

constexpr std::uint32_t kMostFrames = 256;
constexpr std::size_t kMostThreads = 256;   // that are looked at
constexpr std::uint64_t kRoom = 32u << 10;  // of stack, for dlopen
constexpr std::chrono::milliseconds kPatience{5000};
// libc's frames below main or a thread's function.
constexpr std::size_t kMostOuter = 4;

using Names = std::initializer_list<std::string_view>;
bool is_one_of(std::string_view name, Names names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}
bool begins_with_one_of(std::string_view name, Names starts) {
    return std::any_of(starts.begin(), starts.end(), [name](std::string_view start) {
        return name.substr(0, start.size()) == start;
    });
}

// Functions of libc that hold, or may hold, what dlopen takes: the allocator's locks and lists,
// the loader's, the list of fork handlers, that of stacks.
bool holds_something(std::string_view name) {
    return is_one_of(name, {"malloc",
                            "free",
                            "calloc",
                            "realloc",
                            "reallocarray",
                            "cfree",
                            "memalign",
                            "aligned_alloc",
                            "posix_memalign",
                            "valloc",
                            "pvalloc",
                            "mallinfo",
                            "mallinfo2",
                            "mallopt",
                            "fork",
                            "vfork",
                            "_Fork",
                            "clone",
                            "posix_spawn",
                            "posix_spawnp",
                            "daemon",
                            "forkpty",
                            "pthread_create",
                            "pthread_exit",
                            "exit",
                            "quick_exit",
                            "on_exit",
                            "__cxa_atexit",
                            "__cxa_at_quick_exit",
                            "__cxa_finalize",
                            "__register_atfork",
                            "abort",
                            "setlocale",
                            "newlocale",
                            "dcgettext",
                            "dcngettext",
                            "iconv_open",
                            "__nss_lookup_function",
                            "__nss_database_lookup2"}) ||
           begins_with_one_of(
               name, {"malloc_", "__malloc", "__libc_malloc", "__libc_free", "__libc_calloc",
                      "__libc_realloc", "__libc_memalign", "__libc_valloc", "__libc_pvalloc",
                      "__libc_fork", "__libc_freeres", "dl", "__libc_dl", "_dl_", "__dl"});
}

std::string in_words(std::string_view name) { return fmt::format("it is in {}", name); }

// Looks at a stack from its innermost frame outwards.
class Look {
  public:
    Look(const Places& places, const std::vector<Caller>& stack) : places_(places), stack_(stack) {}

    std::string run(bool at_entry) {
        if (stack_.empty()) return "its stack cannot be read";
        if (stack_.size() >= kMostFrames) return "its stack is too deep to be looked through";
        std::size_t i = at_entry ? 1 : 0;
        if (!at_entry && places_.whose_is(stack_[0].pc) != CodeOf::libc)
            return "it does not wait in a function of libc";
        for (; i < stack_.size() && is_libcs(i); ++i)
            if (std::string why = obstacle_at(i); !why.empty()) return why;
        for (; i < stack_.size() && !is_libcs(i); ++i)
            if (std::string why = obstacle_at(i); !why.empty()) return why;
        return outer_obstacle(i);
    }

  private:
    // A return address may be the first byte behind its function.
    std::uint64_t code_at(std::size_t i) const { return i == 0 ? stack_[i].pc : stack_[i].pc - 1; }
    bool is_libcs(std::size_t i) const { return places_.whose_is(code_at(i)) == CodeOf::libc; }

    std::string obstacle_at(std::size_t i) const {
        if (stack_[i].is_signal) return "it runs a signal handler";
        switch (places_.whose_is(code_at(i))) {
            case CodeOf::loader:
                return "it is in the dynamic loader";
            case CodeOf::allocator:
                return "it is in the allocator";
            case CodeOf::libc:
            case CodeOf::program:
                break;
        }
        const std::string_view name = places_.name_of(code_at(i));
        return holds_something(name) ? in_words(name) : "";
    }
    // What calls main, or a thread's function; before it only the program's _start may stand.
    std::string outer_obstacle(std::size_t i) const {
        const std::size_t first = i;
        for (; i < stack_.size() && is_libcs(i); ++i) {
            if (stack_[i].is_signal) return "it runs a signal handler";
            const std::string_view name = places_.name_of(code_at(i));
            const bool is_start = is_one_of(name, {"clone", "__clone", "__clone2", "clone3"});
            if (holds_something(name) && !is_start) return in_words(name);
        }
        const bool ends = first < i && i - first <= kMostOuter && stack_.size() - i <= 1;
        return ends ? "" : first < i ? "it is called back by libc" : "its stack has no known end";
    }

    const Places& places_;
    const std::vector<Caller>& stack_;
};

// Behind the instruction that entered the kernel?
bool is_in_system_call(Memory& memory, std::uint64_t pc) {
    std::array<unsigned char, 2> code{};
    return read_whole(memory, pc - code.size(), code.data(), code.size()) && code[0] == 0x0f &&
           code[1] == 0x05;
}

// What a signal handler returns to: mov $15,%rax; syscall (rt_sigreturn).
bool returns_from_signal(Memory& memory, std::uint64_t pc) {
    constexpr std::array<unsigned char, 9> kCode = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    std::array<unsigned char, 9> code{};
    return read_whole(memory, pc, code.data(), code.size()) && code == kCode;
}

bool has_room(const std::vector<Mapping>& mappings, std::uint64_t sp) {
    const Mapping* stack = range_at(mappings, sp);
    return stack == nullptr || stack->path == "[stack]" || sp - stack->start >= kRoom;
}

std::string obstacle_of(Memory& memory, const Places& places, const std::vector<Mapping>& mappings,
                        std::vector<Caller> stack, bool at_entry) {
    for (Caller& one : stack) one.is_signal = one.is_signal || returns_from_signal(memory, one.pc);
    std::string why = stack_obstacle(places, stack, at_entry);
    if (why.empty() && !has_room(mappings, stack.front().sp)) why = "its stack is too small";
    return why;
}

Result<std::string> look_at_entry(Debugger& debugger, const BareProcess& process,
                                  const Places& places, std::uint32_t thread) {
    const auto stack = MT_TRY(debugger.stack(thread, kMostFrames));
    return obstacle_of(*process.memory, places, process.memory->mappings(), stack, true);
}

}  // namespace

std::string stack_obstacle(const Places& places, const std::vector<Caller>& stack, bool at_entry) {
    return Look(places, stack).run(at_entry);
}

Result<SafePoint> waiting_thread(Debuggee& debuggee, const BareProcess& process,
                                 const Places& places, std::string& obstacle) {
    Debugger& debugger = debuggee.debugger();
    const auto threads = MT_TRY(debugger.threads());
    const auto mappings = process.memory->mappings();
    std::size_t looks = 0;
    for (const ThreadAt& thread : threads) {
        if (debuggee.wants_stop()) return fail(Code::interrupted, "interrupted");
        if (thread.stack_pointer == 0 || ++looks > kMostThreads) continue;
        const auto top = MT_TRY(debugger.stack(thread.number, 1));
        if (top.empty() || !is_in_system_call(*process.memory, top.front().pc)) continue;
        const auto stack = MT_TRY(debugger.stack(thread.number, kMostFrames));
        std::string why = obstacle_of(*process.memory, places, mappings, stack, false);
        if (why.empty()) return SafePoint{thread.number, false};
        obstacle = fmt::format("thread {}: {}", thread.number, why);
    }
    return SafePoint{};
}

Result<SafePoint> find_safe_point(Debuggee& debuggee, const BareProcess& process,
                                  const Places& places) {
    std::string obstacle = "no thread waits, and none came to an allocation function";
    const SafePoint waiting = MT_TRY(waiting_thread(debuggee, process, places, obstacle));
    if (waiting.thread != 0) return waiting;
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        const std::uint32_t thread = MT_TRY(debuggee.debugger().run_to(
            places.allocation_entries(), static_cast<std::uint32_t>(left.count())));
        if (thread == 0) {
            const SafePoint now = MT_TRY(waiting_thread(debuggee, process, places, obstacle));
            if (now.thread != 0) return now;
            break;
        }
        const std::string why = MT_TRY(look_at_entry(debuggee.debugger(), process, places, thread));
        if (why.empty()) return SafePoint{thread, true};
        obstacle = fmt::format("thread {}: {}", thread, why);
        if (debuggee.wants_stop()) return fail(Code::interrupted, "interrupted");
    }
    return fail(Code::refused,
                fmt::format("no thread came to a place where a library can be opened, within {} "
                            "seconds ({}); nothing was changed; let the program go on, and try "
                            "again",
                            kPatience.count() / 1000, obstacle));
}

}  // namespace mt::core
