// SPDX-License-Identifier: MIT
//
// Finds root, header and state and says what they mean together. A core may
// lack any page: missing ones read as nothing, as zeros, or as the file's
// first image of .data, and none of these may pass for an empty table.
#include "read/anchor.h"

#include <fmt/format.h>

#include <cstring>

namespace mt::core {
namespace {

constexpr std::uint64_t kPage = abi::kPageSize;

enum class Page : std::uint8_t { good, missing, failed };

Page check_root(Reading& reading, std::uint64_t address, const abi::Root& root) {
    if (std::memcmp(root.magic, abi::kRootMagic, sizeof root.magic) != 0) {
        reading.fail(Code::damaged,
                     fmt::format("no memtrace runtime at {:#x} (memtrace_root): its magic number "
                                 "is wrong",
                                 address),
                     address);
        return Page::failed;
    }
    if (root.major == __builtin_bswap16(abi::kMajor)) {
        reading.fail(Code::version,
                     fmt::format("the program's runtime at {:#x} has another byte order", address),
                     address);
        return Page::failed;
    }
    if (root.major != abi::kMajor) {
        reading.fail(Code::version,
                     fmt::format("the program's runtime writes table format {}.{}, this memtrace "
                                 "reads {}.x: use the one that the runtime came with",
                                 root.major, root.minor, abi::kMajor),
                     address);
        return Page::failed;
    }
    if (root.size < sizeof(abi::Root)) {
        reading.fail(Code::damaged,
                     fmt::format("the table is damaged: its root at {:#x} states a size of {} "
                                 "bytes, not {}",
                                 address, root.size, sizeof(abi::Root)),
                     address);
        return Page::failed;
    }
    return Page::good;
}

Page load_root(Reading& reading, std::uint64_t address, abi::Root& root) {
    std::size_t got = 0;
    if (!reading.some(address, &root, sizeof root, got)) return Page::failed;
    if (got < sizeof root || all_zero(&root, sizeof root)) return Page::missing;
    return check_root(reading, address, root);
}

// The root as the library's file holds it: what a debugger shows for a page
// that the core lacks, and what a process shows before its first allocation.
bool is_first_image(const abi::Root& root) {
    return root.header == 0 && root.cookie == 0 && (root.request & abi::kRequestOn) == 0 &&
           root.status == static_cast<abi::u32>(abi::Status::untouched);
}

bool load_state(Reading& reading, Anchor& anchor) {
    const std::uint64_t address = anchor.header.state;
    if (address == 0) return true;
    abi::State& state = anchor.state;
    if (!reading.exact(address, &state, sizeof state, "the state")) return false;
    if (state.self != address) {
        if (all_zero(&state, sizeof state)) {
            return reading.not_dumped(
                fmt::format("the table's state at {:#x} is all zero: its pages were", address),
                address);
        }
        return reading.fail(
            Code::damaged,
            fmt::format("the table is damaged: no state where its header points ({:#x})", address),
            address);
    }
    anchor.has_state = true;
    return true;
}

bool belongs_together(Reading& reading, const Anchor& anchor) {
    if (!anchor.has_root) return true;
    const abi::Header& header = anchor.header;
    if (header.root == anchor.root_address && header.cookie == anchor.root.cookie) return true;
    return reading.fail(Code::damaged,
                        fmt::format("the table is damaged: the header at {:#x} belongs to another "
                                    "root ({:#x}, not {:#x})",
                                    anchor.header_address, header.root, anchor.root_address),
                        anchor.header_address);
}

bool load_behind(Reading& reading, Anchor& anchor) {
    if (!load_header(reading, anchor.header_address, anchor.header)) return false;
    anchor.has_header = true;
    return belongs_together(reading, anchor) && load_state(reading, anchor) &&
           check_request(reading, anchor);
}

// --- the scan ----------------------------------------------------------------

struct Scan {
    std::uint64_t wanted_root = 0;  // 0 = any
    std::uint64_t found = 0;
    Error refused;  // why the first candidate was not taken
    bool has_refused = false;
    unsigned misses_left = 1u << 16;
    std::vector<std::byte> buffer = std::vector<std::byte>(Reading::kBulk);
};

void consider(Reading& reading, std::uint64_t address, Scan& scan) {
    abi::Header header;
    if (!load_header(reading, address, header)) {
        if (!scan.has_refused) scan.refused = reading.error();
        scan.has_refused = true;
        return;
    }
    if (scan.wanted_root != 0 && header.root != scan.wanted_root) return;
    scan.found = address;
}

bool scan_region(Reading& reading, const MemoryRegion& region, Scan& scan) {
    std::vector<std::byte>& buffer = scan.buffer;
    if (region.start > UINT64_MAX - kPage) return true;
    std::uint64_t at = (region.start + kPage - 1) / kPage * kPage;
    while (at < region.end && region.end - at >= kPage && scan.found == 0) {
        if (!reading.go_on()) return false;
        const auto want =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), region.end - at));
        const Result<std::size_t> got = reading.memory().read(at, buffer.data(), want);
        if (!got) return reading.fail(got.error().code, got.error().text);
        for (std::size_t page = 0; page + kPage <= *got && scan.found == 0; page += kPage) {
            if (std::memcmp(buffer.data() + page, abi::kHeaderMagic, 16) != 0) continue;
            consider(reading, at + page, scan);
            if (reading.error().code == Code::interrupted) return false;
        }
        const std::uint64_t whole = *got / kPage * kPage;
        if (whole == 0 && scan.misses_left-- == 0) break;
        const std::uint64_t step = std::max<std::uint64_t>(whole, kPage);
        if (at > UINT64_MAX - step) break;
        at += step;
    }
    return true;
}

