// SPDX-License-Identifier: MIT
//
// A core that stands in the place of libmemtrace_core.so and does nothing but ask: `mt QUESTION`
// asks the debugger and prints its answer. So tests see what an adapter answers without a
// command that needs it. Knows no table.
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "memtrace_core.h"

struct mtc_session {
    mtc_debugger debugger;
    std::string answer;
};

namespace {

template <typename... Values>
void say(void* sink, const char* format, Values... values) {
    char line[256];
    std::snprintf(line, sizeof line, format, values...);
    static_cast<mtc_session*>(sink)->answer += line;
}

void add_thread(void* sink, const mtc_thread* thread) {
    say(sink, "thread %" PRIu32 ", tid %" PRIu32 ": sp=0x%" PRIx64 "\n", thread->number,
        thread->tid, thread->stack_pointer);
}

void add_register(void* sink, const mtc_register* reg) {
    say(sink, "thread %" PRIu32 ", tid %" PRIu32 ": %s=0x%" PRIx64 "\n", reg->thread, reg->tid,
        reg->name, reg->value);
}

void press_ctrl_c(void* sink, const mtc_register* reg) {
    if (static_cast<mtc_session*>(sink)->answer.empty()) std::raise(SIGINT);
    add_register(sink, reg);
}

const char* or_nothing(const char* text) { return text == nullptr ? "nothing" : text; }

int tell_places(const mtc_debugger& d, mtc_session* sink) {
    mtc_target target{};
    const int status = d.target(d.user, &target);
    say(sink, "sysroot: %s\nfiles: %s\ndebug files: %s\n", or_nothing(target.sysroot),
        or_nothing(target.file_folders), or_nothing(target.debug_folders));
    return status;
}

struct Question {
    const char* verb;
    int (*ask)(const mtc_debugger& debugger, mtc_session* sink);
};

constexpr Question kQuestions[] = {
    {"threads",
     [](const mtc_debugger& d, mtc_session* sink) { return d.threads(d.user, add_thread, sink); }},
    {"places", tell_places},
    {"registers", [](const mtc_debugger& d,
                     mtc_session* sink) { return d.registers(d.user, add_register, sink); }},
    {"interrupted-registers",
     [](const mtc_debugger& d, mtc_session* sink) {
         return d.registers(d.user, press_ctrl_c, sink);
     }},
};

}  // namespace

mtc_session* mtc_open(const mtc_debugger* debugger, const char*) {
    return new mtc_session{*debugger, ""};
}
void mtc_close(mtc_session* session) { delete session; }

int mtc_run(mtc_session* session, const char* line) {
    for (const Question& question : kQuestions) {
        if (std::string_view(line) != question.verb) continue;
        session->answer.clear();
        const int status = question.ask(session->debugger, session);
        session->debugger.print(session->debugger.user, session->answer.c_str(),
                                session->answer.size());
        return status;
    }
    return MTC_NOT_OURS;
}

const char* mtc_error(const mtc_session*) { return "the debugger cannot tell"; }

const char* mtc_verb(std::uint32_t index) {
    return index < std::size(kQuestions) ? kQuestions[index].verb : nullptr;
}
const char* mtc_verb_summary(std::uint32_t) { return "Ask the debugger."; }
const char* mtc_verb_help(std::uint32_t) { return ""; }

std::uint32_t mtc_abi(void) { return MTC_ABI; }
const char* mtc_version(void) { return "0"; }

// What adapters call besides; nothing of it is about a question.
int mtc_loaded(mtc_session*) { return MTC_OK; }
int mtc_program(mtc_session*) { return MTC_OK; }
int mtc_stopped(mtc_session*, const std::uint64_t*, mtc_add_text, void*, mtc_stop*) {
    return MTC_ERROR;
}
int mtc_reached(mtc_session*, const mtc_hit*, mtc_add_text, void*, mtc_stop*) { return MTC_ERROR; }
int mtc_complete(mtc_session*, const char*, mtc_add_text, void*) { return MTC_OK; }
int mtc_traced_memory(mtc_session*, std::uint64_t*, std::uint64_t*) { return MTC_ERROR; }
int mtc_block(mtc_session*, const mtc_value*, std::uint64_t*, std::uint64_t*) { return MTC_ERROR; }
std::uint64_t mtc_leaked(const mtc_session*) { return 0; }
int mtc_preloads(const char*, const char*, const char*, mtc_add_text, void*) { return MTC_ERROR; }
int mtc_query(mtc_session*, const char*, mtc_add_text, void*) { return MTC_ERROR; }
