// SPDX-License-Identifier: MIT
//
// What a verb has at hand: the session, its words, and where it shows reports. A verb turns
// words into values, calls app/, and shows what comes back.
#ifndef MEMTRACE_CORE_COMMAND_FRONT_H
#define MEMTRACE_CORE_COMMAND_FRONT_H

#include <string>
#include <string_view>

#include "app/session.h"
#include "command/parse.h"
#include "model/error.h"
#include "show/renderer.h"

namespace mt::core {

struct Front {
    Session& session;
    const Arguments& arguments;
    Renderer& renderer;   // that the words ask for
    std::string& output;  // printed when the command has succeeded

    void say(std::string_view text) { output += text; }
    template <typename Report>
    Result<void> show(const Report& report) {
        MT_TRY(renderer.show(report));
        // Source lines are asked for meanwhile, so the user may stop it there.
        if (session.debuggee().is_stopped()) return interrupted_error();
        return {};
    }

    // The word at that place; null: there is none.
    const std::string* word(std::size_t index) const {
        return index < arguments.words.size() ? &arguments.words[index] : nullptr;
    }
    bool has(const std::string& name) const { return arguments.has(name); }
};

}  // namespace mt::core

#endif
