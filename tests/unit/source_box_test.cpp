// SPDX-License-Identifier: MIT
//
// What a core that is a black box says of itself.
#include <gtest/gtest.h>

#include <cstring>

#include "abi/layout.h"
#include "source/core_file.h"
#include "support/test_folder.h"
#include "support/written_core.h"

namespace mt::core {
namespace {

using test::WrittenCore;

// As a stranger may have written it: whatever its numbers say, names end with the note.
TEST(CoreBox, SaysWhoseItIs) {
    test::TestFolder folder("core");
    abi::Box box{};
    std::memcpy(box.magic, abi::kBoxMagic, sizeof box.magic);
    box.pid = 4711;
    box.root = 0x30000;
    box.missing = 12;
    box.program_length = 0xffffffff;
    std::memcpy(box.program, "/bin/server", 11);
    std::string content(reinterpret_cast<const char*>(&box), sizeof box);
    for (const std::size_t size :
         {content.size(), std::size_t{128}, std::size_t{127}, std::size_t{0}}) {
        WrittenCore core;
        core.load(0x30000, std::string(0x1000, 1));
        core.notes(WrittenCore::note(abi::kBoxNoteType, content.substr(0, size)));
        core.write(folder / "core");
        const auto file = read_core_file(folder / "core");
        ASSERT_TRUE(file);
        ASSERT_EQ(file->box.has_value(), size >= 128) << size;
        if (!file->box) continue;
        EXPECT_EQ(file->box->pid, 4711u);
        EXPECT_EQ(file->box->missing, 12u);
        EXPECT_EQ(file->box->program, size > 128 ? "/bin/server" : "");
        EXPECT_FALSE(is_running(*file->box));
    }
}

}  // namespace
}  // namespace mt::core
