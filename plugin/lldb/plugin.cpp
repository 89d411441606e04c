// SPDX-License-Identifier: MIT
//
// What LLDB's `plugin load` calls: registers `mt` with one subcommand per verb of the
// core. Each passes its words on; nothing is decided here.
#include <exception>

#include <lldb/API/LLDB.h>

#include "command_line.h"
#include "memtrace_core.h"
#include "python.h"
#include "sessions.h"

namespace lldb {
__attribute__((visibility("default"))) bool PluginInitialize(SBDebugger debugger);
}

namespace mt::adapter {
namespace {

class Verb : public lldb::SBCommandPluginInterface {
  public:
    explicit Verb(const char* name) : name_(name) {}

    bool DoExecute(lldb::SBDebugger debugger, char** words,
                   lldb::SBCommandReturnObject& result) override {
        try {
            if (const auto session = session_of(debugger)) {
                return session->run(command_line(name_, words), result);
            }
            result.SetError(
                "memtrace: libmemtrace_core.so beside this plugin is of another version");
        } catch (const std::exception& failure) {
            result.SetError(failure.what());
        }
        result.SetStatus(lldb::eReturnStatusFailed);
        return false;
    }

  private:
    const char* name_;
};

}  // namespace
}  // namespace mt::adapter

bool lldb::PluginInitialize(SBDebugger debugger) {
    if (mtc_abi() != MTC_ABI) return false;
    auto interpreter = debugger.GetCommandInterpreter();
    // The long name is GDB's way around its own alias `mt`; scripts may use it in both.
    auto command = interpreter.AddMultiwordCommand(
        "memtrace", "Trace the memory that a C or C++ program allocates. Begin with `mt status`.");
    if (!command.IsValid()) return false;
    for (std::uint32_t i = 0; const char* name = mtc_verb(i); ++i) {
        // LLDB owns the object from here on.
        command.AddCommand(name, new mt::adapter::Verb(name), mtc_verb_summary(i),
                           mtc_verb_help(i));
    }
    // An alias, for lldb-dap takes a line of an editor's console for a command only if its first
    // word is one: of built-in commands, plain ones that a user added, and aliases
    // (sessions: Dap.KnowsTheCommandsAsTheyAre).
    lldb::SBCommandReturnObject result;
    interpreter.HandleCommand("command alias mt memtrace", result, false);
    mt::adapter::offer_package(debugger);
    return result.Succeeded();
}
