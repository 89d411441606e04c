// SPDX-License-Identifier: MIT
//
// Files, whole or not at all: what is written appears under its name only when
// it is complete and on the disk. Knows nothing of what is in them.
#ifndef MEMTRACE_CORE_SAVE_FILE_H
#define MEMTRACE_CORE_SAVE_FILE_H

#include <cstdint>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/poll.h"

namespace mt::core {

// A leading "~/" is the user's home; nothing else is expanded.
std::string expanded_path(const std::string& path);

// Written beside its place under a name of its own, readable by its owner alone,
// and gone again unless commit() succeeds.
class NewFile {
  public:
    // `replace`: what stands there already may go.
    static Result<NewFile> open(const std::string& path, bool replace);
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

    Result<void> write(std::string_view bytes);
    Result<void> commit();

  private:
    NewFile() = default;
    Result<void> make_temporary(const std::string& folder);
    tl::unexpected<Error> failed(const char* what, int error) const;

    std::string path_, temporary_;
    bool replace_ = false;
    int fd_ = -1;
};

// All of a regular file.
Result<std::string> read_file(const std::string& path, std::uint64_t most_bytes,
                              const Interrupted& interrupted = {});

}  // namespace mt::core

#endif
