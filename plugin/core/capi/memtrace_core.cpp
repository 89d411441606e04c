// SPDX-License-Identifier: MIT
//
// The C interface of include/memtrace_core.h. The border that no exception
// crosses: each call catches everything, running out of memory too, and leaves
// a line that says so. Holds no logic of the commands.
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "app/addresses.h"
#include "app/next_run.h"
#include "app/session.h"
#include "app/tracing.h"
#include "command/commands.h"
#include "command/complete.h"
#include "command/verbs.h"
#include "memtrace_core.h"
#include "model/poll.h"
#include "model/text.h"
#include "query/dispatch.h"
#include "query/queries.h"
#include "show/text/stops.h"
#include "target/debugger.h"

using mt::core::Code;
using mt::core::Commands;
using mt::core::Debugger;
using mt::core::Error;
using mt::core::Queries;
using mt::core::Session;

struct mtc_session {
    mtc_session(const mtc_debugger& callbacks, const char* directory)
        : debugger(callbacks), session(debugger, directory), commands(session), queries(session) {}

    Debugger debugger;
    Session session;
    Commands commands;
    Queries queries;
    unsigned depth = 0;  // calls under way: a callback may call again
    std::string error;
    const char* fixed_error = nullptr;  // wins; set where not even a string can be made
};

