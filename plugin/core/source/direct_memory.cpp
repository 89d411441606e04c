// SPDX-License-Identifier: MIT
//
// process_vm_readv, else /proc/PID/mem.
#include "source/direct_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "abi/layout.h"

namespace mt::core {
namespace {

ssize_t read_process(std::int64_t pid, std::uint64_t address, void* out, std::size_t size) {
    iovec local{out, size};
    iovec remote{reinterpret_cast<void*>(address), size};
    return ::process_vm_readv(static_cast<pid_t>(pid), &local, 1, &remote, 1, 0);
}

}  // namespace

DirectMemory::DirectMemory(std::int64_t pid, Memory& debugger) : LocalMemory(debugger), pid_(pid) {
    // Decided before any thread reads. Nothing lies at 0, but the kernel looks at rights first.
    char byte = 0;
    const bool is_refused =
        read_process(pid_, 0, &byte, 1) < 0 && (errno == EPERM || errno == ENOSYS);
    if (is_refused) file_ = ::open(fmt::format("/proc/{}/mem", pid_).c_str(), O_RDONLY | O_CLOEXEC);
}

DirectMemory::~DirectMemory() {
    if (file_ >= 0) ::close(file_);
}

std::size_t DirectMemory::read_now(std::uint64_t address, void* out, std::size_t size) const {
    auto* bytes = static_cast<unsigned char*>(out);
    std::size_t done = 0;
    while (done < size) {
        const std::uint64_t at = address + done;
        if (file_ >= 0 && at > static_cast<std::uint64_t>(INT64_MAX)) break;
        const ssize_t got = file_ >= 0
                                ? ::pread(file_, bytes + done, size - done, static_cast<off_t>(at))
                                : read_process(pid_, at, bytes + done, size - done);
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::optional<std::vector<std::uint64_t>> DirectMemory::pages_beginning_with(
    const PageStart& start) {
    constexpr std::uint64_t kPage = abi::kPageSize;
    constexpr std::size_t kAtOnce = 1024;  // IOV_MAX
    const std::vector<MemoryRegion> regions = writable_regions();
    // The number may name another process (a container's namespace).
    if (!show_the_same(*this, debugger(), regions)) return std::nullopt;
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

std::unique_ptr<Memory> open_direct_by_samples(std::int64_t pid, Memory& debugger) {
    if (pid <= 0 || pid > INT32_MAX) return nullptr;
    auto direct = std::make_unique<DirectMemory>(pid, debugger);
    if (!show_the_same(*direct, debugger, direct->writable_regions())) return nullptr;
    return direct;
}

std::unique_ptr<Memory> open_direct(std::int64_t pid, Memory& debugger, const Status& status) {
    if (pid <= 0 || pid > INT32_MAX) return nullptr;
    auto direct = std::make_unique<DirectMemory>(pid, debugger);
    if (!show_one_process(*direct, debugger, status)) return nullptr;
    return direct;
}

}  // namespace mt::core
