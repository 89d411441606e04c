// SPDX-License-Identifier: MIT
//
// See scenario.h. Refuses what it does not know: a misspelt step must not pass.
#include "scenario.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace mt::sessions {
namespace {

Step step_of(const std::string& word, std::istringstream& rest) {
    Step step;
    if (word == "mt" || word == "only-core") {
        std::string tail;
        std::getline(rest, tail);
        step.text = word == "mt" ? "mt" + tail : tail.substr(std::min<std::size_t>(1, tail.size()));
        step.only_core = word == "only-core";
        if (step.text.rfind("mt", 0) != 0) throw std::runtime_error("only-core mt …");
        return step;
    }
    if (word == "signal") {
        step.kind = StepKind::signal;
        if (!(rest >> step.text)) throw std::runtime_error("signal NAME FUNCTION");
    } else if (word == "run") {
        step.kind = StepKind::run;
    } else if (word == "go") {
        step.kind = StepKind::go;
    } else if (word == "meet") {
        step.kind = StepKind::meet;
        step.text = "continue";
    } else if (word == "enter") {
        step.kind = StepKind::enter;
    } else if (word == "age") {
        step.kind = StepKind::age;
    } else if (word == "core") {
        step.kind = StepKind::core;
    } else if (word == "same") {
        step.kind = StepKind::same;
    } else {
        throw std::runtime_error("unknown step '" + word + "'");
    }
    rest >> step.function;
    if (step.kind == StepKind::meet && step.function.empty())
        throw std::runtime_error("meet FUNCTION");
    return step;
}

void add_line(Scenario& scenario, const std::string& line) {
    std::istringstream rest(line);
    std::string word, value;
    if (!(rest >> word) || word[0] == '#') return;
    if (word == "program") {
        rest >> scenario.program;
    } else if (word == "idle-thread") {
        scenario.idle_thread = true;
    } else if (word == "arguments") {
        std::getline(rest >> std::ws, scenario.arguments);
    } else if (word == "preload" || word == "golden" || word == "reader") {
        if (!(rest >> value) || value != "no") throw std::runtime_error(word + " no");
        (word == "preload"  ? scenario.preload
         : word == "golden" ? scenario.golden
                            : scenario.reader) = false;
    } else if (word == "debugger") {
        if (!(rest >> value) || (value != "gdb" && value != "lldb"))
            throw std::runtime_error("debugger gdb or debugger lldb");
        scenario.debuggers = {value};
    } else {
        const Step step = step_of(word, rest);
        const bool moves = step.kind != StepKind::command && step.kind != StepKind::same;
        // A core is written at one stop: after it the program must not move.
        if (moves && scenario.has_core()) throw std::runtime_error("'" + word + "' after 'core'");
        if (step.only_core && !scenario.has_core())
            throw std::runtime_error("'only-core' before 'core'");
        scenario.steps.push_back(step);
    }
}

}  // namespace

bool Scenario::has_core() const {
    return std::any_of(steps.begin(), steps.end(),
                       [](const Step& step) { return step.kind == StepKind::core; });
}

Scenario read_scenario(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error(file.string() + ": cannot be opened");
    Scenario scenario;
    scenario.name = file.stem().string();
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        try {
            add_line(scenario, line);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": " +
                                     error.what());
        }
    }
    if (scenario.program.empty()) throw std::runtime_error(file.string() + ": no program");
    return scenario;
}

}  // namespace mt::sessions
