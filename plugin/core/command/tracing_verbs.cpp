// SPDX-License-Identifier: MIT
//
// start, stop, clear, mark, preload: the verbs that change something in the program or its
// next run.
#include "command/tracing_verbs.h"

#include "app/tracing.h"

#include <fmt/format.h>

#include "abi/layout.h"
#include "model/numbers.h"
#include "show/text/parts.h"

namespace mt::core {
namespace {

Result<std::uint16_t> frames_of_words(const Arguments& arguments) {
    if (arguments.words.empty()) return abi::kDefaultFrameLimit;
    const std::string& word = arguments.words.front();
    const auto frames = number_of<std::uint16_t>(word);
    const std::string_view digits = std::string_view(word).substr(word.rfind('-', 0) == 0 ? 1 : 0);
    const bool is_number =
        !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!frames && !is_number)
        return fail(Code::usage, fmt::format("mt start takes a number of frames, not {}", word));
    if (!frames || *frames == 0) return fail(Code::usage, kFramesRange);
    return *frames;
}

Result<Start> start_of(const Arguments& arguments) {
    Start start;
    start.frames = MT_TRY(frames_of_words(arguments));
    start.stamps = arguments.has("--stamps");
    if (const std::string* freed = arguments.value("--freed")) {
        const auto count = number_of<std::uint64_t>(*freed);
        if (!count || *count == 0 || *count > abi::kMostFreedBlocks)
            return fail(Code::usage,
                        fmt::format("--freed takes how many frees are kept, 1 to {}, not {}",
                                    abi::kMostFreedBlocks, or_nothing(*freed)));
        start.freed_blocks = *count;
    }
    const std::string* text = arguments.value("--sample");
    if (text == nullptr) return start;
    const auto bytes = bytes_of(*text);
    if (!bytes || *bytes == 0 || *bytes > abi::kMaxSampleBytes)
        return fail(Code::usage, fmt::format("--sample takes the bytes from one sample to the "
                                             "next, 1 to 1T, such as 524288 or 512K, not {}",
                                             or_nothing(*text)));
    start.sample_bytes = *bytes;
    return start;
}

std::string freed_text(std::uint64_t count) {
    if (count == 0) return "";
    return count == 1 ? ", keeping the last free"
                      : fmt::format(", keeping the last {} frees", count);
}

std::string start_text(const Start& start) {
    std::string text = fmt::format("{} frame{}", start.frames, start.frames == 1 ? "" : "s");
    if (start.frames > abi::kMaxFrames) text += fmt::format(", capped at {}", abi::kMaxFrames);
    return text + (start.stamps ? ", with stamps" : "") + freed_text(start.freed_blocks) +
           sampled_text(start.sample_bytes);
}

// What the next run will not do with what was prepared for it.
void say_obstacle(Front& front) {
    const std::string text = front.session.next_run().obstacle();
    if (!text.empty()) front.say("remark: " + text + "\n");
}

}  // namespace

Result<void> run_start(Front& front) {
    const Start start = MT_TRY(start_of(front.arguments));
    const Started started = MT_TRY(start_tracing(front.session, start));
    const std::string how = start_text(started.start);
    switch (started.when) {
        case When::now:
            front.say(fmt::format("tracing is on ({})\n", how));
            break;
        case When::before:
            front.say(fmt::format("tracing is on already ({}); nothing was changed\n", how));
            break;
        case When::on_load:
            front.say(fmt::format("tracing starts as soon as the runtime is loaded ({})\n", how));
            break;
        case When::with_next_run:
            front.say(fmt::format("tracing starts with the next run ({})\n", how));
            say_obstacle(front);
            break;
    }
    front.say(remarks_text(started.remarks));
    return {};
}

Result<void> run_stop(Front& front) {
    const When stopped = MT_TRY(stop_tracing(front.session));
    switch (stopped) {
        case When::now:
            front.say("tracing is off; all traces were dropped\n");
            break;
        case When::before:
            front.say("tracing is off already\n");
            break;
        case When::on_load:
            front.say("tracing does not start with the runtime any more\n");
            break;
        case When::with_next_run:
            front.say("tracing does not start with the next run any more\n");
            break;
    }
    return {};
}

Result<void> run_clear(Front& front) {
    const bool cleared = MT_TRY(clear_traces(front.session));
    front.say(cleared ? "all traces were dropped; tracing goes on\n"
                      : "tracing is off; there are no traces to clear\n");
    return {};
}

Result<void> run_mark(Front& front) {
    const Marked marked = MT_TRY(set_mark(front.session, front.word(0), front.has("--replace")));
    const std::string& name = marked.mark.name;
    front.say(fmt::format(
        "mark {}{}{}\n", marked.mark.sequence, name.empty() ? "" : " " + name,
        marked.first_stamps ? "; from now on blocks get stamps, those from before have none" : ""));
    return {};
}

Result<void> run_preload(Front& front) {
    NextRun& next = front.session.next_run();
    if (front.word(0) != nullptr) {
        if (*front.word(0) != "off")
            return fail(Code::usage,
                        fmt::format("mt preload takes nothing or off, not {}", *front.word(0)));
        MT_TRY(next.forget());
        front.say("the next run does not preload the runtime\n");
        return {};
    }
    const std::string library = MT_TRY(next.prepare(next.start()));
    front.say(fmt::format("the next run preloads {}\n", library));
    say_obstacle(front);
    return {};
}

}  // namespace mt::core
