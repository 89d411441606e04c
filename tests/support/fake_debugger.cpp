// SPDX-License-Identifier: MIT
//
// See fake_debugger.h.
#include "fake_debugger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace mt::test {
namespace {

FakeDebugger& self(void* user) { return *static_cast<FakeDebugger*>(user); }

int read(void* user, std::uint64_t address, void* buffer, std::uint64_t size, std::uint64_t* got) {
    FakeDebugger& debugger = self(user);
    if (debugger.before_read) debugger.before_read();
    if (debugger.reads_interrupt) return MTC_INTERRUPTED;
    auto done = debugger.memory.read(address, buffer, size);
    if (!done) return MTC_INTERRUPTED;
    *got = *done;
    return MTC_OK;
}

int write(void* user, std::uint64_t address, const void* bytes, std::uint64_t size) {
    FakeDebugger& debugger = self(user);
    // A verdict of mt break has four bytes.
    if (debugger.kind != MTC_TARGET_LIVE || (size != 8 && size != 4) || address % size != 0)
        return MTC_ERROR;
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, size);
    debugger.writes.emplace_back(address, value);
    debugger.memory.write(address, bytes, size);
    return MTC_OK;
}

int find_symbol(void* user, const char* name, std::uint64_t* address) {
    const auto found = self(user).symbols.find(name);
    if (found == self(user).symbols.end()) return MTC_ERROR;
    *address = found->second;
    return MTC_OK;
}

int symbolise(void* user, std::uint64_t pc, mtc_add_frame add, void* sink) {
    ++self(user).symbolised;
    const auto found = self(user).frames.find(pc + 1);
    if (found == self(user).frames.end()) return MTC_OK;
    for (const FakeFrame& frame : found->second) {
        const mtc_frame out{"wrong", frame.linkage.c_str(), frame.file.c_str(), nullptr,
                            frame.line};
        add(sink, &out);
    }
    return MTC_OK;
}

int target(void* user, mtc_target* out) {
    out->kind = self(user).kind;
    out->is_running = self(user).running ? 1 : 0;
    out->is_remote = self(user).remote ? 1 : 0;
    out->pid = self(user).pid;
    out->core = self(user).core.empty() ? nullptr : self(user).core.c_str();
    out->pointer_width = 8;
    out->sysroot = self(user).sysroot.c_str();
    out->file_folders = self(user).file_folders.c_str();
    return MTC_OK;
}

void print(void* user, const char* text, std::uint64_t length) {
    self(user).printed.append(text, length);
    self(user).longest_print = std::max(self(user).longest_print, length);
}

int interrupted(void* user) {
    FakeDebugger& debugger = self(user);
    if (debugger.interrupt_after == UINT64_MAX) return 0;
    return debugger.interrupt_after-- == 0 ? (debugger.interrupt_after = 0, 1) : 0;
}

int source_line(void* user, const char* file, std::uint32_t line, mtc_add_text add, void* sink) {
    if (self(user).sources_interrupt) return MTC_INTERRUPTED;
    const auto found = self(user).sources.find({file, line});
    if (found == self(user).sources.end()) return MTC_ERROR;
    add(sink, found->second.c_str());
    return MTC_OK;
}

int prepare_run(void* user, const char* library, const char* start, mtc_add_text why, void* sink) {
    FakeDebugger& debugger = self(user);
    if (!debugger.refuses_run.empty()) {
        why(sink, debugger.refuses_run.c_str());
        return MTC_ERROR;
    }
    debugger.runs.emplace_back(library == nullptr ? "-" : library, start == nullptr ? "-" : start);
    return MTC_OK;
}

int await_runtime(void* user) {
    if (!self(user).can_await) return MTC_ERROR;
    ++self(user).awaited;
    return MTC_OK;
}

int set_stop_point(void* user, const char* function, int on) {
    FakeDebugger& debugger = self(user);
    if (!debugger.can_stop) return MTC_ERROR;
    debugger.stop_point = on != 0 ? function : "";
    return MTC_OK;
}

