// SPDX-License-Identifier: MIT
#include "symbols/elf_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mt::core {

ElfInput::ElfInput(const std::string& path) {
    // A label that names a pipe or a terminal must not stop the debugger.
    fd_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat info {};
    if (fd_ < 0 || fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return;
    size_ = static_cast<std::uint64_t>(info.st_size);
    elf_version(EV_CURRENT);
    elf_ = elf_begin(fd_, ELF_C_READ, nullptr);
    if (elf_ != nullptr && elf_kind(elf_) != ELF_K_ELF) {
        elf_end(elf_);
        elf_ = nullptr;
    }
}

ElfInput::~ElfInput() {
    if (elf_ != nullptr) elf_end(elf_);
    if (fd_ >= 0) close(fd_);
}

std::vector<unsigned char> ElfInput::bytes(std::uint64_t offset, std::uint64_t size) const {
    if (offset > size_ || size > size_ - offset) return {};
    std::vector<unsigned char> out(size);
    std::uint64_t done = 0;
    while (done < size) {
        const ssize_t got =
            pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
        if (got <= 0) return {};
        done += static_cast<std::uint64_t>(got);
    }
    return out;
}

std::vector<GElf_Phdr> ElfInput::program_headers() const {
    std::vector<GElf_Phdr> headers;
    std::size_t count = 0;
    if (elf_ == nullptr || elf_getphdrnum(elf_, &count) != 0) return headers;
    for (std::size_t i = 0; i < count && i < 1024; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf_, static_cast<int>(i), &header) != nullptr) headers.push_back(header);
    }
    return headers;
}

}  // namespace mt::core
