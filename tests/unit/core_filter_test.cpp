// SPDX-License-Identifier: MIT
//
// tracemalloc's Filter and DomainFilter, case by case (its class TestFilters), and
// filter_traces' rule: inclusive ones are or-ed, exclusive ones reject.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyse/filter.h"

namespace mt::core::test {
namespace {

using Place = std::pair<const char*, std::uint32_t>;

class TestFilters : public ::testing::Test {
  protected:
    static Filter filter(bool inclusive, std::string pattern,
                         std::optional<std::uint64_t> line = std::nullopt,
                         bool all_frames = false) {
        Filter made;
        made.inclusive = inclusive;
        made.pattern = std::move(pattern);
        made.line = line;
        made.all_frames = all_frames;
        return made;
    }
    static Filter domain_filter(bool inclusive, std::uint32_t domain) {
        Filter made;
        made.by = FilterBy::domain;
        made.inclusive = inclusive;
        made.domain = domain;
        return made;
    }
    bool keeps(const std::vector<FilterList>& lists, const std::vector<Place>& places,
               std::uint32_t domain = 0) {
        std::vector<TraceFrame> frames;
        for (const auto& [file, line] : places)
            frames.push_back({std::string_view(file) == "<unknown>"
                                  ? FrameId{0}
                                  : book.frame(file, "f", "m", line),
                              0});
        return TraceFilter(book, lists).keeps(frames, domain);
    }
    bool matches(const Filter& one, const std::vector<Place>& places, std::uint32_t domain = 0) {
        return keeps({{one}}, places, domain);
    }
    bool matches_name(const std::string& pattern, const char* name) {
        return matches(filter(true, pattern), {{name, 1}});
    }

