// SPDX-License-Identifier: MIT
//
// Whose malloc does the program use? The definitions that its look-ups find, and the
// modules that are bound to others (RTLD_DEEPBIND, dlmopen): what they allocate and free
// memtrace does not see, and no figure shows that by itself. Found out by the core from
// memory, so it holds for cores and in both debuggers.
#ifndef MEMTRACE_CORE_BINDING_BINDINGS_H
#define MEMTRACE_CORE_BINDING_BINDINGS_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "binding/elf_module.h"
#include "model/snapshot.h"

namespace mt::core {

enum class Sanitizer : std::uint8_t { none, address, hardware_address, memory, thread, leak };

// Of functions that should be ours.
struct Owner {
    std::string module;  // base name
    std::vector<std::uint8_t> names;
    bool is_program = false;
    bool is_libc = false;
    bool is_hidden = false;  // only the program itself calls them
    bool passes_on = false;  // knows where ours are
    Sanitizer sanitizer = Sanitizer::none;
};
// A module whose calls go elsewhere.
struct Elsewhere {
    std::string module, target;
    bool is_apart = false;  // in a namespace of its own
};
struct Findings {
    std::vector<Owner> owners;
    std::vector<Elsewhere> elsewhere;
    std::vector<std::string> copies;   // of the runtime
    std::vector<std::string> unknown;  // modules whose tables cannot be read
    bool no_list = false;              // the loader's list cannot be read
};

// As the closing lines of each report.
std::vector<Remark> remarks_of(const Findings& findings);

// Where the program is, for what its memory does not hold.
struct TargetFiles {
    std::string executable;  // of this machine, "" = not on it
    bool is_local = false;   // so are its libraries
    bool is_core = false;
};

// Keeps what does not change about a process.
class Bindings {
  public:
    Result<Findings> look(Memory& memory, const Status& status, const TargetFiles& files);

  private:
    struct Known {
        LoadedModule loaded;
        ElfModule module;
    };
    const ElfModule& module_of(Memory& memory, const LoadedModule& loaded,
                               const TargetFiles& files);

    Identity process_;
    std::vector<Known> known_;
};

}  // namespace mt::core

#endif
