// SPDX-License-Identifier: MIT
//
// See debugger.h. A sink that fails (out of memory) remembers that and
// throws after the callback has returned: nothing unwinds through the adapter.
#include "target/debugger.h"

#include <algorithm>
#include <new>

#include "model/poll.h"

namespace mt::core {
namespace {

constexpr std::size_t kMostFrames = 1024;  // of one address; more is an adapter gone wrong

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

std::vector<std::string> folders_of(std::string_view list) {
    std::vector<std::string> folders;
    while (!list.empty()) {
        const auto end = std::min(list.find(':'), list.size());
        if (end != 0) folders.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return folders;
}

template <typename T>
struct Sink {
    T value;
    bool failed = false;

    template <typename Body>
    void fill(Body body) noexcept {
        try {
            body(value);
        } catch (...) {
            failed = true;
        }
    }
    T take() {
        if (failed) throw std::bad_alloc();
        return std::move(value);
    }
};

// Whether it could. Errors: interrupted.
Result<bool> could(int status) {
    if (status == MTC_INTERRUPTED) return interrupted_error();
    return status == MTC_OK;
}

// The C interface counts them as we do.
static_assert(static_cast<int>(TargetKind::none) == MTC_TARGET_NONE &&
              static_cast<int>(TargetKind::live) == MTC_TARGET_LIVE &&
              static_cast<int>(TargetKind::core) == MTC_TARGET_CORE &&
              static_cast<int>(TargetKind::replay) == MTC_TARGET_REPLAY &&
              static_cast<int>(TargetKind::exited) == MTC_TARGET_EXITED &&
              static_cast<int>(TargetKind::detached) == MTC_TARGET_DETACHED);

using TextSink = Sink<std::optional<std::string>>;

void add_text(void* sink, const char* text) {
    static_cast<TextSink*>(sink)->fill([text](auto& value) { value = text_of(text); });
}

}  // namespace

Value value_of(const mtc_value& raw) {
    const auto kind = raw.kind == MTC_VALUE_NUMBER  ? Value::Kind::number
                      : raw.kind == MTC_VALUE_PLACE ? Value::Kind::place
                                                    : Value::Kind::other;
    return {kind, raw.number, raw.address, text_of(raw.type)};
}

Debugger::Debugger(const mtc_debugger& callbacks)
    : callbacks_(callbacks),
      memory_(callbacks_, [this] { return interrupted(); }),
      progress_(callbacks.progress == nullptr ? Progress::Show() : [this](const std::string& line) {
          callbacks_.progress(callbacks_.user, line.c_str());
      }) {}

bool Debugger::interrupted() {
    progress_.look();
    return callbacks_.interrupted(callbacks_.user) != 0;
}

Result<Target> Debugger::target() {
    mtc_target raw{};
    const bool done = MT_TRY(could(callbacks_.target(callbacks_.user, &raw)));
    if (!done) return fail(Code::internal, "the debugger cannot tell its target");
    if (raw.kind < MTC_TARGET_NONE || raw.kind > MTC_TARGET_DETACHED)
        return fail(Code::internal, "the debugger names an unknown kind of target");
    Target out;
    out.kind = static_cast<TargetKind>(raw.kind);
    out.remote = raw.is_remote != 0;
    out.running = raw.is_running != 0;
    out.pointer_width = raw.pointer_width < 0 ? 0 : static_cast<std::uint32_t>(raw.pointer_width);
    out.pid = raw.pid;
    out.executable = text_of(raw.executable);
    out.core = text_of(raw.core);
    out.sysroot = text_of(raw.sysroot);
    out.file_folders = folders_of(text_of(raw.file_folders));
    if (raw.debug_folders != nullptr) out.debug_folders = folders_of(raw.debug_folders);
    return out;
}

Result<void> Debugger::write(std::uint64_t address, const void* bytes, std::size_t size) {
    const bool done = MT_TRY(could(callbacks_.write(callbacks_.user, address, bytes, size)));
    if (!done)
        return fail(Code::refused, "the debugger could not write the program's memory", address);
    return {};
}

Result<std::uint64_t> Debugger::find_symbol(const char* name) {
    std::uint64_t address = 0;
    const bool done = MT_TRY(could(callbacks_.find_symbol(callbacks_.user, name, &address)));
    return done ? address : 0;
}

Result<std::vector<RawFrame>> Debugger::frames(std::uint64_t address) {
    Sink<std::vector<RawFrame>> sink;
    const auto add = [](void* to, const mtc_frame* frame) {
        if (frame == nullptr) return;
        static_cast<Sink<std::vector<RawFrame>>*>(to)->fill([frame](auto& list) {
            if (list.size() >= kMostFrames) return;
            list.push_back({text_of(frame->function), text_of(frame->linkage), text_of(frame->file),
                            text_of(frame->directory), frame->line});
        });
    };
    const bool done = MT_TRY(could(callbacks_.symbolise(callbacks_.user, address, add, &sink)));
    if (!done) return std::vector<RawFrame>();
    return sink.take();
}

Result<std::optional<RawSymbol>> Debugger::symbol(std::uint64_t address) {
    if (callbacks_.symbol_at == nullptr) return std::nullopt;
    Sink<std::optional<RawSymbol>> sink;
    const auto add = [](void* to, const mtc_symbol* symbol) {
        if (symbol == nullptr) return;
        static_cast<Sink<std::optional<RawSymbol>>*>(to)->fill([symbol](auto& value) {
            value = RawSymbol{text_of(symbol->name), symbol->start, symbol->size};
        });
    };
    const bool done = MT_TRY(could(callbacks_.symbol_at(callbacks_.user, address, add, &sink)));
    if (!done) return std::nullopt;
    return sink.take();
}

void Debugger::print(std::string_view text) {
    progress_.hide();
    // The adapter may treat it as a C string.
    const std::string whole(text);
    callbacks_.print(callbacks_.user, whole.c_str(), whole.size());
}

Screen Debugger::screen() {
    mtc_screen raw{};
    if (callbacks_.screen == nullptr || callbacks_.screen(callbacks_.user, &raw) != MTC_OK)
        return {};
    return {raw.is_terminal != 0, raw.columns < 0 ? 0 : static_cast<std::size_t>(raw.columns),
            raw.is_terminal != 0 && raw.has_style != 0};
}

Result<std::optional<std::string>> Debugger::source_line(const std::string& file,
                                                         std::uint32_t line) {
    if (callbacks_.source_line == nullptr) return std::nullopt;
    TextSink sink;
    const bool done =
        MT_TRY(could(callbacks_.source_line(callbacks_.user, file.c_str(), line, add_text, &sink)));
    if (!done) return std::nullopt;
    return sink.take();
}

Result<void> Debugger::prepare_run(const std::optional<std::string>& library,
                                   const std::optional<std::string>& start) {
    TextSink why;
    const bool done =
        MT_TRY(could(callbacks_.prepare_run(callbacks_.user, library ? library->c_str() : nullptr,
                                            start ? start->c_str() : nullptr, add_text, &why)));
    if (!done)
        return fail(Code::refused,
                    why.take().value_or("the debugger could not prepare the next run"));
    return {};
}

Result<bool> Debugger::await_runtime() { return could(callbacks_.await_runtime(callbacks_.user)); }

Result<bool> Debugger::set_stop_point(const char* function, bool on) {
    return could(callbacks_.set_stop_point(callbacks_.user, function, on ? 1 : 0));
}

Result<Value> Debugger::evaluate(const std::string& expression) {
    if (callbacks_.evaluate == nullptr)
        return fail(Code::usage, "this debugger evaluates no expressions; give a number");
    mtc_value raw{};
    TextSink why;
    const bool done = MT_TRY(
        could(callbacks_.evaluate(callbacks_.user, expression.c_str(), &raw, add_text, &why)));
    if (done) return value_of(raw);
    return fail(Code::usage, why.take().value_or("the debugger cannot evaluate it"));
}

Result<std::vector<ThreadAt>> Debugger::threads() {
    if (callbacks_.threads == nullptr) return std::vector<ThreadAt>();
    Sink<std::vector<ThreadAt>> sink;
    const auto add = [](void* to, const mtc_thread* thread) {
        if (thread == nullptr) return;
        static_cast<Sink<std::vector<ThreadAt>>*>(to)->fill([thread](auto& list) {
            list.push_back({thread->number, thread->tid, thread->stack_pointer});
        });
    };
    const bool done = MT_TRY(could(callbacks_.threads(callbacks_.user, add, &sink)));
    if (!done) return std::vector<ThreadAt>();
    return sink.take();
}

Result<std::optional<std::uint32_t>> Debugger::set_point(std::uint64_t point, const char* function,
                                                         std::uint64_t address,
                                                         std::uint32_t frames) {
    std::uint32_t places = 0;
    const bool done = MT_TRY(
        could(callbacks_.set_point(callbacks_.user, point, function, address, frames, &places)));
    if (!done) return std::nullopt;
    return places;
}

Result<void> Debugger::take_point(std::uint64_t point) {
    std::uint32_t places = 0;
    MT_TRY(could(callbacks_.set_point(callbacks_.user, point, nullptr, 0, 0, &places)));
    return {};
}

Result<std::uint64_t> Debugger::current_thread() {
    std::uint64_t thread = 0;
    const bool done = MT_TRY(could(callbacks_.current_thread(callbacks_.user, &thread)));
    return done ? thread : 0;
}

Result<std::vector<ThreadRegisters>> Debugger::registers() {
    if (callbacks_.registers == nullptr) return std::vector<ThreadRegisters>();
    Sink<std::vector<ThreadRegisters>> sink;
    const auto add = [](void* to, const mtc_register* reg) {
        if (reg == nullptr) return;
        static_cast<Sink<std::vector<ThreadRegisters>>*>(to)->fill([reg](auto& list) {
            if (list.empty() || list.back().number != reg->thread)
                list.push_back({reg->thread, reg->tid, {}});
            list.back().registers.push_back({text_of(reg->name), reg->value});
        });
    };
    const bool done = MT_TRY(could(callbacks_.registers(callbacks_.user, add, &sink)));
    // Ctrl-C may strike where GDB's adapter cannot say so.
    if (interrupted()) return interrupted_error();
    if (!done) return std::vector<ThreadRegisters>();
    return sink.take();
}

Result<std::vector<Caller>> Debugger::stack(std::uint32_t thread, std::uint32_t most) {
    if (callbacks_.stack == nullptr) return std::vector<Caller>();
    Sink<std::vector<Caller>> sink;
    const auto add = [](void* to, const mtc_caller* one) {
        if (one == nullptr) return;
        static_cast<Sink<std::vector<Caller>>*>(to)->fill([one](auto& list) {
            if (list.size() < kMostFrames) list.push_back({one->pc, one->sp, one->is_signal != 0});
        });
    };
    const bool done = MT_TRY(could(callbacks_.stack(callbacks_.user, thread, most, add, &sink)));
    if (!done) return std::vector<Caller>();
    return sink.take();
}

Result<std::uint32_t> Debugger::run_to(const std::vector<std::uint64_t>& addresses,
                                       std::uint32_t milliseconds) {
    std::uint32_t thread = 0;
    const bool done = callbacks_.run_to != nullptr &&
                      MT_TRY(could(callbacks_.run_to(callbacks_.user, addresses.data(),
                                                     static_cast<std::uint32_t>(addresses.size()),
                                                     milliseconds, &thread)));
    if (!done) return fail(Code::refused, "the debugger could not let the program run");
    return thread;
}

Result<Called> Debugger::call(std::uint32_t thread, std::uint64_t function,
                              const std::vector<std::uint64_t>& arguments,
                              std::uint32_t milliseconds) {
    if (callbacks_.call_function == nullptr)
        return fail(Code::refused, "this debugger calls no functions of the program");
    mtc_called raw{};
    raw.state = MTC_CALL_NONE;
    TextSink why;
    const bool done = MT_TRY(could(callbacks_.call_function(
        callbacks_.user, thread, function, arguments.data(),
        static_cast<std::uint32_t>(arguments.size()), milliseconds, &raw, add_text, &why)));
    if (!done)
        return fail(Code::refused, why.take().value_or("the debugger could not call a function"));
    if (raw.state < MTC_CALL_RETURNED || raw.state > MTC_CALL_NONE)
        return fail(Code::internal, "the debugger does not tell what became of a call");
    return Called{static_cast<Called::State>(raw.state), raw.result};
}

}  // namespace mt::core
