// SPDX-License-Identifier: MIT
//
// See conversation.h.
#include "conversation.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "subprocess.h"

namespace mt::sessions {

Conversation::Conversation(const std::string& program, const std::vector<std::string>& arguments,
                           const std::filesystem::path& directory, std::chrono::seconds deadline)
    : end_(std::chrono::steady_clock::now() + deadline) {
    std::array<int, 2> in{}, out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    if (pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    signal(SIGPIPE, SIG_IGN);  // who has ended early is told of by what it did not say
    child_ = start_program(program, arguments, directory, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = out[0];
}

Conversation::~Conversation() {
    close(to_);
    close(from_);
    kill(-child_, SIGKILL);
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void Conversation::say(const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t put = write(to_, bytes.data() + done, bytes.size() - done);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) throw std::runtime_error("it ended after: " + heard_);
        done += static_cast<std::size_t>(put);
    }
}

std::string Conversation::line() {
    std::size_t newline = 0;
    while ((newline = heard_.find('\n', taken_)) == std::string::npos) listen();
    std::string text = heard_.substr(taken_, newline - taken_);
    taken_ = newline + 1;
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
}

std::string Conversation::bytes(std::size_t count) {
    while (heard_.size() - taken_ < count) listen();
    taken_ += count;
    return heard_.substr(taken_ - count, count);
}

void Conversation::listen() {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end_ - std::chrono::steady_clock::now());
    pollfd poller{from_, POLLIN, 0};
    if (left.count() <= 0 || poll(&poller, 1, static_cast<int>(left.count())) == 0)
        throw std::runtime_error("nothing more in time after: " + heard_);
    std::array<char, 65536> buffer;
    const ssize_t got = read(from_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) throw std::runtime_error("it ended after: " + heard_);
    heard_.append(buffer.data(), static_cast<std::size_t>(got));
}

}  // namespace mt::sessions
