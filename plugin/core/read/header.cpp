// SPDX-License-Identifier: MIT
//
// What a header must say before anything behind it is believed: each check has
// an error of its own. Follows no pointer.
#include <fmt/format.h>

#include <cstring>

#include "read/anchor.h"

namespace mt::core {
namespace {

struct SizeRule {
    const char* name;
    std::uint32_t stated;
    std::size_t ours;
    std::size_t most;  // larger is damage: a stride must not make a read unbounded
};

bool check_identity(Reading& reading, std::uint64_t address, const abi::Header& header) {
    if (std::memcmp(header.magic, abi::kHeaderMagic, sizeof header.magic) != 0) {
        if (all_zero(&header, sizeof header)) {
            return reading.not_dumped(
                fmt::format("the table's header at {:#x} is all zero: its pages were", address),
                address);
        }
        return reading.fail(
            Code::damaged,
            fmt::format("no memtrace table at {:#x}: its magic number is wrong", address), address);
    }
    if (header.byte_order != abi::kByteOrder) {
        return reading.fail(Code::version,
                            fmt::format("the table at {:#x} has another byte order ({:#010x}, this "
                                        "memtrace reads {:#010x})",
                                        address, header.byte_order, abi::kByteOrder),
                            address);
    }
    if (header.major != abi::kMajor) {
        return reading.fail(
            Code::version,
            fmt::format("the program's runtime writes table format {}.{}, this "
                        "memtrace reads {}.x: use the one that the runtime came with",
                        header.major, header.minor, abi::kMajor),
            address);
    }
    if (header.pointer_width != 8) {
        return reading.fail(Code::version,
                            fmt::format("the table at {:#x} is of a program with pointers of {} "
                                        "bytes; only 8 are supported",
                                        address, header.pointer_width),
                            address);
    }
    return true;
}

bool check_sum(Reading& reading, std::uint64_t address, const abi::Header& header) {
    const auto* bytes = reinterpret_cast<const abi::u8*>(&header);
    if (header.constant_size == abi::kConstantSize &&
        header.checksum == abi::checksum(bytes, abi::kConstantSize)) {
        return true;
    }
    return reading.fail(
        Code::damaged,
        fmt::format("the table is damaged: the checksum of its header at {:#x} is wrong", address),
        address);
}

// What an architecture means for the table stands in abi/ (which addresses leave room for what
// a word holds beside them): figures of one that is not known here could only be guessed.
bool check_architecture(Reading& reading, std::uint64_t address, const abi::Header& header) {
    if (header.architecture == abi::kX86_64) return true;
    return reading.fail(
        Code::version,
        fmt::format("the table at {:#x} was written on another architecture (ELF machine {}), this "
                    "memtrace reads those of x86-64: use the one that the runtime came with",
                    address, header.architecture),
        address);
}

bool check_sizes(Reading& reading, std::uint64_t address, const abi::Header& h) {
    constexpr std::size_t kRow = 4096, kPart = 1u << 16, kArea = 16u << 20;
    // Records inside other structs cannot grow without moving what follows.
    const SizeRule rules[] = {
        {"root", h.root_size, sizeof(abi::Root), kPart},
        {"header", h.header_size, sizeof(abi::Header), kArea},
        {"node", h.node_size, sizeof(abi::Node), kRow},
        {"stack", h.stack_size, sizeof(abi::Stack), kRow},
        {"module", h.module_size, sizeof(abi::Module), kRow},
        {"thread", h.thread_size, sizeof(abi::Thread), kRow},
        {"record", h.record_size, sizeof(abi::Record), kRow},
        {"shard", h.shard_size, sizeof(abi::Shard), kArea},
        {"region", h.region_size, sizeof(abi::Region), kArea},
        {"tracked", h.tracked_size, sizeof(abi::Tracked), kRow},
        {"state", h.state_size, sizeof(abi::State), kArea},
        {"context", h.context_size, sizeof(abi::Context), kArea},
        {"inflight", h.inflight_size, sizeof(abi::Inflight), sizeof(abi::Inflight)},
        {"ring entry", h.ring_entry_size, sizeof(abi::RingEntry), sizeof(abi::RingEntry)},
        {"loss", h.loss_size, sizeof(abi::Loss), sizeof(abi::Loss)},
    };
    for (const SizeRule& rule : rules) {
        const bool fits = rule.stated >= rule.ours && rule.stated <= rule.most;
        if (fits && rule.stated % 8 == 0) continue;
        return reading.fail(
            Code::damaged,
            fmt::format("the table is damaged: its header at {:#x} states a {} size "
                        "of {} bytes, not {}",
                        address, rule.name, rule.stated, rule.ours),
            address);
    }
    return true;
}

}  // namespace

bool load_header(Reading& reading, std::uint64_t address, abi::Header& header) {
    if (!reading.exact(address, &header, sizeof header, "the header")) return false;
    if (!check_identity(reading, address, header) || !check_sum(reading, address, header)) {
        return false;
    }
    if (header.self != address) {
        return reading.fail(Code::damaged,
                            fmt::format("the table is damaged: the header at {:#x} says that it "
                                        "lies at {:#x}",
                                        address, header.self),
                            address);
    }
    return check_architecture(reading, address, header) && check_sizes(reading, address, header);
}

}  // namespace mt::core
