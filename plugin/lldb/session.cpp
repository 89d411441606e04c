// SPDX-License-Identifier: MIT
//
// A session's life, memory and target by the SB API; see session.h. Symbols are in
// symbols.cpp, threads in threads.cpp, the next run in launch.cpp, output in output.cpp.
#include "session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "callback.h"
#include "host.h"

namespace mt::adapter {
namespace {

std::atomic<std::uint64_t> g_last_number = 0;

mtc_debugger callbacks_of(Session* session) {
    mtc_debugger d{};
    d.abi = MTC_ABI;
    d.size = sizeof d;
    d.user = session;
    d.read = Callback<&Session::read>::call;
    d.write = Callback<&Session::write>::call;
    d.find_symbol = Callback<&Session::find_symbol>::call;
    d.regions = Callback<&Session::regions>::call;
    d.symbolise = Callback<&Session::symbolise>::call;
    d.symbol_at = Callback<&Session::symbol_at>::call;
    d.target = Callback<&Session::describe_target>::call;
    d.print = Callback<&Session::print>::call;
    d.interrupted = Callback<&Session::interrupted, 0>::call;
    d.prepare_run = Callback<&Session::prepare_run>::call;
    d.await_runtime = Callback<&Session::await_runtime>::call;
    d.set_stop_point = Callback<&Session::set_stop_point>::call;
    d.evaluate = Callback<&Session::evaluate>::call;
    d.threads = Callback<&Session::threads>::call;
    d.set_point = Callback<&Session::set_point>::call;
    d.current_thread = Callback<&Session::current_thread>::call;
    d.registers = Callback<&Session::registers>::call;
    d.progress = Callback<&Session::progress>::call;
    d.stack = Callback<&Session::stack>::call;
    d.run_to = Callback<&Session::run_to>::call;
    d.call_function = Callback<&Session::call_function>::call;
    d.screen = Callback<&Session::screen>::call;
    return d;
}

std::string path_of(const lldb::SBFileSpec& file) {
    char path[PATH_MAX];
    if (!file.IsValid() || file.GetPath(path, sizeof path) == 0) return {};
    return path;
}

bool is_core_plugin(const char* name) {
    return name != nullptr && std::string_view(name).find("core") != std::string_view::npos;
}

}  // namespace

Session::Session(const lldb::SBDebugger& debugger, const lldb::SBTarget& target)
    : debugger_(debugger),
      target_(target),
      had_target_(target.IsValid()),
      number_(++g_last_number),
      callbacks_(callbacks_of(this)) {
    core_ = mtc_open(&callbacks_, library_directory().c_str());
}

Session::~Session() {
    if (core_ != nullptr) mtc_close(core_);
}

bool Session::belongs_to(lldb::SBDebugger& debugger, const lldb::SBTarget& target) {
    return debugger_.GetID() == debugger.GetID() && target_ == target;
}

bool Session::adopt(lldb::SBDebugger& debugger, const lldb::SBTarget& target) {
    if (had_target_ || debugger_.GetID() != debugger.GetID()) return false;
    target_ = target;
    had_target_ = true;
    return true;
}

bool Session::run(const std::string& line, lldb::SBCommandReturnObject& result) {
    const std::lock_guard lock(mutex_);
    auto* const outer = std::exchange(result_, &result);
    const bool outer_is_past = std::exchange(is_past_result_, false);
    read_search_settings();
    const int status = mtc_run(core_, line.c_str());
    is_past_result_ = outer_is_past;
    result_ = outer;
    if (status == MTC_OK) {
        result.SetStatus(lldb::eReturnStatusSuccessFinishResult);
        return true;
    }
    result.SetError(status == MTC_INTERRUPTED ? "interrupted" : mtc_error(core_));
    result.SetStatus(lldb::eReturnStatusFailed);
    return false;
}

int Session::query(const char* request, mtc_add_text add, void* sink) {
    const std::unique_lock lock(mutex_, std::chrono::seconds(5));
    if (!lock.owns_lock()) {
        add(sink, "memtrace is busy with another command of this program");
        return MTC_ERROR;
    }
    read_search_settings();
    const int status = mtc_query(core_, request, add, sink);
    if (status != MTC_OK) add(sink, mtc_error(core_));
    return status;
}

int Session::read(std::uint64_t address, void* buffer, std::uint64_t size, std::uint64_t* got) {
    lldb::SBError error;
    *got = target_.GetProcess().ReadMemory(address, buffer, size, error);
    return MTC_OK;
}

int Session::write(std::uint64_t address, const void* bytes, std::uint64_t size) {
    lldb::SBError error;
    const auto written = target_.GetProcess().WriteMemory(address, bytes, size, error);
    return error.Success() && written == size ? MTC_OK : MTC_ERROR;
}

int Session::regions(mtc_add_region add, void* sink) {
    auto list = target_.GetProcess().GetMemoryRegions();
    lldb::SBMemoryRegionInfo info;
    for (std::uint32_t i = 0; i < list.GetSize(); ++i) {
        if (!list.GetMemoryRegionAtIndex(i, info) || !info.IsMapped()) continue;
        const mtc_region region{info.GetRegionBase(), info.GetRegionEnd(), info.IsReadable(),
                                info.IsWritable()};
        add(sink, &region);
    }
    return MTC_OK;
}

// LLDB takes a process for stopped until it has looked at the event of its own detach; the
// kernel knows who traces it. Only of one that has been seen traced: a stub may give us the
// number of any other process.
bool Session::was_let_go(std::int64_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("TracerPid:", 0) != 0) continue;
        const bool is_traced = line.find_first_of("123456789") != std::string::npos;
        if (is_traced) traced_ = pid;
        return !is_traced && traced_ == pid;
    }
    return false;
}

