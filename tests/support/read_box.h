// SPDX-License-Identifier: MIT
//
// A black box, read as the core library reads a core: without the process, and without all of a
// file that is mostly a hole. Knows no table.
#ifndef MEMTRACE_TESTS_READ_BOX_H
#define MEMTRACE_TESTS_READ_BOX_H

#include <memory>
#include <string>
#include <utility>

#include "read/reader.h"
#include "source/core_memory.h"

namespace mt::test {

class Nowhere final : public core::Memory {
  public:
    core::Result<std::size_t> read(std::uint64_t, void*, std::size_t) override {
        return std::size_t{0};
    }
};

struct ReadBox {
    std::shared_ptr<const core::CoreFile> file;
    core::Result<core::Table> table = core::fail(core::Code::io, "no core");
};

inline ReadBox read_box(const std::string& path) {
    ReadBox result;
    result.file = core::read_core_file(path);
    if (result.file == nullptr || !result.file->box) return result;
    Nowhere nowhere;
    core::CoreMemory memory(result.file, nowhere);
    auto status = core::read_status(memory, result.file->box->root);
    if (!status)
        result.table = core::fail(status.error());
    else
        result.table = core::read_table(memory, *status, {.blocks = true});
    return result;
}

}  // namespace mt::test

#endif
