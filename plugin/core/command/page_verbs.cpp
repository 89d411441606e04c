// SPDX-License-Identifier: MIT
//
// See page_verbs.h.
#include "command/page_verbs.h"

#include <fmt/format.h>

#include "app/files.h"
#include "app/reports/page.h"
#include "command/options.h"
#include "page/page.h"

namespace mt::core {
namespace {

// About what: at most one of them, and words only where they mean something.
Result<void> check_words(const Front& front) {
    int kinds = 0;
    for (const char* option : {"--peak", "--diff", "--leaks"}) kinds += front.has(option) ? 1 : 0;
    if (kinds > 1)
        return fail(Code::usage, "mt report takes one of --peak, --diff and --leaks, not several");
    const std::size_t words = front.arguments.words.size();
    if ((front.has("--peak") || front.has("--leaks")) && words > 1)
        return fail(
            Code::usage,
            fmt::format("mt report {} looks at the process as it is now, not at snapshot {}",
                        front.has("--peak") ? "--peak" : "--leaks", *front.word(1)));
    if (!front.has("--diff") && words > 2)
        return fail(Code::usage,
                    "mt report takes the name of a file and one snapshot; two with --diff");
    return {};
}

Result<PageReport> page_of(Front& front) {
    const bool raw = front.has("--raw");
    if (front.has("--peak")) return page_of_peak(front.session, raw);
    if (front.has("--leaks")) return page_of_leaks(front.session, raw);
    if (front.has("--diff"))
        return page_of_difference(front.session, front.word(1), front.word(2), raw);
    return page_of_snapshot(front.session, front.word(1), raw);
}

}  // namespace

Result<void> run_report(Front& front) {
    const std::string* path = front.word(0);
    if (path == nullptr || path->empty())
        return fail(Code::usage, "mt report takes the name of a file");
    MT_TRY(check_words(front));
    const PageReport report = MT_TRY(page_of(front));
    MT_TRY(check_page());
    Debuggee& debuggee = front.session.debuggee();
    MT_TRY(write_file(debuggee, *path, front.has("--replace"), [&](const Sink& sink) {
        auto done = write_page(report, sink);
        // Source lines are asked for meanwhile.
        if (done && debuggee.is_stopped()) return Result<void>(interrupted_error());
        return done;
    }));
    front.say(fmt::format("report written to {}\n", *path));
    return {};
}

std::vector<Option> page_options() {
    return {{"--peak", "", "", Level::none, "what the peak was made of, first"},
            {"--diff", "", "", Level::none, "what changed from OLD to NEW, in two colours"},
            {"--leaks", "", "", Level::none, "blocks that the program has lost, as mt leaks"},
            kRaw,
            {"--replace", "", "", Level::none, "overwrite FILE"}};
}

}  // namespace mt::core
