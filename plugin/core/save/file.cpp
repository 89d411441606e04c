// SPDX-License-Identifier: MIT
//
// See file.h.
#include "save/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "show/text.h"

namespace mt::core {
namespace {

constexpr std::size_t kPiece = 1 << 20;

// strerror() is not for threads, and a debugger has several.
std::string error_text(int error) {
    char buffer[256];
    return strerror_r(error, buffer, sizeof buffer);
}

tl::unexpected<Error> cannot(const char* what, const std::string& path, const std::string& why) {
    return fail(Code::io, fmt::format("cannot {} {}: {}", what, path, why));
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "it is a folder";
    if (S_ISFIFO(mode)) return "it is a pipe";
    return "it is no regular file";
}

tl::unexpected<Error> exists(const std::string& path) {
    return cannot("write", path, "it exists already; --replace overwrites it");
}

}  // namespace

std::string expanded_path(const std::string& path) {
    const char* home = std::getenv("HOME");
    const bool tilde = path.rfind("~/", 0) == 0;
    return tilde && home != nullptr && *home != '\0' ? home + path.substr(1) : path;
}

Result<NewFile> NewFile::open(const std::string& path, bool replace) {
    NewFile file;
    file.path_ = path;
    file.replace_ = replace;
    struct stat info {};
    // Of a link, the file that it leads to: the link stays.
    if (stat(path.c_str(), &info) == 0) {
        if (!S_ISREG(info.st_mode)) return cannot("write", path, kind_of(info.st_mode));
        if (!replace) return exists(path);
        if (char* real = realpath(path.c_str(), nullptr)) {
            file.path_ = real;
            std::free(real);
        }
    }
    std::string pattern = folder_of(file.path_) + "/.memtrace-XXXXXX";
    file.fd_ = mkostemp(pattern.data(), O_CLOEXEC);  // 0600
    if (file.fd_ < 0) return file.failed("write", errno);
    file.temporary_ = std::move(pattern);
    return file;
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      replace_(other.replace_),
      fd_(std::exchange(other.fd_, -1)) {}

NewFile::~NewFile() {
    if (fd_ >= 0) close(fd_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
}

tl::unexpected<Error> NewFile::failed(const char* what, int error) const {
    return cannot(what, path_, error_text(error));
}

Result<void> NewFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return failed("write", errno);
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
}

Result<void> NewFile::commit() {
    if (fsync(fd_) != 0) return failed("write", errno);
    if (close(std::exchange(fd_, -1)) != 0) return failed("write", errno);
    if (replace_) {
        if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed("write", errno);
        temporary_.clear();
    } else if (link(temporary_.c_str(), path_.c_str()) != 0) {
        // Somebody else was faster; or a file system without links, where the
        // small gap between looking and renaming has to be accepted.
        if (errno == EEXIST) return exists(path_);
        if (access(path_.c_str(), F_OK) == 0) return exists(path_);
        if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed("write", errno);
        temporary_.clear();
    }
    // The name itself. A folder that cannot be synced is no failure of the file.
    const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    return {};
}

Result<std::string> read_file(const std::string& path, std::uint64_t most_bytes) {
    // A pipe or a terminal must not stop the debugger.
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return cannot("read", path, error_text(errno));
    const auto closed = [fd](tl::unexpected<Error> error) {
        close(fd);
        return error;
    };
    struct stat info {};
    if (fstat(fd, &info) != 0) return closed(cannot("read", path, error_text(errno)));
    if (!S_ISREG(info.st_mode)) return closed(cannot("read", path, kind_of(info.st_mode)));
    const auto too_large = [&] {
        return closed(cannot(
            "read", path,
            fmt::format("it is larger than {}", format_size(static_cast<double>(most_bytes)))));
    };
    if (static_cast<std::uint64_t>(info.st_size) > most_bytes) return too_large();
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(info.st_size));
    std::vector<char> piece(kPiece);
    for (;;) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return closed(cannot("read", path, error_text(errno)));
        if (got == 0) break;
        bytes.append(piece.data(), static_cast<std::size_t>(got));
        // It may grow while it is read, or be one of /proc.
        if (bytes.size() > most_bytes) return too_large();
    }
    close(fd);
    return bytes;
}

}  // namespace mt::core
