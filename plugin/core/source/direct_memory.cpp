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
