// SPDX-License-Identifier: MIT
//
// Pages for the browser tests, made of reports that are written here by hand: browser_pages
// FOLDER. Traces nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "app/reports/page_tree.h"
#include "page/page.h"

namespace {

using namespace mt::core;

struct At {
    std::string file, function, module;
    std::uint32_t line = 0;
};

// A report in the making: stacks with the figures of each measure.
class Pages {
  public:
    Pages(std::string kind, std::string title, std::vector<std::pair<std::string, std::string>> of)
        : tree_(book_) {
        report_.kind = std::move(kind);
        report_.title = std::move(title);
        report_.subtitle = "made for a test";
        report_.book = &book_;
        for (auto& [id, name] : of) report_.measures.push_back({id, name, {}});
    }
    // Most recent first.
    void stack(const std::vector<At>& at, const std::vector<Amount>& amounts) {
        std::vector<RowFrame> frames;
        for (const At& one : at) {
            RowFrame& frame = frames.emplace_back();
            frame.file = book_.text(one.file);
            frame.label = book_.text(one.file.empty() ? one.module : one.file);
            frame.function = book_.text(one.function);
            frame.module = book_.text(one.module);
            frame.line = one.line;
        }
        const std::uint32_t stack = tree_.stack(frames);
        for (std::size_t i = 0; i < amounts.size(); ++i) {
            auto& all = report_.measures[i].amounts;
            if (all.size() <= stack) all.resize(stack + 1);
            all[stack].size += amounts[i].size;
            all[stack].count += amounts[i].count;
        }
    }
    PageReport& report() { return report_; }
    void write(const std::string& path) {
        tree_.give_to(report_);
        for (PageMeasure& measure : report_.measures) measure.amounts.resize(report_.stacks.size());
        std::ofstream out(path, std::ios::binary);
        const auto done = write_page(report_, [&](std::string_view text) -> Result<void> {
            out.write(text.data(), static_cast<std::streamsize>(text.size()));
            return {};
        });
        out.close();
        if (done && out) return;
        std::fprintf(stderr, "%s: %s\n", path.c_str(),
                     done ? "not written" : done.error().text.c_str());
        std::exit(1);
    }

