// SPDX-License-Identifier: MIT
//
// See attach.h.
#include "app/attach/attach.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>

#include "app/attach/obstacles.h"
#include "app/attach/places.h"
#include "app/attach/safe_point.h"
#include "model/text.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kCallTime = 3000;  // milliseconds, after which a call is late
constexpr std::uint64_t kPathBytes = 4096;
constexpr std::size_t kLongestReason = 500;

// What memtrace_attach and memtrace_detach answer (runtime/attach/redirect.h).
enum class Redirection : std::uint32_t {
    done,
    refused,
    busy,
    no_memory,
    not_writable,
    nothing,
    not_ours
};
struct Outcome {
    Redirection what;
    std::uint32_t entries;
};
Outcome outcome_of(std::uint64_t told) {
    return {static_cast<Redirection>(static_cast<std::uint32_t>(told)),
            static_cast<std::uint32_t>(told >> 32)};
}

// Calls in one thread, which stands at a safe point; after the first that does not return there
// are no more.
class CallingThread {
  public:
    CallingThread(Debuggee& debuggee, Memory& memory, std::uint32_t thread)
        : debugger_(debuggee.debugger()), memory_(memory), thread_(thread) {}

    Result<std::uint64_t> call(const char* what, std::uint64_t function,
                               const std::vector<std::uint64_t>& arguments = {}) {
        const Called called = MT_TRY(debugger_.call(thread_, function, arguments, kCallTime));
        switch (called.state) {
            case Called::State::returned:
                return called.result;
            case Called::State::late:
                return fail(Code::refused, fmt::format("{} took longer than {} seconds, and has "
                                                       "returned since; try again",
                                                       what, kCallTime / 1000));
            case Called::State::stuck:
                return fail(Code::refused,
                            fmt::format("{} has not returned yet: the selected thread stands "
                                        "within it and must not be made to leave it; let the "
                                        "program go on, and try again later",
                                        what));
            case Called::State::none:
                break;
        }
        return fail(Code::refused, fmt::format("{} could not be called", what));
    }

    std::string text_at(std::uint64_t address) {
        std::string text;
        std::array<char, 64> piece;
        while (address != 0 && text.size() < kLongestReason) {
            const auto got = memory_.read(address + text.size(), piece.data(), piece.size());
            if (!got || *got == 0) break;
            const auto end = std::find(piece.begin(), piece.begin() + static_cast<long>(*got), 0);
            text.append(piece.begin(), end);
            if (end != piece.begin() + static_cast<long>(*got)) break;
        }
        return text;
    }

  private:
    Debugger& debugger_;
    Memory& memory_;
    std::uint32_t thread_;
};

struct LoaderCalls {
    std::uint64_t open, error, map, unmap;
};
Result<LoaderCalls> loader_calls_of(const Places& places) {
    const LoaderCalls found{places.libc_function("dlopen"), places.libc_function("dlerror"),
                            places.libc_function("mmap"), places.libc_function("munmap")};
    if (found.open == 0 || found.map == 0 || found.unmap == 0)
        return fail(Code::refused,
                    "the program's libc has no dlopen that is known; it must have loaded libdl");
    return found;
}

// The path lies in a page of its own: no byte of it comes from the program's allocator.
Result<void> open_library(CallingThread& caller, Debugger& debugger, const LoaderCalls& functions,
                          const std::string& library) {
    if (library.size() >= kPathBytes) return fail(Code::refused, "the library's path is too long");
    constexpr std::uint64_t kNone = ~std::uint64_t{0};
    const std::uint64_t page = MT_TRY(caller.call(
        "mmap", functions.map,
        {0, kPathBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, kNone, 0}));
    if (page == kNone || page == 0)
        return fail(Code::refused, "the program could not map a page for the library's path");
    MT_TRY(debugger.write(page, library.c_str(), library.size() + 1));
    const std::uint64_t handle = MT_TRY(
        caller.call("dlopen", functions.open,
                    {page, static_cast<std::uint64_t>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)}));
    std::string reason = "dlopen failed";
    if (handle == 0 && functions.error != 0) {
        const std::uint64_t text = MT_TRY(caller.call("dlerror", functions.error));
        const std::string said = caller.text_at(text);
        if (!said.empty()) reason = printable(said);
    }
    MT_TRY(caller.call("munmap", functions.unmap, {page, kPathBytes}));
    if (handle != 0) return {};
    return fail(Code::refused, fmt::format("the program's loader refuses the runtime: {}", reason));
}

