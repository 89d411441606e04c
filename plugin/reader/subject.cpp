// SPDX-License-Identifier: MIT
//
// See subject.h.
#include "subject.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "callback.h"
#include "expressions.h"
#include "read/reader.h"
#include "source/core_memory.h"
#include "source/core_registers.h"
#include "source/direct_memory.h"

namespace mt::reader {
namespace {

volatile sig_atomic_t g_interrupted = 0;

// The reader's own memories ask nobody else.
class Nobody final : public core::Memory {
  public:
    core::Result<std::size_t> read(std::uint64_t, void*, std::size_t) override {
        return std::size_t{0};
    }
};

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// A black box has no memory of modules; its table says which there were. Those that are closed
// come last: another may lie where they lay.
std::vector<ModuleFile> files_of(core::Memory& memory, const core::CoreBox& box,
                                 const std::string& executable) {
    const auto status = core::read_status(memory, box.root);
    core::ReadOptions options;
    options.counters = false;
    options.modules = true;
    if (!status) return {};
    auto table = core::read_table(memory, *status, options);
    if (!table) return {};
    std::vector<ModuleFile> files;
    for (const bool is_open : {true, false}) {
        for (const core::Module& module : table->modules) {
            if ((module.unload_sequence == 0) != is_open || module.end == 0) continue;
            const std::string& file = module.file.empty() ? module.path : module.file;
            const bool is_program = !executable.empty() && file == box.program;
            files.push_back({is_program ? executable : file, module.build_id, module.bias});
        }
    }
    return files;
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = [](int) { g_interrupted = 1; };
    sigaction(SIGINT, &action, nullptr);
}

bool take_interrupt() { return std::exchange(g_interrupted, 0) != 0; }

std::unique_ptr<Subject> Subject::core(const std::string& path, const std::string& executable) {
    std::unique_ptr<Subject> made(new Subject);
    auto file = core::read_core_file(path);
    if (file == nullptr) throw std::runtime_error("it is no core");
    made->nobody_ = std::make_unique<Nobody>();
    made->executable_ = executable;
    const core::Mapping* program = core::range_at(file->mapped, file->entry);
    if (executable.empty() && program != nullptr) made->executable_ = program->path;
    made->memory_ = std::make_unique<core::CoreMemory>(file, *made->nobody_);
    if (file->box) {
        made->code_.emplace(Code::of_files(files_of(*made->memory_, *file->box, executable)));
        if (executable.empty()) made->executable_ = file->box->program;
    } else {
        made->code_.emplace(Code::of_core(path, made->executable_, file->entry));
        made->threads_ = file->threads;
    }
    made->pid_ = file->threads.empty() ? 1 : file->threads.front().tid;
    made->core_path_ = path;
    return made;
}

std::unique_ptr<Subject> Subject::process(std::int64_t pid) {
    std::unique_ptr<Subject> made(new Subject);
    made->nobody_ = std::make_unique<Nobody>();
    made->memory_ = std::make_unique<core::DirectMemory>(pid, *made->nobody_);
    made->code_.emplace(Code::of_process(pid));
    made->pid_ = pid;
    std::error_code error;
    made->executable_ =
        std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    return made;
}

std::unique_ptr<Subject> Subject::nothing() { return std::unique_ptr<Subject>(new Subject); }

mtc_debugger Subject::callbacks() {
    mtc_debugger d{};
    d.abi = MTC_ABI;
    d.size = sizeof d;
    d.user = this;
    d.read = Callback<&Subject::read>::call;
    d.find_symbol = Callback<&Subject::find_symbol>::call;
    d.symbolise = Callback<&Subject::symbolise>::call;
    d.symbol_at = Callback<&Subject::symbol_at>::call;
    d.target = Callback<&Subject::target>::call;
    d.print = Callback<&Subject::print>::call;
    d.interrupted = Callback<&Subject::interrupted, 0>::call;
    d.evaluate = Callback<&Subject::evaluate>::call;
    d.threads = Callback<&Subject::threads>::call;
    d.current_thread = Callback<&Subject::current_thread>::call;
    d.registers = Callback<&Subject::registers>::call;
    d.progress = Callback<&Subject::progress>::call;
    d.screen = Callback<&Subject::screen>::call;
    // It only reads.
    d.write = [](void*, std::uint64_t, const void*, std::uint64_t) -> int { return MTC_ERROR; };
    d.prepare_run = [](void*, const char*, const char*, mtc_add_text why, void* sink) -> int {
        why(sink, "the reader starts no program; a debugger does");
        return MTC_ERROR;
    };
    d.await_runtime = [](void*) -> int { return MTC_ERROR; };
    d.set_stop_point = [](void*, const char*, int) -> int { return MTC_ERROR; };
    d.set_point = [](void*, std::uint64_t, const char*, std::uint64_t, std::uint32_t,
                     std::uint32_t*) -> int { return MTC_ERROR; };
    return d;
}

// What a core leaves out of a file's read-only memory stands in the file.
int Subject::read(std::uint64_t address, void* buffer, std::uint64_t size, std::uint64_t* got) {
    *got = 0;
    if (!memory_) return MTC_OK;
    const auto read = memory_->read(address, buffer, size);
    if (!read) return MTC_INTERRUPTED;
    *got = *read;
    if (*got < size && !core_path_.empty())
        *got += code_->read_file(address + *got, static_cast<char*>(buffer) + *got, size - *got);
    return MTC_OK;
}

int Subject::find_symbol(const char* name, std::uint64_t* address) {
    const auto found = code_ ? code_->data_symbol(name) : std::nullopt;
    if (!found) return MTC_ERROR;
    *address = found->address;
    return MTC_OK;
}

int Subject::symbolise(std::uint64_t pc, mtc_add_frame add, void* sink) {
    if (!code_) return MTC_OK;
    for (const core::RawFrame& frame : code_->frames(pc)) {
        const mtc_frame shown{or_null(frame.function), or_null(frame.linkage), or_null(frame.file),
                              or_null(frame.directory), frame.line};
        add(sink, &shown);
    }
    return MTC_OK;
}

int Subject::symbol_at(std::uint64_t pc, mtc_add_symbol add, void* sink) {
    const auto found = code_ ? code_->symbol_at(pc) : std::nullopt;
    if (!found) return MTC_OK;
    const mtc_symbol shown{found->name.c_str(), found->address, found->size};
    add(sink, &shown);
    return MTC_OK;
}

int Subject::target(mtc_target* out) {
    *out = mtc_target{};
    if (!memory_) return MTC_OK;
    out->kind = core_path_.empty() ? MTC_TARGET_LIVE : MTC_TARGET_CORE;
    out->pointer_width = sizeof(void*);
    out->pid = pid_;
    out->executable = or_null(executable_);
    out->core = or_null(core_path_);
    out->sysroot = or_null(places_.sysroot);
    out->file_folders = or_null(places_.file_folders);
    out->debug_folders = or_null(places_.debug_folders);
    return MTC_OK;
}

void Subject::print(const char* text, std::uint64_t length) {
    if (printed_ != nullptr)
        printed_->append(text, length);
    else
        std::fwrite(text, 1, length, stdout);
}

int Subject::interrupted() { return g_interrupted != 0 ? 1 : 0; }

int Subject::evaluate(const char* expression, mtc_value* value, mtc_add_text why, void* sink) {
    const auto symbol = [this](const std::string& name) {
        return code_ ? code_->data_symbol(name) : std::nullopt;
    };
    const auto word = [this](std::uint64_t address, std::uint64_t& out) {
        std::uint64_t got = 0;
        return read(address, &out, sizeof out, &got) == MTC_OK && got == sizeof out;
    };
    const std::string error = value_of(expression, symbol, word, *value);
    if (error.empty()) return MTC_OK;
    why(sink, error.c_str());
    return MTC_ERROR;
}

int Subject::threads(mtc_add_thread add, void* sink) {
    std::uint32_t number = 0;
    for (const Thread& thread : threads_) {
        const mtc_thread shown{++number, thread.tid, thread.stack_pointer()};
        add(sink, &shown);
    }
    return MTC_OK;
}

int Subject::current_thread(std::uint64_t* thread) {
    *thread = threads_.empty() ? 0 : threads_.front().tid;
    return MTC_OK;
}

int Subject::registers(mtc_add_register add, void* sink) {
    std::uint32_t number = 0;
    for (const Thread& thread : threads_) {
        ++number;
        core::each_register(thread, [&](const std::string& name, std::uint64_t value) {
            const mtc_register shown{number, thread.tid, name.c_str(), value};
            add(sink, &shown);
        });
    }
    return MTC_OK;
}

void Subject::progress(const char* text) {
    const char* const terminal = std::getenv("TERM");
    if (isatty(STDERR_FILENO) == 0 || terminal == nullptr || std::strcmp(terminal, "dumb") == 0)
        return;
    std::fprintf(stderr, "\r%s\033[K", text);
}

int Subject::screen(mtc_screen* out) {
    const char* const terminal = std::getenv("TERM");
    winsize size{};
    out->is_terminal = isatty(STDOUT_FILENO) != 0 ? 1 : 0;
    out->columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    out->has_style = terminal != nullptr && std::strcmp(terminal, "dumb") != 0 &&
                             std::getenv("NO_COLOR") == nullptr
                         ? 1
                         : 0;
    return MTC_OK;
}

}  // namespace mt::reader
