// SPDX-License-Identifier: MIT
//
// Where the text of commands goes, and the line that says what long work is at. LLDB keeps all that
// a command prints until it has ended; reports of millions of rows must not be kept, so beyond a
// size they go to the terminal at once. A script that asked for the text gets it all.
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host.h"
#include "session.h"

namespace mt::adapter {
namespace {

constexpr std::uint64_t kMostHeld = 1u << 20;

struct Opened : lldb::SBCommandReturnObject {
    using lldb::SBCommandReturnObject::get;
};

bool is_on_stack(const void* object) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
    void* base = nullptr;
    std::size_t size = 0;
    pthread_attr_getstack(&attributes, &base, &size);
    pthread_attr_destroy(&attributes);
    const auto* const first = static_cast<const char*>(base);
    return object >= first && object < first + size;
}

// LLDB has a result of its own on the stack for each line that a user types, and prints
// it; one that a script passes to HandleCommand() lies on the heap. The interface has no
// question for it.
bool is_printed_by_lldb(const lldb::SBCommandReturnObject& result) {
    return host_has_result_get() && is_on_stack((result.*&Opened::get)());
}

}  // namespace

void Session::print(const char* text, std::uint64_t length) {
    if (result_ != nullptr && !is_past_result_) {
        const std::uint64_t held = result_->GetOutputSize();
        if (held + length <= kMostHeld || !is_printed_by_lldb(*result_)) {
            // Not PutCString: that ends what it gets with a newline of its own.
            while (length > 0) {
                const auto part = static_cast<int>(std::min<std::uint64_t>(length, INT_MAX / 2));
                result_->Printf("%.*s", part, text);
                text += part;
                length -= static_cast<std::uint64_t>(part);
            }
            return;
        }
        is_past_result_ = true;
        // Not GetOutput(): LLDB keeps for ever what that returns.
        result_->PutOutput(debugger_.GetOutputFile());
        result_->Clear();
    }
    write_out(text, length);
}

// Past the result, which is printed when the command has ended.
void Session::progress(const char* text) {
    FILE* const errors = debugger_.GetErrorFileHandle();
    const char* const terminal = std::getenv("TERM");
    if (errors == nullptr || isatty(fileno(errors)) == 0) return;
    if (terminal == nullptr || std::strcmp(terminal, "dumb") == 0) return;
    std::fprintf(errors, "\r%s\033[K", text);
    std::fflush(errors);
}

int Session::screen(mtc_screen* out) {
    FILE* const output = debugger_.GetOutputFileHandle();
    const bool reads = result_ != nullptr && is_printed_by_lldb(*result_);
    out->is_terminal = reads && output != nullptr && isatty(fileno(output)) != 0 ? 1 : 0;
    out->columns = static_cast<std::int32_t>(debugger_.GetTerminalWidth());
    out->has_style = debugger_.GetUseColor() ? 1 : 0;
    return MTC_OK;
}

void Session::write_out(const char* text, std::uint64_t length) {
    auto file = debugger_.GetOutputFile();
    while (length > 0) {
        std::size_t written = 0;
        const auto error =
            file.Write(reinterpret_cast<const std::uint8_t*>(text), length, &written);
        if (error.Fail() || written == 0) break;
        text += written;
        length -= written;
    }
    // An editor reads it from a pipe, where it would wait for more
    // (sessions: Dap.IsToldWhyItStopped).
    file.Flush();
}

}  // namespace mt::adapter
