// SPDX-License-Identifier: MIT
//
// Bulk reads with limits, see reading.h. Knows no layout.
#include "read/reading.h"

#include <fmt/format.h>

#include <cstring>

#include "abi/layout.h"
#include "model/poll.h"

namespace mt::core {
namespace {

// Reading it costs less than a second read.
constexpr std::uint64_t kMaxGap = std::uint64_t{16} * 1024;

}  // namespace

bool all_zero(const void* bytes, std::size_t size) {
    const auto* p = static_cast<const unsigned char*>(bytes);
    return size == 0 || (p[0] == 0 && std::memcmp(p, p + 1, size - 1) == 0);
}

bool Reading::fail(Code code, std::string text, std::uint64_t address) {
    error_ = Error{code, std::move(text), address};
    return false;
}

bool Reading::not_dumped(std::string_view what, std::uint64_t address) {
    return fail(Code::unreadable,
                fmt::format("{} not dumped (truncated core or coredump_filter)", what), address);
}

bool Reading::go_on() {
    stop_without_memory();
    if (!memory_.interrupted()) return true;
    return fail(Code::interrupted, "interrupted");
}

bool Reading::some(std::uint64_t address, void* out, std::size_t size, std::size_t& got) {
    got = 0;
    auto* bytes = static_cast<std::byte*>(out);
    // An address that wraps around belongs to nothing.
    if (address == 0 || address + size < address) return true;
    while (got < size) {
        if (!go_on()) return false;
        if (misses_left_ == 0) return true;
        const std::size_t want = std::min(size - got, kBulk);
        const Result<std::size_t> read = memory_.read(address + got, bytes + got, want);
        if (!read) {
            error_ = read.error();
            return false;
        }
        if (*read == 0) {
            --misses_left_;
            return true;
        }
        got += std::min(*read, want);
    }
    return true;
}

bool Reading::exact(std::uint64_t address, void* out, std::size_t size, std::string_view what) {
    std::size_t got = 0;
    if (!some(address, out, size, got)) return false;
    if (got == size) return true;
    const std::uint64_t missing = address + got;
    return fail(Code::unreadable,
                fmt::format("cannot read the table: {} at {:#x} is not in memory "
                            "(a truncated core, or a damaged pointer)",
                            what, missing),
                missing);
}

bool Reading::patchy(std::uint64_t address, void* out, std::size_t size, std::string_view what) {
    auto* bytes = static_cast<std::byte*>(out);
    std::size_t done = 0;
    while (done < size) {
        std::size_t got = 0;
        if (!some(address + done, bytes + done, size - done, got)) return false;
        done += got;
        if (done == size) break;
        const std::uint64_t missing = address + done;
        incomplete(what, missing);
        const std::uint64_t next = (missing / abi::kPageSize + 1) * abi::kPageSize;
        const auto skip =
            static_cast<std::size_t>(std::min<std::uint64_t>(next - missing, size - done));
        std::memset(bytes + done, 0, skip);
        done += skip;
    }
    return true;
}

bool Reading::claim(std::uint64_t address, std::uint64_t size, std::string_view what) {
    const std::uint64_t end = address + size;
    if (address == 0 || end < address || address % 8 != 0) {
        return fail(Code::damaged,
                    fmt::format("the table is damaged: {} cannot lie at {:#x}", what, address),
                    address);
    }
    const auto next = claims_.lower_bound(address);
    const bool hits_next = next != claims_.end() && next->first < end;
    const bool hits_previous = next != claims_.begin() && std::prev(next)->second > address;
    if (hits_next || hits_previous) {
        return fail(Code::damaged,
                    fmt::format("the table is damaged: {} at {:#x} lies over another part of it "
                                "(a cycle, or a wrong pointer)",
                                what, address),
                    address);
    }
    claims_.emplace_hint(next, address, end);
    return true;
}

void Reading::incomplete(std::string_view what, std::uint64_t address) {
    for (Missing& missing : missing_) {
        if (missing.what == what) {
            ++missing.count;
            return;
        }
    }
    missing_.push_back(Missing{std::string(what), address, 1});
}

void Reading::doubt(std::string_view what, std::uint64_t places) {
    if (places == 0) return;
    for (Missing& known : doubts_) {
        if (known.what == what) {
            known.count += places;
            return;
        }
    }
    doubts_.push_back(Missing{std::string(what), 0, places});
}

void Reading::close(std::vector<Remark>& remarks) const {
    for (const Missing& doubt : doubts_) {
        std::string text = "the table is damaged, and figures may be wrong: " + doubt.what;
        if (doubt.count > 1) text += fmt::format(" ({} places)", doubt.count);
        remarks.push_back(Remark{"damaged", std::move(text), doubt.count});
    }
    for (const Missing& missing : missing_) {
        std::string text =
            fmt::format("incomplete: {} missing at {:#x}", missing.what, missing.address);
        if (missing.count > 1) text += fmt::format(" and {} more places", missing.count - 1);
        remarks.push_back(Remark{"incomplete", std::move(text), missing.count});
    }
}

std::size_t Reading::group_end(const std::vector<Piece>& pieces, std::size_t first) const {
    const std::uint64_t start = pieces[first].address;
    std::size_t end = first + 1;
    while (end < pieces.size()) {
        const std::uint64_t previous = pieces[end - 1].address + pieces[end - 1].size;
        const std::uint64_t next = pieces[end].address;
        if (next < previous || next - previous > kMaxGap) break;
        if (next + pieces[end].size - start > kBulk) break;
        ++end;
    }
    return end;
}

}  // namespace mt::core
