// SPDX-License-Identifier: MIT
//
// A target's memory made by a test: pages with holes, short reads and a
// user who presses Ctrl-C. Knows no layout.
#ifndef MEMTRACE_TESTS_SUPPORT_FAKE_MEMORY_H
#define MEMTRACE_TESTS_SUPPORT_FAKE_MEMORY_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "source/memory.h"

namespace mt::test {

class FakeMemory : public core::Memory {
  public:
    static constexpr std::uint64_t kPage = 4096;

    // Maps what it touches; new pages are zero.
    void map(std::uint64_t address, std::uint64_t size);
    void write(std::uint64_t address, const void* bytes, std::size_t size);
    // Whole pages that [address, address + size) touches.
    void unmap(std::uint64_t address, std::uint64_t size);
    void fill(std::uint64_t address, std::uint64_t size, std::byte value);
    bool is_mapped(std::uint64_t address) const { return pages_.contains(address / kPage); }
    std::vector<std::uint64_t> pages() const;  // addresses, ascending

    template <typename T>
    void put(std::uint64_t address, const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        write(address, &value, sizeof value);
    }
    template <typename T>
    T get(std::uint64_t address) {
        T value{};
        peek(address, &value, sizeof value);
        return value;
    }
    // One deviation: memory.change<abi::Header>(address, [](auto& h) { h.major = 2; });
    template <typename T, typename Change>
    void change(std::uint64_t address, Change change) {
        T value = get<T>(address);
        change(value);
        put(address, value);
    }

    core::Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override;
    std::vector<core::MemoryRegion> writable_regions() override;
    bool interrupted() override { return reads >= interrupt_after; }

    // How the source behaves.
    bool zero_holes = false;                     // as GDB shows pages that a core lacks
    std::size_t longest_read = SIZE_MAX;         // a read gives at most this
    std::uint64_t interrupt_after = UINT64_MAX;  // reads until Ctrl-C
    bool tells_regions = true;
    std::function<void(std::uint64_t address)> on_read;  // before each: the target runs
    std::vector<core::MemoryRegion> extra_regions;       // claimed, not mapped

    // What it has seen.
    std::uint64_t reads = 0;
    std::uint64_t bytes_read = 0;

  private:
    using Page = std::array<std::byte, kPage>;
    std::size_t peek(std::uint64_t address, void* out, std::size_t size) const;

    std::unordered_map<std::uint64_t, Page> pages_;
};

}  // namespace mt::test

#endif
