// SPDX-License-Identifier: MIT
//
// See commands.h.
#include "command/commands.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "command/front.h"
#include "command/verbs.h"

namespace mt::core {

Sink Commands::printer() {
    return [this](std::string_view text) -> Result<void> {
        Debuggee& debuggee = session_.debuggee();
        output_ += text;
        if (debuggee.is_stopped()) return interrupted_error();
        if (output_.size() < Pieces::kPiece) return {};
        debuggee.debugger().print(output_);
        output_.clear();
        return debuggee.wants_stop() ? Result<void>(interrupted_error()) : Result<void>();
    };
}

// The last word of the settings is for who asked for no form.
Result<std::unique_ptr<Renderer>> Commands::renderer_for(const Arguments& arguments) {
    const bool wide = arguments.has("--wide");
    const bool table = wide || arguments.has("--table");
    const bool text = arguments.has("--text"), json = arguments.has("--json");
    if (int{table} + int{text} + int{json} > 1)
        return fail(Code::usage, "only one of --table (or --wide), --text and --json can be had");
    if (json) return json_renderer(printer());
    const Screen screen = session_.debuggee().debugger().screen();
    const ShowStyle style = session_.settings().style;
    const bool wants_table =
        style == ShowStyle::table || (style == ShowStyle::automatic && screen.is_terminal);
    if (text || (!table && !wants_table)) return text_renderer(printer());
    return table_renderer(printer(), {wide ? 0 : screen.columns, screen.has_style});
}

Result<Commands::Outcome> Commands::run(std::string_view line) {
    output_.clear();
    not_ours_text_.clear();
    session_.debuggee().begin_command();
    session_.set_leaked(0);
    auto words = split_words(line);
    // A quote left open is no reason to keep a line of maintenance's from it.
    const std::string first = words ? (words->empty() ? "" : words->front())
                                    : std::string(line.substr(0, line.find_first_of(" \t")));
    const bool bare = first.empty() || first.front() == '-';
    std::vector<std::string> candidates;
    const Verb* verb = find_verb(bare ? "status" : std::string_view(first), &candidates);
    if (verb == nullptr) {
        not_ours_text_ = no_verb(first, candidates);
        return Outcome::not_ours;
    }
    if (!words) return fail(std::move(words.error()));
    if (!bare) words->erase(words->begin());
    std::string expression;
    if (verb->takes_expression) expression = take_expression(verb->options, *words);
    Arguments arguments = MT_TRY(parse_options(verb->name, verb->options, *words));
    if (!expression.empty()) arguments.words = {std::move(expression)};
    Debugger& debugger = session_.debuggee().debugger();
    if (arguments.has("--help")) {
        debugger.print(help_of(*verb));
        return Outcome::done;
    }
    if (arguments.words.size() > verb->most_words)
        return fail(Code::usage, fmt::format("mt {}: one word too many: {}; usage: {}", verb->name,
                                             arguments.words[verb->most_words], usage_of(*verb)));
    const auto renderer = MT_TRY(renderer_for(arguments));
    const Progress::Command progress(debugger.progress());
    Front front{session_, arguments, *renderer, output_};
    MT_TRY(verb->run(front));
    if (!output_.empty()) debugger.print(output_);
    output_.clear();
    return Outcome::done;
}

void Commands::program_changed() {
    const std::string text = session_.next_run().obstacle();
    if (!text.empty()) session_.debuggee().debugger().print("remark: " + text + "\n");
}

}  // namespace mt::core