  private:
    FrameBook book_;
    PageTree tree_;
    PageReport report_;
};

const std::string kApp = "/opt/shop/bin/shop", kLibrary = "/usr/lib/libparse.so.2";
const At kMain{"/src/shop/main.cpp", "main", kApp, 40};
const At kServe{"/src/shop/server.cpp", "shop::Server::serve(int)", kApp, 118};
const At kLoad{"/src/shop/catalogue.cpp", "shop::Catalogue::load(std::string const&)", kApp, 61};
const At kInsert{"/src/shop/catalogue.cpp", "shop::Catalogue::insert(shop::Item)", kApp, 88};
const At kParse{"/src/parse/json.cpp", "parse::Value parse::value(Cursor&)", kLibrary, 203};
const At kText{"/src/parse/text.cpp", "parse::Text parse::text(Cursor&)", kLibrary, 17};
const At kCache{"/src/shop/cache.cpp", "shop::Cache::put(Key, Page)", kApp, 33};

PageTable sizes() {
    PageTable table{"sizes", "Sizes", "", {}, {}};
    table.columns = {{"Size of a block", PageUnit::text},
                     {"Size", PageUnit::bytes},
                     {"Blocks", PageUnit::count}};
    std::int64_t most = 16;
    for (const std::int64_t size : {900, 5200, 31000, 64000, 41000, 12000, 88000})
        table.rows.push_back(
            {fmt::format("{} B to below {} B", most, most * 2), size, size / (most *= 2)});
    return table;
}

void small(const std::string& path) {
    Pages pages("snapshot", "Memory of shop",
                {{"live", "Live"}, {"peak", "Peak"}, {"total", "Total"}});
    pages.stack({kText, kParse, kLoad, kMain}, {{400000, 2000}, {700000, 3500}, {900000, 9000}});
    pages.stack({kParse, kLoad, kMain}, {{250000, 500}, {400000, 800}, {500000, 1000}});
    pages.stack({kInsert, kLoad, kMain}, {{900000, 1200}, {910000, 1210}, {950000, 1300}});
    pages.stack({kCache, kServe, kMain}, {{310000, 31}, {100000, 10}, {3100000, 310}});
    pages.stack({kText, kParse, kServe, kMain}, {{0, 0}, {64000, 64}, {64000000, 64000}});
    pages.report().remarks = {{"late-start", "tracing began when the program was running", 0}};
    pages.report().source_line = [](const std::string& file, std::uint32_t line) {
        if (file == kInsert.file && line == kInsert.line)
            return std::string("    items_.push_back(std::make_unique<Item>(item));\n");
        return std::string();
    };
    PageTable threads{"threads", "Threads", "", {}, {}};
    threads.columns = sizes().columns;
    threads.columns[0].name = "Thread";
    threads.rows = {
        {std::string("thread 1 (shop, tid 71)"), std::int64_t{1550000}, std::int64_t{3700}},
        {std::string("thread 2 (worker, tid 72)"), std::int64_t{310000}, std::int64_t{31}}};
    pages.report().tables = {sizes(), threads};
    pages.write(path);
}

void difference(const std::string& path) {
    Pages pages("diff", "shop: from before to now", {{"new", "New"}, {"old", "Old"}});
    pages.stack({kText, kParse, kLoad, kMain}, {{400000, 2000}, {400000, 2000}});
    pages.stack({kInsert, kLoad, kMain}, {{900000, 1200}, {300000, 400}});
    pages.stack({kCache, kServe, kMain}, {{10000, 1}, {310000, 31}});
    pages.write(path);
}

// Nothing of a name may become anything but text.
void hostile(const std::string& path) {
    Pages pages("snapshot", "Memory of </title><script>window.bad=1</script>", {{"live", "Live"}});
    const std::vector<std::string> names = {
        "</script><script>window.bad=1</script>",
        "<!--<script>",
        "<img src=x onerror=window.bad=1>",
        "\"; window.bad=1; //'`${window.bad=1}",
        "line\nbreak\r\tand\x01"
        "control",
        "right \xe2\x80\xae"
        "to left \xe2\x80\xa9 and \xe2\x80\xa8",
        "no UTF-8 \xff\xfe\x80",
        "&lt;&amp;\\u003c\\",
        "https://example.invalid/x.js",
        "javascript:window.bad=1",
        "constructor",
        "__proto__",
        "@DATA@ @SCRIPT@ ]]>",
        std::string(100'000, 'N') + "::end()",
    };
    std::int64_t size = 100000;
    for (const std::string& name : names) {
        pages.stack({{name, name, name, 7}, {"/src/main.cpp", "main", "/bin/x", 1}},
                    {{size -= 1000, 3}});
        pages.report().remarks.push_back({"odd", name, 0});
    }
    pages.report().source_line = [&](const std::string&, std::uint32_t) { return names[0]; };
    PageTable types{"types", names[0], names[2], {{names[2], PageUnit::text}}, {}};
    for (const std::string& name : names) types.rows.push_back({name});
    pages.report().tables = {types};
    pages.write(path);
}

// As many tracebacks as large programs have: of depth 12 to 27, hardly one like another.
void large(const std::string& path) {
    Pages pages("snapshot", "Memory of large",
                {{"live", "Live"}, {"peak", "Peak"}, {"total", "Total"}});
    std::uint64_t state = 88172645463325252u;
    const auto random = [&state](std::uint64_t below) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state % below;
    };
    std::vector<At> at;
    for (std::size_t stack = 0; stack < 100'000; ++stack) {
        at.clear();
        // Most recent first: the ends are many, the ways there few.
        const std::size_t depth = 12 + stack % 16;
        const std::uint64_t way = random(4096);
        for (std::size_t i = 0; i < depth; ++i) {
            const std::size_t level = depth - i;
            const std::uint64_t number =
                i < 4 ? random(60) : way >> (2 * std::min<std::size_t>(level, 6)) & 3;
            const std::size_t part = i < 4 ? i : level;
            at.push_back(
                {fmt::format("/src/large/part{}/file{}.cpp", part % 7, number % 20),
                 fmt::format("large::Part{}::function{}(int, std::string const&)", part, number),
                 fmt::format("/usr/lib/liblarge{}.so", part % 7),
                 static_cast<std::uint32_t>(10 + number)});
        }
        const auto size = static_cast<std::int64_t>(16 + random(1 << (4 + stack % 12)));
        pages.stack(at, {{size, 1 + size / 64}, {2 * size, 2}, {20 * size, 50}});
    }
    pages.write(path);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: browser_pages FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    const std::pair<const char*, void (*)(const std::string&)> kPages[] = {
        {"small.html", small},
        {"diff.html", difference},
        {"hostile.html", hostile},
        {"large.html", large}};
    for (const auto& [name, make] : kPages) make(folder / name);
    return 0;
}
