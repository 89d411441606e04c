// SPDX-License-Identifier: MIT
//
// See file.h.
#include "save/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "model/text.h"

namespace mt::core {
namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr const char* kTemporary = ".memtrace-save-";
constexpr std::size_t kRandom = 6;  // characters after that
constexpr int kMostLinks = 40;      // the kernel's own limit

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

// Of a link that leads nowhere, where it leads: a file that is made there is found by it.
std::string end_of_links(std::string path) {
    char target[PATH_MAX];
    for (int links = 0; links < kMostLinks; ++links) {
        const ssize_t length = readlink(path.c_str(), target, sizeof target);
        if (length <= 0 || length == sizeof target) break;
        const std::string next(target, static_cast<std::size_t>(length));
        path = next.front() == '/' ? next : folder_of(path).append("/").append(next);
    }
    return path;
}

bool is_temporary(std::string_view name) {
    const std::string_view prefix = kTemporary;
    return name.size() == prefix.size() + kRandom && name.substr(0, prefix.size()) == prefix;
}

// The temporary files of saves whose process was killed: ours by name and owner, and
// without the lock that one being written has. Where there are no locks they stay.
void remove_left_behind(const std::string& folder) {
    DIR* const listed = opendir(folder.c_str());
    if (listed == nullptr) return;
    while (const dirent* entry = readdir(listed)) {
        if (!is_temporary(entry->d_name)) continue;
        const int fd = openat(dirfd(listed), entry->d_name,
                              O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0) continue;
        struct stat info {};
        const bool is_ours =
            fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid();
        if (is_ours && flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(dirfd(listed), entry->d_name, 0);
        close(fd);
    }
    closedir(listed);
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
    } else if (errno == ELOOP) {
        return file.failed("write", ELOOP);
    } else if (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) {
        if (!replace) return exists(path);
        file.path_ = end_of_links(path);
    }
    const std::string folder = folder_of(file.path_);
    remove_left_behind(folder);
    MT_TRY(file.make_temporary(folder));
    return file;
}

Result<void> NewFile::make_temporary(const std::string& folder) {
    for (;;) {
        std::string pattern = folder + "/" + kTemporary + std::string(kRandom, 'X');
        fd_ = mkostemp(pattern.data(), O_CLOEXEC);  // 0600
        if (fd_ < 0) return failed("write", errno);
        temporary_ = std::move(pattern);
        // The lock says that it is being written. It may have been taken for one left
        // behind before it had it: then another one is made.
        struct stat info {};
        if (flock(fd_, LOCK_EX) != 0 || fstat(fd_, &info) != 0 || info.st_nlink != 0) return {};
        close(std::exchange(fd_, -1));
    }
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      replace_(other.replace_),
      fd_(std::exchange(other.fd_, -1)) {}

NewFile::~NewFile() {
    if (!temporary_.empty()) unlink(temporary_.c_str());
    if (fd_ >= 0) close(fd_);  // last, for it ends the lock
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
    const std::string within = folder_of(path_);  // nothing may fail once the file is there
    if (fsync(fd_) != 0) return failed("write", errno);
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
    const int folder = ::open(within.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    return {};
}

Result<std::string> read_file(const std::string& path, std::uint64_t most_bytes,
                              const Interrupted& interrupted) {
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
        if (interrupted && interrupted()) return closed(interrupted_error());
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
