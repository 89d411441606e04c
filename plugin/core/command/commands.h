// SPDX-License-Identifier: MIT
//
// Command lines: from a line to a verb, and what it says to the debugger's output.
#ifndef MEMTRACE_CORE_COMMAND_COMMANDS_H
#define MEMTRACE_CORE_COMMAND_COMMANDS_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "app/session.h"
#include "command/parse.h"
#include "model/error.h"
#include "model/sink.h"
#include "show/renderer.h"

namespace mt::core {

class Commands {
  public:
    enum class Outcome : std::uint8_t { done, not_ours };

    explicit Commands(Session& session) : session_(session) {}

    // One line. not_ours: the first word is no verb; nothing was printed, and not_ours_text()
    // says it.
    Result<Outcome> run(std::string_view line);
    const std::string& not_ours_text() const { return not_ours_text_; }
    // The debugger has another program to run: tells what the preload must know of it.
    void program_changed();

  private:
    // For what may be long: printed in pieces while it is made, and ended by Ctrl-C. What
    // has been said before comes first.
    Sink printer();
    // The form that the words ask for, else the one for where output goes.
    Result<std::unique_ptr<Renderer>> renderer_for(const Arguments& arguments);

    Session& session_;
    std::string output_;
    std::string not_ours_text_;
};

}  // namespace mt::core

#endif