int evaluate(void* user, const char* expression, mtc_value* value, mtc_add_text why, void* sink) {
    const auto found = self(user).expressions.find(expression);
    if (found == self(user).expressions.end()) return why(sink, "no such name"), MTC_ERROR;
    *value = found->second;
    return MTC_OK;
}

int threads(void* user, mtc_add_thread add, void* sink) {
    std::uint32_t number = 0;
    for (const std::uint64_t pointer : self(user).stack_pointers) {
        const auto& ids = self(user).system_ids;
        const std::uint32_t id = number < ids.size() ? ids[number] : 0;
        const mtc_thread thread{++number, id, pointer};
        add(sink, &thread);
    }
    return MTC_OK;
}

int regions(void* user, mtc_add_region add, void* sink) {
    for (const auto& region : self(user).memory.writable_regions()) {
        const mtc_region out{region.start, region.end, 1, 1};
        add(sink, &out);
    }
    return MTC_OK;
}

int set_point(void* user, std::uint64_t point, const char* function, std::uint64_t address,
              std::uint32_t frames, std::uint32_t* places) {
    FakeDebugger& debugger = self(user);
    if (!debugger.can_stop) return MTC_ERROR;
    debugger.points.erase(point);
    if (frames == 0) return MTC_OK;
    debugger.points[point] = {function != nullptr ? function : "", address};
    *places = function == nullptr || debugger.functions.count(function) != 0 ? 1 : 0;
    return MTC_OK;
}

int current_thread(void* user, std::uint64_t* thread) {
    *thread = self(user).thread;
    return MTC_OK;
}

int list_registers(void* user, mtc_add_register add, void* sink) {
    for (const FakeRegister& one : self(user).registers) {
        const mtc_register out{one.thread, one.tid, one.name.c_str(), one.value};
        add(sink, &out);
    }
    return self(user).registers_interrupt ? MTC_INTERRUPTED : MTC_OK;
}

}  // namespace

mtc_debugger FakeDebugger::callbacks() {
    mtc_debugger out{};
    out.abi = MTC_ABI;
    out.size = sizeof out;
    out.user = this;
    out.read = read;
    out.write = write;
    out.find_symbol = find_symbol;
    out.symbolise = symbolise;
    out.target = target;
    out.print = print;
    out.interrupted = interrupted;
    out.source_line = source_line;
    out.prepare_run = prepare_run;
    out.await_runtime = await_runtime;
    out.set_stop_point = set_stop_point;
    out.evaluate = evaluate;
    out.threads = threads;
    out.regions = regions;
    out.set_point = set_point;
    out.current_thread = current_thread;
    out.registers = list_registers;
    out.screen = [](void* user, mtc_screen* shown) -> int {
        *shown = self(user).screen;
        return MTC_OK;
    };
    return out;
}

FakeSession::FakeSession(FakeDebugger& debugger, const std::string& library_directory)
    : debugger_(debugger),
      callbacks_(debugger.callbacks()),
      session_(mtc_open(&callbacks_, library_directory.c_str())) {
    EXPECT_NE(session_, nullptr);
}

int FakeSession::run(const std::string& line) {
    debugger_.printed.clear();
    return mtc_run(session_, line.c_str());
}

std::string FakeSession::text(const std::string& line) {
    EXPECT_EQ(run(line), MTC_OK) << line << ": " << mtc_error(session_);
    EXPECT_STREQ(mtc_error(session_), "");
    return debugger_.printed;
}

std::string FakeSession::error(const std::string& line) {
    EXPECT_EQ(run(line), MTC_ERROR) << line;
    EXPECT_EQ(debugger_.printed, "") << line;
    return mtc_error(session_);
}

std::vector<std::string> FakeSession::complete(const std::string& line) {
    std::vector<std::string> words;
    const auto add = [](void* sink, const char* word) {
        static_cast<std::vector<std::string>*>(sink)->emplace_back(word);
    };
    EXPECT_EQ(mtc_complete(session_, line.c_str(), add, &words), MTC_OK);
    return words;
}

}  // namespace mt::test