int Session::describe_target(mtc_target* out) {
    *out = mtc_target{};
    executable_ = path_of(target_.GetExecutable());
    core_file_.clear();
    out->executable = executable_.empty() ? nullptr : executable_.c_str();
    out->sysroot = sysroot_.c_str();
    out->file_folders = file_folders_.c_str();
    out->debug_folders = debug_folders_.empty() ? nullptr : debug_folders_.c_str();
    out->pointer_width = static_cast<std::int32_t>(target_.GetAddressByteSize());
    auto platform = target_.IsValid() ? target_.GetPlatform() : debugger_.GetSelectedPlatform();
    const char* platform_name = platform.IsValid() ? platform.GetName() : nullptr;
    out->is_remote = platform_name != nullptr && std::strcmp(platform_name, "host") != 0;

    auto process = target_.GetProcess();
    if (!process.IsValid()) return MTC_OK;
    out->pid = static_cast<std::int64_t>(process.GetProcessID());
    switch (process.GetState()) {
        case lldb::eStateInvalid:
        case lldb::eStateUnloaded:
        case lldb::eStateConnected:
            out->kind = MTC_TARGET_NONE;
            return MTC_OK;
        case lldb::eStateExited:
            out->kind = MTC_TARGET_EXITED;
            return MTC_OK;
        case lldb::eStateDetached:
            out->kind = MTC_TARGET_DETACHED;
            return MTC_OK;
        case lldb::eStateRunning:
        case lldb::eStateStepping:
        case lldb::eStateLaunching:
        case lldb::eStateAttaching:
            out->is_running = 1;
            break;
        default:
            break;
    }
    const char* plugin = process.GetPluginName();
    if (is_core_plugin(plugin) || (plugin != nullptr && std::strcmp(plugin, "minidump") == 0)) {
        out->kind = MTC_TARGET_CORE;
        out->is_remote = 0;
        if (host_has_core_file()) core_file_ = path_of(process.GetCoreFile());
        out->core = core_file_.empty() ? nullptr : core_file_.c_str();
    } else if (out->is_remote == 0 && was_let_go(out->pid)) {
        out->kind = MTC_TARGET_DETACHED;
    } else {
        out->kind = MTC_TARGET_LIVE;
    }
    return MTC_OK;
}

int Session::interrupted() {
    if (host_has_interrupt_requested() && debugger_.InterruptRequested()) return 1;
    return debugger_.GetCommandInterpreter().WasInterrupted() ? 1 : 0;
}

}  // namespace mt::adapter