Error refused(Redirection what) {
    switch (what) {
        case Redirection::refused:
            return {Code::refused, "the runtime cannot trace this program; mt status says why"};
        case Redirection::busy:
            return {Code::refused, "another thread is at the entries just now; try again"};
        case Redirection::no_memory:
            return {Code::refused,
                    "there is no memory for the list of entries; nothing was changed"};
        case Redirection::not_writable:
            return {Code::refused,
                    "the program may not make its tables of entries writable (mprotect is "
                    "forbidden); nothing was changed"};
        case Redirection::nothing:
            return {Code::refused, "no module of this program calls an allocation function"};
        case Redirection::not_ours:
            return {Code::refused,
                    "the runtime was in this program from its start; mt start begins to trace"};
        case Redirection::done:
            break;
    }
    return {Code::internal, "the runtime gives an answer that is not known"};
}

// Loaded before libc in the order of look-ups, it is found by everybody.
Result<void> refuse_prepared(const Places& places) {
    const LoadedModule* runtime = places.runtime();
    if (runtime != nullptr && places.libc() != nullptr && runtime < places.libc())
        return fail(refused(Redirection::not_ours));
    return {};
}

struct Found {
    BareProcess process;
    Places places;
};
Result<Found> look(Session& session, std::string_view verb) {
    Debuggee& debuggee = session.debuggee();
    const Target target = MT_TRY(debuggee.target());
    MT_TRY(attachable_target(target, verb));
    BareProcess process = MT_TRY(debuggee.bare_process());
    Places places = MT_TRY(Places::of(debuggee, process));
    return Found{std::move(process), std::move(places)};
}

Result<Found> look_for_attach(Session& session, const std::string& library, bool despite_filter) {
    Found found = MT_TRY(look(session, "attach"));
    MT_TRY(attachable_modules(found.places, *found.process.memory));
    MT_TRY(refuse_prepared(found.places));
    const Target& target = found.process.target;
    if (!target.remote) MT_TRY(attachable_process(target.pid, library, despite_filter));
    return found;
}

// A function of the runtime, called at a safe point.
Result<Outcome> call_runtime(CallingThread& caller, const Places& places, const char* function) {
    const std::uint64_t address = places.runtime_function(function);
    if (address == 0)
        return fail(Code::version,
                    fmt::format("the runtime in this program has no {}; it is of an older version",
                                function));
    const std::uint64_t told = MT_TRY(caller.call(function, address));
    return outcome_of(told);
}

}  // namespace

Result<Attached> attach_runtime(Session& session, bool despite_filter) {
    Debuggee& debuggee = session.debuggee();
    const std::string library = MT_TRY(session.next_run().library());
    Found found = MT_TRY(look_for_attach(session, library, despite_filter));
    const LoaderCalls functions = MT_TRY(loader_calls_of(found.places));
    const SafePoint point = MT_TRY(find_safe_point(debuggee, found.process, found.places));
    CallingThread caller(debuggee, *found.process.memory, point.thread);
    Attached attached;
    attached.was_loaded = found.places.runtime() != nullptr;
    if (!attached.was_loaded) {
        MT_TRY(open_library(caller, debuggee.debugger(), functions, library));
        found.places = MT_TRY(Places::of(debuggee, found.process));
    }
    const Outcome outcome = MT_TRY(call_runtime(caller, found.places, "memtrace_attach"));
    if (outcome.what != Redirection::done) return fail(refused(outcome.what));
    attached.entries = outcome.entries;
    const Process process = MT_TRY(debuggee.process());
    attached.remarks = process.status.remarks;
    return attached;
}

Result<AttachCheck> check_attach(Session& session, bool despite_filter) {
    AttachCheck check;
    check.library = MT_TRY(session.next_run().library());
    const Found found = MT_TRY(look_for_attach(session, check.library, despite_filter));
    MT_TRY(loader_calls_of(found.places));
    const SafePoint point =
        MT_TRY(waiting_thread(session.debuggee(), found.process, found.places, check.obstacle));
    check.thread = point.thread;
    return check;
}

Result<std::uint32_t> detach_runtime(Session& session) {
    Debuggee& debuggee = session.debuggee();
    const Found found = MT_TRY(look(session, "detach"));
    if (found.places.runtime() == nullptr)
        return fail(Code::no_runtime, "the runtime is not in this program; mt attach brings it in");
    MT_TRY(refuse_prepared(found.places));
    const Process process = MT_TRY(debuggee.process(false));
    if (process.status.tracing) MT_TRY(debuggee.control(process).stop());
    const SafePoint point = MT_TRY(find_safe_point(debuggee, found.process, found.places));
    CallingThread caller(debuggee, *found.process.memory, point.thread);
    const Outcome outcome = MT_TRY(call_runtime(caller, found.places, "memtrace_detach"));
    if (outcome.what == Redirection::nothing)
        return fail(Code::refused, "the runtime is not attached; mt attach redirects to it");
    if (outcome.what != Redirection::done) return fail(refused(outcome.what));
    return outcome.entries;
}

}  // namespace mt::core