    FrameBook book;
};

TEST_F(TestFilters, match) {
    // The line decides only where there is one, and 0 is a line.
    for (const auto& [line, here, elsewhere, none] :
         {std::make_tuple(std::optional<std::uint64_t>(), true, true, true),
          std::make_tuple(std::optional<std::uint64_t>(5), true, false, false),
          std::make_tuple(std::optional<std::uint64_t>(0), false, false, true)}) {
        for (const bool inclusive : {true, false}) {
            const Filter f = filter(inclusive, "abc", line);
            EXPECT_EQ(matches(f, {{"abc", 5}}), here == inclusive);
            EXPECT_EQ(matches(f, {{"abc", 10}}), elsewhere == inclusive);
            EXPECT_EQ(matches(f, {{"abc", 0}}), none == inclusive);
            EXPECT_EQ(matches(f, {{"12356", 5}}), !inclusive);
        }
    }
}

TEST_F(TestFilters, match_filename) {
    for (const bool inclusive : {true, false}) {
        EXPECT_EQ(matches(filter(inclusive, "abc"), {{"abc", 1}}), inclusive);
        EXPECT_EQ(matches(filter(inclusive, "abc"), {{"12356", 1}}), !inclusive);
        EXPECT_EQ(matches(filter(inclusive, "abc"), {{"<unknown>", 0}}), !inclusive);
        EXPECT_EQ(matches(filter(inclusive, "<unknown>"), {{"<unknown>", 0}}), inclusive);
    }
}

TEST_F(TestFilters, match_filename_joker) {
    EXPECT_FALSE(matches_name("", "abc"));
    EXPECT_TRUE(matches_name("*", "abc"));
    EXPECT_TRUE(matches_name("a*", "abc"));
    EXPECT_FALSE(matches_name("b*", "abc"));
    EXPECT_TRUE(matches_name("abc*", "abc"));
    EXPECT_TRUE(matches_name("*c", "abc"));
    EXPECT_TRUE(matches_name("a*c", "abc"));
    EXPECT_FALSE(matches_name("a*b", "abc"));
    EXPECT_TRUE(matches_name("a*b*c", "axxbxxc"));
    EXPECT_FALSE(matches_name("a*bxx*d", "axxbxxc"));
    EXPECT_TRUE(matches_name("*/b.c", "/deep/down/b.c"));  // * crosses /
    EXPECT_TRUE(matches_name("a?c", "abc"));
    EXPECT_TRUE(matches_name("a[a-c]c", "abc"));
    EXPECT_FALSE(matches_name("a[!a-c]c", "abc"));
    EXPECT_FALSE(matches_name("ABC", "abc"));
    EXPECT_FALSE(matches_name("a\\b", "a/b"));
    EXPECT_TRUE(matches_name("a\\b", "a\\b"));  // a backslash is itself
    EXPECT_FALSE(matches_name("abc", "abcd"));
}

TEST_F(TestFilters, match_trace) {
    const std::vector<Place> t1 = {{"a.c", 2}, {"b.c", 3}}, t2 = {{"b.c", 4}, {"b.c", 5}},
                             t3 = {{"c.c", 5}, {"<unknown>", 0}}, t4 = {{"<unknown>", 0}};
    const auto row = [&](const Filter& f) {
        return std::vector<bool>{matches(f, t1), matches(f, t2), matches(f, t3), matches(f, t4)};
    };
    using Row = std::vector<bool>;
    EXPECT_EQ(row(filter(true, "b.c", {}, true)), Row({true, true, false, false}));
    EXPECT_EQ(row(filter(true, "b.c", {}, false)), Row({false, true, false, false}));
    EXPECT_EQ(row(filter(false, "b.c", {}, false)), Row({true, false, true, true}));
    EXPECT_EQ(row(filter(false, "b.c", {}, true)), Row({false, false, true, true}));
    EXPECT_EQ(row(filter(false, "<unknown>", {}, false)), Row({true, true, true, false}));
    EXPECT_EQ(row(filter(true, "<unknown>", {}, true)), Row({false, false, true, true}));
    EXPECT_EQ(row(filter(false, "<unknown>", {}, true)), Row({true, true, false, false}));
}

TEST_F(TestFilters, domain_of_a_file_filter) {
    Filter in = filter(true, "a.c"), out = filter(false, "a.c");
    in.domain = out.domain = 1;
    EXPECT_TRUE(matches(in, {{"a.c", 1}}, 1));
    EXPECT_FALSE(matches(in, {{"a.c", 1}}, 0));
    EXPECT_FALSE(matches(in, {{"b.c", 1}}, 1));
    EXPECT_FALSE(matches(out, {{"a.c", 1}}, 1));
    EXPECT_TRUE(matches(out, {{"a.c", 1}}, 0));
    EXPECT_TRUE(matches(out, {{"b.c", 1}}, 1));
}

TEST_F(TestFilters, domain_filter) {
    for (const bool inclusive : {true, false}) {
        EXPECT_EQ(keeps({{domain_filter(inclusive, 3)}}, {}, 3), inclusive);
        EXPECT_EQ(keeps({{domain_filter(inclusive, 3)}}, {}, 0), !inclusive);
    }
}

TEST_F(TestFilters, inclusive_ones_are_or_ed_across_kinds) {
    const FilterList list = {domain_filter(true, 1), filter(true, "b.c")};
    EXPECT_TRUE(keeps({list}, {{"a.c", 1}}, 1));
    EXPECT_TRUE(keeps({list}, {{"b.c", 1}}, 0));
    EXPECT_FALSE(keeps({list}, {{"a.c", 1}}, 0));
    // … and narrowed by filtering twice.
    const std::vector<FilterList> twice = {{list[0]}, {list[1]}};
    EXPECT_TRUE(keeps(twice, {{"b.c", 1}}, 1));
    EXPECT_FALSE(keeps(twice, {{"b.c", 1}}, 0));
    EXPECT_FALSE(keeps(twice, {{"a.c", 1}}, 1));
}

TEST_F(TestFilters, one_exclusive_one_rejects) {
    const FilterList list = {filter(true, "*"), filter(false, "a.c"), filter(false, "b.c")};
    EXPECT_FALSE(keeps({list}, {{"a.c", 1}}));
    EXPECT_FALSE(keeps({list}, {{"b.c", 1}}));
    EXPECT_TRUE(keeps({list}, {{"c.c", 1}}));
    EXPECT_TRUE(keeps({{}}, {{"a.c", 1}}));
}

TEST_F(TestFilters, functions_and_modules) {
    const FrameId frame = book.frame("a.cpp", "ns::parse(char const*)", "/usr/lib/libx.so.1", 3);
    const auto by = [&](FilterBy what, const char* pattern) {
        Filter made = filter(true, pattern);
        made.by = what;
        return TraceFilter(book, {{made}}).keeps({{frame, 0}}, 0);
    };
    EXPECT_TRUE(by(FilterBy::function, "ns::parse"));
    EXPECT_TRUE(by(FilterBy::function, "ns::*(char const\\*)") ||
                by(FilterBy::function, "ns::*(char const[*])"));
    EXPECT_FALSE(by(FilterBy::function, "parse"));
    EXPECT_TRUE(by(FilterBy::module, "libx.so*"));
    EXPECT_TRUE(by(FilterBy::module, "/usr/lib/*"));
    EXPECT_FALSE(by(FilterBy::module, "liby*"));
    book.also_known("/usr/lib/libx.so.1", "/opt/liby.so.1.2");
    EXPECT_TRUE(by(FilterBy::module, "libx.so.1"));
    EXPECT_TRUE(by(FilterBy::module, "liby.so.1.2"));
    EXPECT_TRUE(by(FilterBy::module, "/opt/*"));
    EXPECT_FALSE(by(FilterBy::module, "libz*"));
}

TEST_F(TestFilters, looks_no_further_than_it_must) {
    EXPECT_EQ(TraceFilter(book, {}).needs(), TraceFilter::Needs::nothing);
    EXPECT_EQ(TraceFilter(book, {{domain_filter(true, 1)}}).needs(), TraceFilter::Needs::nothing);
    EXPECT_EQ(TraceFilter(book, {{filter(true, "a")}}).needs(), TraceFilter::Needs::recent);
    EXPECT_EQ(TraceFilter(book, {{filter(true, "a")}, {filter(false, "b", {}, true)}}).needs(),
              TraceFilter::Needs::all);
}

}  // namespace
}  // namespace mt::core::test
