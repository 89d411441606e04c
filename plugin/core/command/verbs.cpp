// SPDX-License-Identifier: MIT
//
// The table of verbs. A new verb is one entry here and one function in the files of its
// family.
#include <fmt/format.h>

#include "command/attach_verbs.h"
#include "command/block_verbs.h"
#include "command/break_verbs.h"
#include "command/file_verbs.h"
#include "command/graph_verbs.h"
#include "command/heap_verbs.h"
#include "command/module_verbs.h"
#include "command/options.h"
#include "command/page_verbs.h"
#include "command/report_verbs.h"
#include "command/scope_verbs.h"
#include "command/session_verbs.h"
#include "command/tracing_verbs.h"
#include "command/tree_verb.h"
#include "command/verbs.h"
#include "names/nearest.h"

namespace mt::core {
namespace {

constexpr std::string_view kStatsDetails =
    "Without a name: the last one.\n"
    "GLOB is a shell pattern for a whole name or its last part: parse.cpp; * crosses /. Several\n"
    "--filter are or-ed, --exclude takes away from them; options of other kinds narrow what is "
    "left.";
constexpr std::string_view kDiffDetails =
    "Without NEW: OLD against now; without OLD: the last snapshot. Rows that changed most come\n"
    "first, by net size; those that did not change stay, with +0.";

constexpr std::string_view kSaveDetails =
    "Without SNAPSHOT: the last one. A pprof profile (gzip'ed) with all frames named, readable\n"
    "by you alone; mt load gives back the same snapshot in any session. An existing FILE stays\n"
    "as it is until the new one is complete.";
constexpr std::string_view kLoadDetails =
    "Kept as the next number, and under NAME. Reads what mt save wrote, heap profiles of Go,\n"
    "and those of gperftools and jemalloc.";
constexpr std::string_view kExportDetails =
    "folded       outermost frame first, joined by ;, and the live bytes: for flame graphs\n"
    "speedscope   live, allocated and peak bytes, for speedscope.app\n"
    "csv          a row for each traceback with all its figures\n"
    "json         what mt stats --by traceback -n 0 --json prints\n"
    "Without SNAPSHOT: the last one. The first three have whole stacks as they were recorded.";

constexpr std::string_view kBreakDetails =
    "--total, --peak, --count, --free and --exit stand alone; --size, --site, --thread and --fail\n"
    "combine and mean all of them. A figure stops when it gets there, and again when it has been\n"
    "below. --site looks at the most recent frame, as --filter does. What is alive at --exit\n"
    "nobody frees any more; of an end by a signal the debugger tells itself. The frame that\n"
    "allocates, or that called exit, is selected. Conditions stay for the next run; a fork's\n"
    "child has none.";

constexpr std::string_view kBlocksDetails =
    "Of the process, or of a snapshot that was taken with --blocks. mt block ADDRESS shows the\n"
    "whole traceback of one. Age needs stamps (mt start --stamps); a block without one is older\n"
    "than all that have one.";

std::vector<Option> break_options() {
    return {{"--total", "", "BYTES", Level::none, "the traced memory reaches BYTES (500M, 2G)"},
            {"--peak", "", "BYTES", Level::none, "a new peak reaches BYTES"},
            {"--count", "", "N", Level::none, "there are N live blocks"},
            {"--size", "", "BYTES", Level::none, "one call asks for BYTES or more"},
            {"--site", "", "GLOB[:LINE]", Level::none, "a line of these files allocates"},
            {"--thread", "", "ID", Level::none, "in this thread: its number, system id or name"},
            {"--fail", "", "", Level::none, "an allocation fails"},
            {"--free", "", "EXPRESSION", Level::none,
             "the block at this address is about to be freed or moved"},
            {"--exit", "", "", Level::none,
             "the program is about to end; exit handlers and destructors have run"},
            {"--once", "", "", Level::none, "disabled after its first stop"},
            kJson};
}

constexpr std::string_view kScopeDetails =
    "FUNCTION is measured by a breakpoint at its entry and at each return, until its scope is\n"
    "deleted; typed again the calls are shown. begin and end measure from any stop to any other;\n"
    "they nest. allocs, frees, bytes: what was allocated and freed within; net: bytes allocated\n"
    "less freed; peak: the highest net within. Each call is about its own thread, unless --thread\n"
    "says any: then about the process, whose peak begins anew at each entry.";

std::vector<Option> scope_options() {
    return {{"--calls", "", "N", Level::none, "measure the first N calls only"},
            {"--thread", "", "current|any|ID", Level::none,
             "figures of the calling thread (default), of the process; only calls of thread ID"},
            {"--stop", "", "", Level::none, "stop when a call returns, and show its figures"},
            {"--by", "", "KEY", Level::none,
             "also what is alive of the calls' blocks, by lineno, traceback, function, …; to be "
             "given at first, for then blocks get stamps"},
            {"--number", "", "N", Level::none, "show call N only"},
            {"--sort", "", "ORDER", Level::none,
             "call (default), or the most first: allocs, bytes, net, peak, alive"},
            {"--top", "-n", "N", Level::none, "show N calls, 0 = all (default 10)"},
            kJson};
}

std::vector<Option> blocks_options() {
    return {{"--sort", "", "ORDER", Level::block, "size (default), or age: the oldest first"},
            {"--neighbours", "", "EXPRESSION", Level::block,
             "blocks around this address, in its order"},
            {"--top", "-n", "N", Level::block, "show N blocks, 0 = all (default 10)"},
            kFilter,
            kExclude,
            kAllFrames,
            kFunction,
            kModule,
            kDomain,
            kMinSize,
            kSince,
            kUntil,
            kThread,
            {"--type", "", "GLOB", Level::block, "only blocks of these types"},
            kRaw,
            kJson};
}

std::vector<Option> leaks_report_options() {
    std::vector<Option> options = leaks_options();
    for (const Option& option : {kMinSize, kSince, kUntil, kThread}) options.push_back(option);
    return report_options(std::move(options));
}

std::vector<Option> refs_report_options(std::vector<Option> options) {
    options.insert(options.begin(), kTop);
    options.push_back(kJson);
    return options;
}

std::vector<Option> with_forms(std::vector<Option> options) {
    for (const Option& option : form_options()) options.push_back(option);
    return options;
}

Result<void> run_help(Front& front) {
    if (front.word(0) == nullptr) {
        front.say(help_overview());
        return {};
    }
    std::vector<std::string> candidates;
    const Verb* verb = find_verb(*front.word(0), &candidates);
    if (verb == nullptr) return fail(Code::usage, no_verb(*front.word(0), candidates));
    front.say(help_of(*verb));
    return {};
}

std::vector<Verb> make_verbs() {
    return {
        {"status",
         "",
         0,
         "tracing or not, figures, memtrace's own memory, losses",
         "What mt alone prints too.",
         "mt status --json",
         {kJson},
         run_status},
        {"start",
         "[FRAMES]",
         1,
         "start tracing memory allocations",
         "FRAMES is how many frames of a traceback are grouped and shown, 1 to 65535 (default\n"
         "32; at most 256 are recorded). While tracing it does nothing and says so. Before run\n"
         "it prepares the next run: the runtime is preloaded and traces from the first call.\n"
         "With --sample an allocation of S bytes is recorded with probability 1 - exp(-S/BYTES);\n"
         "rows are estimates then and say so, current, peak and total stay exact.",
         "mt start 16 --sample 512K",
         {{"--sample", "", "BYTES", Level::none,
           "stacks for one allocation every BYTES on average"},
          {"--freed", "", "COUNT", Level::none,
           "keep the last COUNT frees, for mt block: who allocated it, who freed it"},
          {"--stamps", "", "", Level::none,
           "blocks remember when and by which thread they were allocated"}},
         run_start},
        {"stop", "", 0, "stop tracing and drop all traces", "", "mt stop", {}, run_stop},
        {"clear",
         "",
         0,
         "drop all traces, go on tracing",
         "Blocks from before are unknown from now on; freeing them changes no figure.",
         "mt clear",
         {},
         run_clear},
        {"snapshot", "[NAME]", 1, "take a snapshot, keep it, print its statistics",
         "Kept whole as 1, 2, … and under NAME, which is not a number; filters choose what is\n"
         "shown. Rows are the largest first.",
         "mt snapshot before --by function -n 20",
         report_options({kMinSize,
                         kSince,
                         kUntil,
                         kThread,
                         kBlocks,
                         {"--replace", "", "", Level::none, "forget the snapshot called NAME"}}),
         run_snapshot},
        {"stats", "[SNAPSHOT]", 1, "statistics of a kept snapshot", kStatsDetails,
         "mt stats before --filter '*/parse.cpp' --by traceback",
         report_options({kMinSize, kSince, kUntil, kThread, kBlocks}), run_stats},
        {"diff", "[OLD [NEW]]", 2, "what changed between two snapshots", kDiffDetails,
         "mt diff before --by filename",
         without(report_options({kMinSize, kSince, kUntil, kThread}), "--sort"), run_diff},
        {"mark",
         "[NAME]",
         1,
         "set a mark; --since MARK then shows what was allocated after it",
         "Numbered 1, 2, … in each process, and called NAME, which is not a number. From the\n"
         "first mark on blocks get stamps; --since and --until count one without a stamp as older\n"
         "than every mark. Works in the commands of a breakpoint.",
         "mt mark before",
         {{"--replace", "", "", Level::none, "forget the snapshot or mark called NAME"}},
         run_mark},
        {"list", "", 0, "the kept snapshots and the marks", "", "mt list", {kJson}, run_list},
        {"save",
         "FILE [SNAPSHOT]",
         2,
         "save a snapshot to a file that pprof can read too",
         kSaveDetails,
         "mt save before.pb.gz before",
         {{"--blocks", "", "", Level::none, "with the address and the stamp of each block"},
          {"--replace", "", "", Level::none, "overwrite FILE"}},
         run_save},
        {"load",
         "FILE [NAME]",
         2,
         "load a saved snapshot, or a heap profile of another tool",
         kLoadDetails,
         "mt load before.pb.gz",
         {{"--replace", "", "", Level::none, "forget the snapshot called NAME"}},
         run_load},
        {"export",
         "FORMAT FILE [SNAPSHOT]",
         3,
         "write a snapshot for other viewers",
         kExportDetails,
         "mt export folded heap.folded",
         {{"--replace", "", "", Level::none, "overwrite FILE"}, kRaw},
         run_export},
        {"report", "FILE [SNAPSHOT | OLD [NEW]]", 3, "write a page with pictures for a browser",
         kReportDetails, "mt report heap.html", page_options(), run_report},
        {"drop",
         "SNAPSHOT|MARK",
         1,
         "forget a kept snapshot, or a mark by its name",
         "",
         "mt drop before",
         {},
         run_drop},
        {"traceback", "ROW", 1, "the stacks behind a row of the last report",
         "ROW counts from 1. Each stack has its figures and its share of the row, frames as\n"
         "Traceback.format() lists them: oldest first, with source lines.",
         "mt traceback 1 --limit 5", with_forms({kTop, kRaw, kLimit, kRecentFirst}), run_traceback},
        {"tree", "[NODE | now | peak | leaks | diff]", 1,
         "who called whom, with what was allocated below each", kTreeDetails,
         "mt tree peak --min-share 5", tree_options(), run_tree},
        {"peak", "", 0, "current and peak, and what the peak was made of", "",
         "mt peak --by function",
         report_options({{"--reset", "", "", Level::none, "the peak becomes the current size"}}),
         run_peak},
        {"break", "[list | delete N | disable N | enable N]", 2,
         "stop when the heap does something; alone: list the conditions", kBreakDetails,
         "mt break --total 500M", break_options(), run_break},
        {"block",
         "EXPRESSION",
         1,
         "the block that holds an address, and where it was allocated",
         "EXPRESSION is in the program's language: a number, p, &list->head, buffer + 8. It may\n"
         "point into the block. Nothing in the program is called for it. Quotes need quotes.",
         "mt block node->next",
         {kSource, kRaw, kLimit, kJson},
         run_block,
         true},
        {"scope", "[FUNCTION | begin [NAME] | end [NAME] | list | delete NAME]", 2,
         "what each call of a function allocates, or what happens from stop to stop", kScopeDetails,
         "mt scope parse --calls 100", scope_options(), run_scope},
        {"leaks", "", 0, "live blocks that the program has lost", kLeaksDetails,
         "mt leaks --by traceback -n 3", leaks_report_options(), run_leaks},
        {"refs", "EXPRESSION", 1, "what holds the block at an address", kRefsDetails,
         "mt refs node->next -n 3", refs_report_options(refs_options()), run_refs, true},
        {"retained", "[EXPRESSION]", 1, "what only one block holds; which retain most",
         kRetainedDetails, "mt retained cache", refs_report_options(pointer_options()),
         run_retained, true},
        {"heap",
         "",
         0,
         "the heap as glibc's malloc keeps it; needs no runtime",
         "Arenas, what is in use and free there, what threads keep, mappings: of any process or\n"
         "core, by malloc's own memory alone. Sizes have malloc's header of each block in them.",
         "mt heap --check",
         {{"--check", "", "", Level::none, "list what contradicts itself, and where"}, kJson},
         run_heap},
        {"blocks", "[SNAPSHOT]", 1, "single live blocks, largest first", kBlocksDetails,
         "mt blocks --min-size 1M --sort age", blocks_options(), run_blocks},
        {"modules",
         "[GLOB]",
         1,
         "programs and libraries, and where their symbols come from",
         kModulesDetails,
         "mt modules 'lib*' -v",
         {kVerbose, kJson},
         run_modules},
        {"config",
         "[KEY VALUE]",
         2,
         "list or change settings",
         "rows N           rows shown (0 = all)\n"
         "source on|off    the source line under each entry\n"
         "style auto       rows as a table at a terminal, else as text\n"
         "style table|text always so\n"
         "direct on|off    read a local process or core without the debugger where possible\n"
         "table ADDRESS    the table whose root or header is there, where the search is wrong\n"
         "table auto       search for it\n"
         "skip GLOB        also skip these frames: a function, a file or a module's name\n"
         "skip default     forget the added ones",
         "mt config skip 'my_alloc*'",
         {kJson},
         run_config},
        {"preload",
         "[off]",
         1,
         "load the runtime into the next run of an unmodified program",
         "An existing exec-wrapper or LD_PRELOAD is kept; off restores what was there.",
         "mt preload",
         {},
         run_preload},
        {"attach", "", 0, "bring the runtime into a program that runs without it", kAttachDetails,
         "mt attach --check", attach_options(), run_attach},
        {"detach", "", 0, "undo mt attach", kDetachDetails, "mt detach", {}, run_detach},
        {"help",
         "[VERB]",
         1,
         "the commands, or one command's usage",
         "",
         "mt help snapshot",
         {},
         run_help},
    };
}

}  // namespace

const std::vector<Verb>& verbs() {
    static const std::vector<Verb> all = make_verbs();
    return all;
}

const Verb* find_verb(std::string_view word, std::vector<std::string>* candidates) {
    const Verb* found = nullptr;
    std::size_t matches = 0;
    for (const Verb& verb : verbs()) {
        if (verb.name == word) return &verb;
        if (word.empty() || verb.name.substr(0, word.size()) != word) continue;
        found = &verb;
        ++matches;
        if (candidates != nullptr) candidates->emplace_back(verb.name);
    }
    return matches == 1 ? found : nullptr;
}

std::string no_verb(std::string_view word, const std::vector<std::string>& candidates) {
    if (candidates.empty()) {
        std::vector<std::string> names;
        for (const Verb& verb : verbs()) names.emplace_back(verb.name);
        return fmt::format("mt {} is no command{}; mt help lists them", word,
                           did_you_mean(word, names));
    }
    return fmt::format("mt {} is ambiguous: {}", word, fmt::join(candidates, ", "));
}

}  // namespace mt::core