namespace {

constexpr const char* kOutOfMemory = "memtrace ran out of memory inside the debugger";
constexpr const char* kBusy = "memtrace is busy with another command of this program";
constexpr const char* kInternal =
    "memtrace failed inside the debugger (an exception in a callback)";

// One line, whatever the names in it hold.
std::string one_line(const Error& error) {
    return error.text.empty() ? "the command failed" : mt::core::escaped(error.text);
}

int failed(mtc_session& session, const Error& error) {
    session.error = one_line(error);
    session.fixed_error = nullptr;
    return error.code == Code::interrupted ? MTC_INTERRUPTED : MTC_ERROR;
}

int answered(mtc_session& session, const mt::core::Result<mt::core::Stop>& stop, mtc_add_text add,
             void* sink, mtc_stop& out) {
    if (!stop) return failed(session, stop.error());
    out.stays = stop->stays ? 1 : 0;
    out.level = stop->level;
    out.pc = stop->pc;
    if (stop->stays) add(sink, mt::core::stop_text(session.session.book(), *stop).c_str());
    return MTC_OK;
}

struct Inside {
    explicit Inside(mtc_session& entered) : session(entered) {
        if (session.depth++ == 0) mt::core::g_reserve_is_used = false;
    }
    ~Inside() { --session.depth; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    mtc_session& session;
};

template <typename Body>
int guarded(mtc_session* session, Body body) noexcept {
    if (session == nullptr) return MTC_ERROR;
    const Inside inside(*session);
    try {
        session->fixed_error = nullptr;
        session->error.clear();
        return body();
    } catch (const std::bad_alloc&) {
        session->fixed_error = kOutOfMemory;
    } catch (...) {
        session->fixed_error = kInternal;
    }
    return MTC_ERROR;
}

// Nothing being traced is a zero that a user's expression may have; a table that cannot be
// read is none.
int failed_figure(mtc_session& session, const Error& error) {
    const int status = failed(session, error);
    const bool unknown = error.code == Code::damaged || error.code == Code::unreadable ||
                         error.code == Code::version;
    return unknown ? MTC_BAD_VALUE : status;
}

bool is_complete(const mtc_debugger& given) {
    return given.read != nullptr && given.write != nullptr && given.find_symbol != nullptr &&
           given.symbolise != nullptr && given.target != nullptr && given.print != nullptr &&
           given.interrupted != nullptr && given.prepare_run != nullptr &&
           given.await_runtime != nullptr && given.set_stop_point != nullptr &&
           given.set_point != nullptr && given.current_thread != nullptr;
}

std::vector<mt::core::Activation> frames_of(const mtc_hit& hit) {
    std::vector<mt::core::Activation> frames;
    for (std::uint32_t i = 0; i < hit.frame_count; ++i) {
        const mtc_activation& one = hit.frames[i];
        frames.push_back(
            {one.pc, one.sp, one.function == nullptr ? "" : one.function, one.is_inlined != 0});
    }
    return frames;
}

// Texts of the verbs live as long as the library: adapters register with them.
struct VerbTexts {
    std::string name, summary, help;
};

const VerbTexts* verb_texts(std::uint32_t index) noexcept {
    try {
        static const std::vector<VerbTexts> all = [] {
            std::vector<VerbTexts> texts;
            for (const auto& verb : mt::core::verbs())
                texts.push_back(
                    {std::string(verb.name), std::string(verb.summary), mt::core::help_of(verb)});
            return texts;
        }();
        return index < all.size() ? &all[index] : nullptr;
    } catch (...) {
        return nullptr;
    }
}

}  // namespace

extern "C" {

mtc_session* mtc_open(const mtc_debugger* debugger, const char* library_directory) {
    if (debugger == nullptr || debugger->abi != MTC_ABI || debugger->size != sizeof(mtc_debugger) ||
        !is_complete(*debugger))
        return nullptr;
    try {
        return new mtc_session(*debugger, library_directory == nullptr ? "" : library_directory);
    } catch (...) {
        return nullptr;
    }
}

void mtc_close(mtc_session* session) { delete session; }

int mtc_run(mtc_session* session, const char* line) {
    return guarded(session, [session, line]() -> int {
        auto outcome = session->commands.run(line == nullptr ? "" : line);
        if (!outcome) return failed(*session, outcome.error());
        if (*outcome == Commands::Outcome::done) return MTC_OK;
        session->error = one_line({Code::usage, session->commands.not_ours_text()});
        return MTC_NOT_OURS;
    });
}

const char* mtc_error(const mtc_session* session) {
    if (session == nullptr) return "there is no memtrace session";
    return session->fixed_error != nullptr ? session->fixed_error : session->error.c_str();
}

int mtc_loaded(mtc_session* session) {
    return guarded(session, [session]() -> int {
        auto done = mt::core::runtime_loaded(session->session);
        return done ? MTC_OK : failed(*session, done.error());
    });
}

int mtc_program(mtc_session* session) {
    return guarded(session, [session]() -> int {
        session->commands.program_changed();
        return MTC_OK;
    });
}

int mtc_stopped(mtc_session* session, const uint64_t arguments[5], mtc_add_text add, void* sink,
                mtc_stop* out) {
    return guarded(session, [&]() -> int {
        if (arguments == nullptr || add == nullptr || out == nullptr) return MTC_ERROR;
        *out = mtc_stop{};
        const auto stop = session->session.conditions().stopped(
            {arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]});
        return answered(*session, stop, add, sink, *out);
    });
}

int mtc_reached(mtc_session* session, const mtc_hit* hit, mtc_add_text add, void* sink,
                mtc_stop* out) {
    return guarded(session, [&]() -> int {
        if (hit == nullptr || hit->frames == nullptr || hit->frame_count == 0 || add == nullptr ||
            out == nullptr)
            return MTC_ERROR;
        *out = mtc_stop{};
        const auto stop =
            session->session.points().reached({hit->point, hit->thread, frames_of(*hit)});
        return answered(*session, stop, add, sink, *out);
    });
}

int mtc_complete(mtc_session* session, const char* line, mtc_add_text add, void* sink) {
    return guarded(session, [&]() -> int {
        if (add == nullptr) return MTC_ERROR;
        for (const std::string& word :
             mt::core::complete(session->session, line == nullptr ? "" : line))
            add(sink, word.c_str());
        return MTC_OK;
    });
}

const char* mtc_verb(uint32_t index) {
    const VerbTexts* texts = verb_texts(index);
    return texts == nullptr ? nullptr : texts->name.c_str();
}

const char* mtc_verb_summary(uint32_t index) {
    const VerbTexts* texts = verb_texts(index);
    return texts == nullptr ? nullptr : texts->summary.c_str();
}

const char* mtc_verb_help(uint32_t index) {
    const VerbTexts* texts = verb_texts(index);
    return texts == nullptr ? nullptr : texts->help.c_str();
}

uint32_t mtc_abi(void) { return MTC_ABI; }

uint64_t mtc_leaked(const mtc_session* session) { return session->session.leaked(); }

const char* mtc_version(void) { return MEMTRACE_VERSION; }

int mtc_traced_memory(mtc_session* session, uint64_t* current, uint64_t* peak) {
    return guarded(session, [&]() -> int {
        auto figures = mt::core::traced_memory(session->session);
        if (!figures) return failed_figure(*session, figures.error());
        if (current != nullptr) *current = figures->first;
        if (peak != nullptr) *peak = figures->second;
        return MTC_OK;
    });
}

int mtc_block(mtc_session* session, const mtc_value* pointer, uint64_t* start, uint64_t* size) {
    return guarded(session, [&]() -> int {
        if (pointer == nullptr) return MTC_ERROR;
        const auto address = mt::core::address_of(mt::core::value_of(*pointer));
        if (!address) return failed(*session, address.error()), MTC_BAD_VALUE;
        auto block = mt::core::block_at(session->session, *address);
        if (!block) return failed_figure(*session, block.error());
        if (start != nullptr) *start = block->address;
        if (size != nullptr) *size = block->size;
        return MTC_OK;
    });
}

int mtc_preloads(const char* list, const char* former, const char* library, mtc_add_text add,
                 void* sink) {
    try {
        const auto text = [](const char* given) { return given == nullptr ? "" : given; };
        add(sink, mt::core::preloads(text(list), text(former), text(library)).c_str());
        return MTC_OK;
    } catch (...) {
        return MTC_ERROR;
    }
}

int mtc_query(mtc_session* session, const char* request, mtc_add_text add, void* sink) {
    if (session != nullptr && session->depth != 0) {
        session->fixed_error = kBusy;
        return MTC_ERROR;
    }
    return guarded(session, [&]() -> int {
        if (add == nullptr) return MTC_ERROR;
        auto said = answer(session->queries, request == nullptr ? "" : request);
        if (said) {
            add(sink, said->c_str());
            return MTC_OK;
        }
        const int status = failed(*session, said.error());
        if (said.error().code == Code::usage) return MTC_BAD_VALUE;
        return said.error().code == Code::io ? MTC_BAD_FILE : status;
    });
}

}  // extern "C"
