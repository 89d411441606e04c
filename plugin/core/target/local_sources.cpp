// SPDX-License-Identifier: MIT
//
// See local_sources.h.
#include "target/local_sources.h"

#include <filesystem>
#include <fstream>

namespace mt::core {
namespace {

constexpr std::size_t kLongestSourceFile = 64u << 20;

void load(const std::string& file, std::vector<std::string>& lines) {
    // The name comes from debug information: only a plain file is opened.
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error) ||
        std::filesystem::file_size(file, error) > kLongestSourceFile)
        return;
    std::ifstream in(file);
    for (std::string text; std::getline(in, text);) lines.push_back(text);
}

}  // namespace

std::string LocalSources::line(const std::string& file, std::uint32_t number) {
    auto [entry, is_new] = files_.try_emplace(file);
    if (is_new) load(file, entry->second);
    return number == 0 || number > entry->second.size() ? "" : entry->second[number - 1];
}

}  // namespace mt::core
