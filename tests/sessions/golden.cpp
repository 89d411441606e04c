// SPDX-License-Identifier: MIT
//
// See golden.h.
#include "golden.h"

#include <fstream>
#include <stdexcept>

namespace mt::sessions {
namespace {

constexpr const char* kPrompt = "> ";
constexpr const char* kCorePrompt = "core> ";
constexpr const char* kCoreLine = "--- core ---";

bool starts_with(const std::string& line, const std::string& start) {
    return line.rfind(start, 0) == 0;
}

}  // namespace

Golden Golden::read(const std::filesystem::path& file) {
    Golden golden;
    std::ifstream in(file);
    std::string line;
    bool on_core = false;
    while (std::getline(in, line)) {
        const bool only_core = starts_with(line, kCorePrompt);
        if (line == kCoreLine) {
            on_core = true;
        } else if (only_core || starts_with(line, kPrompt)) {
            const std::string command = line.substr(line.find("> ") + 2);
            golden.entries_.push_back({{command, ""}, on_core, only_core});
        } else if (!golden.entries_.empty()) {
            golden.entries_.back().answer.text += line + '\n';
        } else {
            throw std::runtime_error(file.string() + ": text before the first command");
        }
    }
    return golden;
}

Golden Golden::make(const Scenario& scenario, const std::vector<Answer>& live,
                    const std::vector<Answer>& core) {
    Golden golden;
    bool on_core = false;
    std::size_t next_live = 0, next_core = 0;
    for (const Step& step : scenario.steps) {
        if (step.kind == StepKind::core) on_core = true;
        if (step.kind != StepKind::command && step.kind != StepKind::meet) continue;
        const Answer& answer = step.only_core ? core.at(next_core) : live.at(next_live);
        if (!step.only_core) ++next_live;
        if (on_core) ++next_core;
        golden.entries_.push_back({answer, on_core, step.only_core});
    }
    return golden;
}

void Golden::write(const std::filesystem::path& file) const {
    std::ofstream out(file, std::ios::trunc);
    bool on_core = false;
    for (const Entry& entry : entries_) {
        if (entry.on_core && !on_core) out << kCoreLine << '\n';
        on_core = entry.on_core;
        out << (entry.only_core ? kCorePrompt : kPrompt) << entry.answer.command << '\n'
            << entry.answer.text;
    }
}

std::string Golden::live() const {
    std::vector<Answer> answers;
    for (const Entry& entry : entries_)
        if (!entry.only_core) answers.push_back(entry.answer);
    return rendered(answers);
}

std::string Golden::core() const {
    std::vector<Answer> answers;
    for (const Entry& entry : entries_)
        if (entry.on_core) answers.push_back(entry.answer);
    return rendered(answers);
}

std::string rendered(const std::vector<Answer>& answers) {
    std::string text;
    for (const Answer& answer : answers) text += kPrompt + answer.command + '\n' + answer.text;
    return text;
}

}  // namespace mt::sessions
