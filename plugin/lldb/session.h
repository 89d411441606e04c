// SPDX-License-Identifier: MIT
//
// One LLDB target, as the core sees a debugger: every callback of mtc_debugger by the
// SB API. Holds no logic: no parsing, no arithmetic on sizes, no formatting.
#ifndef MEMTRACE_LLDB_SESSION_H
#define MEMTRACE_LLDB_SESSION_H

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <lldb/API/LLDB.h>

#include "memtrace_core.h"

namespace mt::adapter {

// A sink for one text: a std::string.
inline void put_text(void* sink, const char* text) { *static_cast<std::string*>(sink) = text; }

class Session {
  public:
    Session(const lldb::SBDebugger& debugger, const lldb::SBTarget& target);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // False: the core is of another version, or memory ran out.
    bool is_open() const { return core_ != nullptr; }
    bool belongs_to(lldb::SBDebugger& debugger, const lldb::SBTarget& target);
    // A session that was begun before any target existed goes on with the first one.
    bool adopt(lldb::SBDebugger& debugger, const lldb::SBTarget& target);
    bool is_orphan() const { return had_target_ && !target_.IsValid(); }
    // Never used twice, never 0.
    std::uint64_t number() const { return number_; }

    // Runs one line, as typed after `mt`, and fills `result`. True: success.
    bool run(const std::string& line, lldb::SBCommandReturnObject& result);
    // mtc_query; when it fails, `add` gets the line that says why.
    int query(const char* request, mtc_add_text add, void* sink);

    // What the core asks; each answers with enum mtc_status.
    int read(std::uint64_t address, void* buffer, std::uint64_t size, std::uint64_t* got);
    int write(std::uint64_t address, const void* bytes, std::uint64_t size);
    int find_symbol(const char* name, std::uint64_t* address);
    int regions(mtc_add_region add, void* sink);
    int symbolise(std::uint64_t pc, mtc_add_frame add, void* sink);
    int symbol_at(std::uint64_t pc, mtc_add_symbol add, void* sink);
    int describe_target(mtc_target* out);
    void print(const char* text, std::uint64_t length);
    int interrupted();
    int prepare_run(const char* library, const char* start, mtc_add_text why, void* sink);
    int await_runtime();
    int set_stop_point(const char* function, int on);
    int evaluate(const char* expression, mtc_value* value, mtc_add_text why, void* sink);
    int threads(mtc_add_thread add, void* sink);
    int set_point(std::uint64_t point, const char* function, std::uint64_t address,
                  std::uint32_t frames, std::uint32_t* places);
    int current_thread(std::uint64_t* thread);
    int registers(mtc_add_register add, void* sink);
    void progress(const char* text);
    int stack(std::uint32_t number, std::uint32_t most, mtc_add_caller add, void* sink);
    int run_to(const std::uint64_t* addresses, std::uint32_t count, std::uint32_t milliseconds,
               std::uint32_t* thread);
    int call_function(std::uint32_t number, std::uint64_t function, const std::uint64_t* arguments,
                      std::uint32_t count, std::uint32_t milliseconds, mtc_called* out,
                      mtc_add_text why, void* sink);
    int screen(mtc_screen* out);

  private:
    // What LLDB calls at a breakpoint: whether the program is to stay stopped. A command may hold
    // the session while this thread holds LLDB's own locks, so it does not wait without an end.
    template <bool (Session::*Method)(lldb::SBThread&, lldb::SBBreakpointLocation&)>
    static bool at_breakpoint(void* user, lldb::SBProcess&, lldb::SBThread& thread,
                              lldb::SBBreakpointLocation& location) {
        try {
            auto& session = *static_cast<Session*>(user);
            const std::unique_lock lock(session.mutex_, std::chrono::seconds(5));
            return lock.owns_lock() && (session.*Method)(thread, location);
        } catch (...) {
            return false;
        }
    }
    bool loaded(lldb::SBThread& thread, lldb::SBBreakpointLocation& location);
    bool stopped(lldb::SBThread& thread, lldb::SBBreakpointLocation& location);
    bool reached(lldb::SBThread& thread, lldb::SBBreakpointLocation& location);
    void delete_spent();
    void write_out(const char* text, std::uint64_t length);
    bool was_let_go(std::int64_t pid);
    void read_search_settings();
    bool show(int status, const std::string& text, lldb::SBThread& thread, const mtc_stop& stop);
    void stop_waiting();
    bool wait_for_load();
    bool set_variable(const char* name, const std::string& value, std::string* failure);
    bool remove_variable(const char* name, std::string* failure);
    bool execute(const std::string& command, std::string* failure);

    lldb::SBDebugger debugger_;
    lldb::SBTarget target_;
    bool had_target_;
    std::uint64_t number_;
    mtc_debugger callbacks_;
    mtc_session* core_ = nullptr;
    // LLDB runs breakpoint callbacks on another thread than commands. One that holds
    // LLDB's own locks must not wait for it without an end.
    std::recursive_timed_mutex mutex_;
    lldb::SBCommandReturnObject* result_ = nullptr;  // of the command that runs
    bool is_past_result_ = false;                    // its output goes out at once
    std::int64_t traced_ = 0;                        // a process that somebody traced
    std::string executable_;                         // what mtc_target points to
    std::string core_file_;
    std::string sysroot_, file_folders_, debug_folders_;
    std::string preloaded_;                             // our entry in LD_PRELOAD
    std::string start_;                                 // our value of MEMTRACE
    lldb::break_id_t waiting_ = LLDB_INVALID_BREAK_ID;  // breakpoint at memtrace_loaded
    std::uint32_t waiting_process_ = 0;                 // SBProcess::GetUniqueID
    lldb::break_id_t stop_point_ = LLDB_INVALID_BREAK_ID;
    struct Point {
        std::uint64_t number;
        lldb::break_id_t breakpoint;
        std::uint32_t process;  // SBProcess::GetUniqueID, of one at an address; else 0
        std::uint32_t frames;   // that each hit is to have
    };
    std::vector<Point> points_;
    std::vector<lldb::break_id_t> spent_;  // disabled, to be deleted
    bool in_hit_ = false;
};

}  // namespace mt::adapter

#endif
