// SPDX-License-Identifier: MIT
//
// process_vm_readv, else /proc/PID/mem; and the proof that it is the same process.
#include "source/direct_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "abi/layout.h"
#include "source/regions.h"

namespace mt::core {
namespace {

constexpr std::size_t kChunk = 1u << 20;

// The bytes that never change once the header (or, before the first traced
// event, the root) has been made.
using Proof = std::array<unsigned char, abi::kConstantSize + 8>;

bool read_proof(Memory& memory, const Status& status, Proof& proof) {
    proof.fill(0);
    auto whole = [&](std::uint64_t address, std::size_t at, std::size_t size) {
        const Result<std::size_t> got = memory.read(address, proof.data() + at, size);
        return got && *got == size;
    };
    if (status.header_address != 0) return whole(status.header_address, 0, proof.size());
    const std::size_t until_request = offsetof(abi::Root, request);
    return whole(status.root_address, 0, until_request) &&
           whole(status.root_address + offsetof(abi::Root, cookie), until_request, 8);
}

}  // namespace

DirectMemory::~DirectMemory() {
    if (file_ >= 0) ::close(file_);
}

std::size_t DirectMemory::read_file(std::uint64_t address, void* out, std::size_t size) {
    if (file_ < 0) {
        file_ = ::open(fmt::format("/proc/{}/mem", pid_).c_str(), O_RDONLY | O_CLOEXEC);
        if (file_ < 0) return 0;
    }
    if (address > static_cast<std::uint64_t>(INT64_MAX)) return 0;
    const ssize_t got = ::pread(file_, out, size, static_cast<off_t>(address));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

Result<std::size_t> DirectMemory::read(std::uint64_t address, void* out, std::size_t size) {
    auto* bytes = static_cast<unsigned char*>(out);
    std::size_t done = 0;
    while (done < size) {
        if (done != 0 && interrupted()) return fail(Code::interrupted, "interrupted");
        const std::size_t want = std::min(size - done, kChunk);
        std::size_t got = 0;
        if (!use_file_) {
            iovec local{bytes + done, want};
            iovec remote{reinterpret_cast<void*>(address + done), want};
            const ssize_t n =
                ::process_vm_readv(static_cast<pid_t>(pid_), &local, 1, &remote, 1, 0);
            if (n >= 0) got = static_cast<std::size_t>(n);
            use_file_ = n < 0 && (errno == EPERM || errno == ENOSYS);
        }
        if (use_file_) got = read_file(address + done, bytes + done, want);
        if (got == 0) break;
        done += got;
    }
    return done;
}

// The number may name another process (a container's namespace); then hardly
// any of its mappings exist in the target, let alone with the same bytes.
bool DirectMemory::agrees(const std::vector<MemoryRegion>& regions) {
    constexpr std::size_t kSamples = 8;
    unsigned same = 0, different = 0;
    const std::size_t step = std::max<std::size_t>(1, regions.size() / kSamples);
    for (std::size_t i = 0; i < regions.size(); i += step) {
        std::array<unsigned char, 64> ours{}, theirs{};
        const Result<std::size_t> direct = read(regions[i].start, ours.data(), ours.size());
        const Result<std::size_t> asked =
            debugger_.read(regions[i].start, theirs.data(), theirs.size());
        if (!direct || !asked) return false;
        const bool equal = *direct == ours.size() && *asked == *direct && ours == theirs;
        ++(equal ? same : different);
    }
    return same > different;
}

std::optional<std::vector<std::uint64_t>> DirectMemory::pages_beginning_with(
    const PageStart& start) {
    constexpr std::uint64_t kPage = abi::kPageSize;
    constexpr std::size_t kAtOnce = 1024;  // IOV_MAX
    const std::vector<MemoryRegion> regions = writable_regions();
    if (!agrees(regions)) return std::nullopt;
    std::vector<std::uint64_t> found;
    std::vector<PageStart> starts(kAtOnce);
    std::vector<iovec> remote(kAtOnce);
    iovec local{starts.data(), starts.size() * sizeof(PageStart)};
    for (const MemoryRegion& region : regions) {
        if (region.end - region.start > kLargestSearched) continue;
        for (std::uint64_t page = region.start; page < region.end;) {
            if (interrupted()) return found;
            const auto n = static_cast<std::size_t>(
                std::min<std::uint64_t>(kAtOnce, (region.end - page) / kPage));
            for (std::size_t i = 0; i < n; ++i) {
                remote[i] = {reinterpret_cast<void*>(page + i * kPage), sizeof(PageStart)};
            }
            const ssize_t got =
                ::process_vm_readv(static_cast<pid_t>(pid_), &local, 1, remote.data(), n, 0);
            if (got < 0 && errno != EFAULT) return std::nullopt;
            const std::size_t read = got < 0 ? 0 : static_cast<std::size_t>(got) / sizeof start;
            for (std::size_t i = 0; i < read; ++i) {
                if (starts[i] == start) found.push_back(page + i * kPage);
            }
            // It stops at a page that cannot be read.
            page += (read < n ? read + 1 : std::max<std::size_t>(n, 1)) * kPage;
        }
    }
    return found;
}

std::vector<MemoryRegion> DirectMemory::writable_regions() { return process_regions(pid_); }

std::unique_ptr<Memory> open_direct(std::int64_t pid, Memory& debugger, const Status& status) {
    if (pid <= 0 || pid > INT32_MAX || status.identity.cookie == 0) return nullptr;
    if (status.root_address == 0 && status.header_address == 0) return nullptr;
    auto direct = std::make_unique<DirectMemory>(pid, debugger);
    Proof theirs, ours;
    if (!read_proof(debugger, status, theirs) || !read_proof(*direct, status, ours)) return nullptr;
    const auto* cookie = reinterpret_cast<const unsigned char*>(&status.identity.cookie);
    const bool has_cookie = std::search(ours.begin(), ours.end(), cookie, cookie + 8) != ours.end();
    if (theirs != ours || !has_cookie) return nullptr;
    return direct;
}

}  // namespace mt::core