bool scan_memory(Reading& reading, Scan& scan) {
    PageStart magic;
    std::memcpy(magic.data(), abi::kHeaderMagic, magic.size());
    if (const auto pages = reading.memory().pages_beginning_with(magic)) {
        for (const std::uint64_t page : *pages) {
            if (scan.found == 0) consider(reading, page, scan);
        }
        return reading.go_on();
    }
    for (const MemoryRegion& region : reading.memory().writable_regions()) {
        if (region.end - region.start > kLargestSearched) continue;
        if (!scan_region(reading, region, scan)) return false;
        if (scan.found != 0 || scan.misses_left == 0) break;
    }
    return true;
}

bool use_found(Reading& reading, const Scan& scan, Anchor& anchor) {
    anchor.found_by_scan = true;
    anchor.header_address = scan.found;
    if (!load_header(reading, scan.found, anchor.header)) return false;
    anchor.root_address = anchor.header.root;
    const Page page = load_root(reading, anchor.root_address, anchor.root);
    anchor.has_root = page == Page::good && anchor.root.header == scan.found;
    anchor.lost_header = page == Page::good && !anchor.has_root;
    if (reading.error().code == Code::interrupted) return false;
    return load_behind(reading, anchor);
}

// As it is while a thread makes it, and has not named it in the root yet: the program may be
// stopped there. Whatever has been traced since has left something behind.
bool is_being_made(const abi::Header& header) { return header.state == 0 && header.contexts == 0; }

// A root without a header has traced nothing, or has lost it. Whether one is there can be
// seen where that takes no reading of all memory through a debugger.
bool look_for_header(Reading& reading, std::uint64_t symbol, Anchor& anchor) {
    PageStart magic;
    std::memcpy(magic.data(), abi::kHeaderMagic, magic.size());
    Memory& memory = reading.memory();
    anchor.has_root = true;
    if (memory.core_file() == nullptr && !memory.pages_beginning_with(magic)) return true;
    Scan scan;
    scan.wanted_root = symbol;
    if (!scan_memory(reading, scan)) return false;
    abi::Header header;
    if (scan.found == 0 || !load_header(reading, scan.found, header)) return reading.go_on();
    if (header.cookie != anchor.root.cookie || is_being_made(header)) return true;
    return use_found(reading, scan, anchor);
}

bool find_by_symbol(Reading& reading, std::uint64_t symbol, Anchor& anchor) {
    const Page page = load_root(reading, symbol, anchor.root);
    if (page == Page::failed) return false;
    anchor.root_address = symbol;
    if (page == Page::good && anchor.root.header != 0) {
        anchor.has_root = true;
        anchor.header_address = anchor.root.header;
        return load_behind(reading, anchor);
    }
    if (page == Page::good && !is_first_image(anchor.root))
        return look_for_header(reading, symbol, anchor);
    Scan scan;
    scan.wanted_root = symbol;
    if (!scan_memory(reading, scan)) return false;
    if (scan.found != 0) return use_found(reading, scan, anchor);
    anchor.has_root = page == Page::good;
    if (anchor.has_root) return true;
    return reading.not_dumped(
        fmt::format("the runtime's root at {:#x} cannot be read or is all zero: its page was",
                    symbol),
        symbol);
}

}  // namespace

bool find_anchor(Reading& reading, std::uint64_t symbol, Anchor& anchor) {
    if (symbol != 0) return find_by_symbol(reading, symbol, anchor);
    Scan scan;
    if (!scan_memory(reading, scan)) return false;
    if (scan.found != 0) return use_found(reading, scan, anchor);
    if (scan.has_refused) {
        return reading.fail(scan.refused.code, scan.refused.text, scan.refused.address);
    }
    return reading.fail(Code::no_runtime,
                        "the memtrace runtime is not in this process: use 'mt preload' before "
                        "'run', or link the program with libmemtrace");
}

