// SPDX-License-Identifier: MIT
//
// Pages in a hash map; see fake_memory.h. Knows no layout.
#include "support/fake_memory.h"

#include <algorithm>
#include <cstring>

namespace mt::test {

void FakeMemory::map(std::uint64_t address, std::uint64_t size) {
    for (std::uint64_t page = address / kPage; page <= (address + size - 1) / kPage; ++page) {
        pages_.try_emplace(page, Page{});
    }
}

void FakeMemory::write(std::uint64_t address, const void* bytes, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(bytes);
    while (size != 0) {
        const std::uint64_t offset = address % kPage;
        const std::size_t n =
            static_cast<std::size_t>(std::min<std::uint64_t>(size, kPage - offset));
        Page& page = pages_.try_emplace(address / kPage, Page{}).first->second;
        std::memcpy(page.data() + offset, from, n);
        address += n;
        from += n;
        size -= n;
    }
}

void FakeMemory::unmap(std::uint64_t address, std::uint64_t size) {
    for (std::uint64_t page = address / kPage; page <= (address + size - 1) / kPage; ++page) {
        pages_.erase(page);
    }
}

void FakeMemory::fill(std::uint64_t address, std::uint64_t size, std::byte value) {
    const std::vector<std::byte> bytes(static_cast<std::size_t>(size), value);
    write(address, bytes.data(), bytes.size());
}

std::vector<std::uint64_t> FakeMemory::pages() const {
    std::vector<std::uint64_t> result;
    result.reserve(pages_.size());
    for (const auto& [number, page] : pages_) result.push_back(number * kPage);
    std::sort(result.begin(), result.end());
    return result;
}

std::size_t FakeMemory::peek(std::uint64_t address, void* out, std::size_t size) const {
    auto* to = static_cast<std::byte*>(out);
    std::size_t done = 0;
    while (done < size) {
        const std::uint64_t at = address + done;
        if (at < address) break;
        const std::size_t n =
            static_cast<std::size_t>(std::min<std::uint64_t>(size - done, kPage - at % kPage));
        const auto page = pages_.find(at / kPage);
        if (page == pages_.end()) {
            if (!zero_holes) break;
            std::memset(to + done, 0, n);
        } else {
            std::memcpy(to + done, page->second.data() + at % kPage, n);
        }
        done += n;
    }
    return done;
}

core::Result<std::size_t> FakeMemory::read(std::uint64_t address, void* out, std::size_t size) {
    ++reads;
    if (on_read) on_read(address);
    const std::size_t got = peek(address, out, std::min(size, longest_read));
    bytes_read += got;
    return got;
}

std::vector<core::MemoryRegion> FakeMemory::writable_regions() {
    std::vector<core::MemoryRegion> regions;
    if (!tells_regions) return regions;
    for (const std::uint64_t page : pages()) {
        if (!regions.empty() && regions.back().end == page) {
            regions.back().end += kPage;
        } else {
            regions.push_back({page, page + kPage});
        }
    }
    regions.insert(regions.end(), extra_regions.begin(), extra_regions.end());
    return regions;
}

}  // namespace mt::test
