// SPDX-License-Identifier: MIT
//
// Writes the corpus that fuzz_core begins with: cores with everything that is read of one, which
// a fuzzer does not find by itself.
//   core_corpus FOLDER
#include <filesystem>
#include <string>

#include "support/written_core.h"

namespace {

using mt::test::WrittenCore;

std::string numbers(std::initializer_list<std::uint64_t> list) {
    return {reinterpret_cast<const char*>(list.begin()), list.size() * sizeof(std::uint64_t)};
}

WrittenCore whole() {
    WrittenCore core;
    std::string vectors(2696, '\0');
    vectors[464] = '\xe7';  // x87, SSE, AVX, the three of AVX-512
    for (std::size_t at = 160; at < 416; at += 8) vectors[at] = 1;
    for (std::size_t at = 576; at < vectors.size(); at += 8) vectors[at] = 2;
    core.notes(WrittenCore::thread(7, 0x1000) + WrittenCore::note(2, std::string(512, 1)) +
               WrittenCore::note(0x202, vectors) + WrittenCore::thread(8, 0x11f00) +
               WrittenCore::note(6, numbers({9, 0x400100, 0, 0})) +
               WrittenCore::files({{0x10000, 0x11000, "/lib/libmemtrace.so"},
                                   {0x400000, 0x401000, "/bin/program"}}));
    core.load(0x400000, std::string(64, 'c'), 0x1000, 5);
    core.load(0x10000, std::string(300, 'd'), 0x2000);
    core.load(0x30000, "", 0x1000);
    return core;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    whole().write(folder / "whole");
    const std::string image = whole().image();
    WrittenCore::write(folder / "cut", image.substr(0, image.size() - 200));
    WrittenCore plain;
    plain.load(0x10000, "bytes", 0x1000);
    plain.write(folder / "plain");
    return 0;
}
