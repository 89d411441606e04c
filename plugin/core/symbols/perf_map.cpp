// SPDX-License-Identifier: MIT
//
// See perf_map.h.
#include "symbols/perf_map.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace mt::core {
namespace {

// Takes a hexadecimal number and the blank behind it.
bool take_number(std::string_view& line, std::uint64_t& value) {
    if (line.starts_with("0x")) line.remove_prefix(2);
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
    if (error != std::errc() || end == line.data() + line.size() || *end != ' ') return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
    return true;
}

// As many bytes as there are, at most `size`.
std::string read_all(int file, std::uint64_t size) {
    std::string text(size, '\0');
    std::size_t got = 0;
    while (got < text.size()) {
        const ssize_t more = ::read(file, text.data() + got, text.size() - got);
        if (more <= 0) break;
        got += static_cast<std::size_t>(more);
    }
    text.resize(got);
    return text;
}

class File {
  public:
    // No pipe that waits for a writer, and no link that somebody laid in a folder for all.
    explicit File(const std::string& path)
        : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)) {}
    ~File() {
        if (file_ >= 0) close(file_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::optional<struct stat> status() const {
        struct stat now {};
        if (file_ < 0 || fstat(file_, &now) != 0 || !S_ISREG(now.st_mode)) return std::nullopt;
        return now;
    }
    int number() const { return file_; }

  private:
    int file_;
};

}  // namespace

void PerfMap::forget() {
    functions_.clear();
    text_.clear();
    edition_ = {};
}

bool PerfMap::refresh(const std::string& path, const Writer& writer) {
    const File file(path);
    const auto status = file.status();
    const bool believed = status && (status->st_uid == writer.user || status->st_uid == 0) &&
                          status->st_mtim.tv_sec <= writer.before &&
                          status->st_mtim.tv_sec >= writer.after;
    if (!believed) {
        forget();
        return false;
    }
    const Edition now{status->st_dev, status->st_ino, static_cast<std::uint64_t>(status->st_size),
                      status->st_mtim.tv_sec, status->st_mtim.tv_nsec};
    if (now == edition_) return true;
    read(read_all(file.number(), std::min(now.size, kMostBytes)));
    edition_ = now;
    return true;
}

void PerfMap::read(std::string text) {
    forget();
    ++count_;
    text_ = std::move(text);
    std::string_view left = text_;
    while (!left.empty() && functions_.size() < kMostFunctions) {
        std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(line.size() + 1, left.size()));
        std::uint64_t start = 0;
        std::uint64_t size = 0;
        if (!take_number(line, start) || !take_number(line, size)) continue;
        if (size == 0 || size > UINT64_MAX - start || line.empty()) continue;
        add(start, start + size, line.substr(0, kLongestName));
    }
}

// What it covers of earlier ones is gone.
void PerfMap::add(std::uint64_t start, std::uint64_t end, std::string_view name) {
    auto next = functions_.lower_bound(start);
    if (next != functions_.begin()) {
        Function& before = std::prev(next)->second;
        if (before.end > end) functions_.emplace(end, before);
        before.end = std::min(before.end, start);
    }
    next = functions_.lower_bound(start);
    while (next != functions_.end() && next->first < end) {
        if (next->second.end > end) functions_.emplace(end, next->second);
        next = functions_.erase(next);
    }
    functions_[start] = {end, name};
}

std::string_view PerfMap::name_at(std::uint64_t address) const {
    const auto after = functions_.upper_bound(address);
    if (after == functions_.begin()) return {};
    const Function& function = std::prev(after)->second;
    return address < function.end ? function.name : std::string_view();
}

}  // namespace mt::core
