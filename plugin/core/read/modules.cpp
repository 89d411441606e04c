// SPDX-License-Identifier: MIT
//
// The module log. Its names are labels of a stranger: bounded here, and opened
// by nobody without a check.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "read/checks.h"
#include "read/depot.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kMaxPath = 4096;
// Of a piece's index: it is the module's other name.
constexpr std::uint32_t kName = 1u << 31;

void add_module(const abi::Module& row, std::uint32_t index, Table& table,
                std::vector<Reading::Piece>& paths) {
    Module& module = table.modules.emplace_back();
    module.bias = row.bias;
    module.start = row.start;
    module.end = row.end;
    module.load_sequence = row.load_sequence;
    module.unload_sequence = row.unload_sequence;
    const std::size_t id_size = std::min<std::size_t>(row.build_id_length, sizeof row.build_id);
    for (std::size_t i = 0; i < id_size; ++i) {
        module.build_id += fmt::format("{:02x}", row.build_id[i]);
    }
    const std::uint32_t length = std::min(row.path_length, kMaxPath);
    if (length != 0) paths.push_back({row.path, length, index});
    const std::uint32_t name_length = std::min(row.name_length, kMaxPath);
    if (name_length != 0) paths.push_back({row.name, name_length, index | kName});
}

// What the user started is shown; the file that this was a link to is known as well.
void name_modules(Table& table, const std::vector<std::pair<std::uint32_t, std::string>>& names) {
    for (const auto& [index, name] : names) {
        Module& module = table.modules[index];
        module.file = std::exchange(module.path, name);
    }
}

bool read_rows(Reading& reading, const abi::Header& header, Table& table,
               std::vector<Reading::Piece>& paths) {
    std::vector<std::byte> chunk(std::size_t{abi::kModulesPerChunk} * header.module_size);
    for (std::uint64_t first = 0; first < header.module_count; first += abi::kModulesPerChunk) {
        if (header.module_count == 1) break;  // the reserved row alone has no chunk
        const std::uint64_t address = header.module_chunk[first / abi::kModulesPerChunk];
        const auto n = static_cast<std::size_t>(
            std::min<std::uint64_t>(abi::kModulesPerChunk, header.module_count - first));
        if (address == 0) {  // its page of the header was not dumped
            reading.incomplete("modules", header.self + offsetof(abi::Header, module_chunk) +
                                              first / abi::kModulesPerChunk * 8);
            table.modules.resize(first + n);
            continue;
        }
        if (!reading.claim(address, chunk.size(), "modules")) return false;
        if (!reading.patchy(address, chunk.data(), n * header.module_size, "modules")) return false;
        for (std::size_t i = 0; i < n; ++i) {
            abi::Module row{};
            const auto index = static_cast<std::uint32_t>(first + i);
            if (index != 0) {
                std::memcpy(&row, chunk.data() + i * header.module_size, sizeof row);
                if (all_zero(&row, sizeof row)) {
                    reading.incomplete("modules", address + i * header.module_size);
                }
            }
            add_module(row, index, table, paths);
        }
    }
    return true;
}

}  // namespace

bool read_modules(Reading& reading, const abi::Header& header, Table& table) {
    constexpr std::uint64_t kMost = std::uint64_t{abi::kModulesPerChunk} * abi::kModuleChunks;
    if (header.module_count > kMost) {
        return reading.fail(Code::damaged,
                            fmt::format("the table is damaged: it claims {} modules, more than the "
                                        "{} that it can hold",
                                        header.module_count, kMost));
    }
    std::vector<Reading::Piece> paths;
    if (!read_rows(reading, header, table, paths)) return false;
    if (table.modules.empty()) table.modules.emplace_back();
    std::vector<std::pair<std::uint32_t, std::string>> names;
    const bool done =
        reading.scattered(paths, [&](const Reading::Piece& piece, const std::byte* bytes) {
            if (bytes == nullptr || all_zero(bytes, piece.size)) {
                reading.incomplete("names of modules", piece.address);
                return true;
            }
            const char* text = reinterpret_cast<const char*>(bytes);
            std::string name(text, strnlen(text, piece.size));
            if (name.size() < piece.size) reading.doubt("names of modules end early");
            if ((piece.index & kName) != 0) {
                names.emplace_back(piece.index & ~kName, std::move(name));
            } else {
                table.modules[piece.index].path = std::move(name);
            }
            return true;
        });
    name_modules(table, names);
    if (done) check_modules(reading, header, table);
    return done;
}

}  // namespace mt::core