bool find_anchor_at(Reading& reading, std::uint64_t table, Anchor& anchor) {
    PageStart magic;
    std::size_t got = 0;
    if (!reading.some(table, magic.data(), magic.size(), got)) return false;
    const bool is_whole = got == magic.size();
    if (is_whole && std::memcmp(magic.data(), abi::kHeaderMagic, magic.size()) == 0) {
        Scan scan;
        scan.found = table;
        return use_found(reading, scan, anchor);
    }
    if (is_whole && std::memcmp(magic.data(), abi::kRootMagic, magic.size()) == 0)
        return find_by_symbol(reading, table, anchor);
    return reading.fail(
        is_whole ? Code::usage : Code::unreadable,
        fmt::format("no memtrace table begins at {:#x}: {}; mt config table auto searches for one",
                    table, is_whole ? "what is there is something else" : "it cannot be read"),
        table);
}

bool load_anchor(Reading& reading, const Status& status, Anchor& anchor) {
    if (status.root_address == 0 && status.header_address == 0) {
        return reading.fail(Code::no_runtime, "no memtrace runtime has been found yet");
    }
    anchor.found_by_scan = status.found_by_scan;
    anchor.root_address = status.root_address;
    anchor.header_address = status.header_address;
    if (anchor.root_address != 0) {
        const Page page = load_root(reading, anchor.root_address, anchor.root);
        const bool scanned = status.found_by_scan && reading.error().code != Code::interrupted;
        if (page == Page::failed && !scanned) return false;
        anchor.has_root = page == Page::good && !(scanned && anchor.root.header == 0);
        anchor.lost_header = page == Page::good && !anchor.has_root;
    }
    if (anchor.has_root) anchor.header_address = anchor.root.header;
    if (anchor.header_address != 0) return load_behind(reading, anchor);
    if (anchor.has_root) return true;
    return reading.fail(
        Code::unreadable,
        fmt::format("the runtime's root at {:#x} cannot be read any more", anchor.root_address),
        anchor.root_address);
}

Status status_of(const Anchor& anchor) {
    Status status;
    const abi::Root& root = anchor.root;
    const std::uint32_t made_for = anchor.has_state ? anchor.state.generation : 0;
    status.root_address = anchor.root_address;
    status.header_address = anchor.header_address;
    status.found_by_scan = anchor.found_by_scan;
    if (anchor.has_root) {
        status.identity = {root.cookie, root.pid, abi::request_generation(root.request)};
        status.tracing = (root.request & abi::kRequestOn) != 0;
        status.paused = (root.request & abi::kRequestPaused) != 0;
        status.sampling = (root.request & abi::kRequestSampling) != 0;
        if ((root.request & abi::kRequestFreed) != 0) status.freed_blocks = root.freed_blocks;
        status.stamps = (root.request & abi::kRequestStamps) != 0;
        status.mark = root.mark_request;
        // Off and no state is settled; everything else has to agree.
        status.fresh = anchor.has_state ? status.identity.generation != made_for : status.tracing;
        if (status.tracing) {
            status.unrecorded = abi::unrecorded_events(root.unrecorded, status.identity.generation);
        }
        status.unmade = status.fresh && status.unrecorded != 0;
        status.frame_limit = abi::request_limit(root.request);
        status.runtime_status = root.status;
        status.reason = root.reason;
        status.origin = root.origin;
        status.major = root.major;
        status.minor = root.minor;
    } else {
        status.identity = {anchor.header.cookie, 0, made_for};
        status.tracing = anchor.has_state;
        status.runtime_status = static_cast<std::uint32_t>(abi::Status::ready);
        status.major = anchor.header.major;
        status.minor = anchor.header.minor;
    }
    // A state keeps to the mean that it was made with; what the root says is for the next.
    if (anchor.has_state && !status.fresh) {
        status.sample_bytes = anchor.state.sample_bytes;
    } else if (status.sampling) {
        status.sample_bytes = root.sample_bytes;
    }
    if (status.frame_limit == 0) status.frame_limit = abi::kDefaultFrameLimit;
    return status;
}

bool is_made(Reading& reading, const Status& status) {
    if (!status.unmade) return true;
    return reading.fail(
        Code::refused,
        fmt::format("there is no table: the program had no memory left for it, so {}{} event{} "
                    "not recorded; raise its limits (ulimit -v, -d, -l) and run it again",
                    status.unrecorded, status.unrecorded >= abi::kMostUnrecorded ? " or more" : "",
                    status.unrecorded == 1 ? " was" : "s were"));
}

bool claim_parts(Reading& reading, const Anchor& anchor) {
    return reading.claim(anchor.header_address, sizeof anchor.header, "the header") &&
           (!anchor.has_state ||
            reading.claim(anchor.header.state, sizeof anchor.state, "the state"));
}

}  // namespace mt::core
