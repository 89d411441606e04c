// SPDX-License-Identifier: MIT
//
// Names as people write them (names/): what compilers mangle and demanglers print comes out as it
// was typed, the end of a long name stays, and no name takes long or much memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <typeinfo>
#include <unordered_map>
#include <vector>

#include "names/demangle.h"
#include "names/shorten.h"
#include "names/simplify.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

std::string of(const std::string& linkage) { return simplified(function_from_linkage(linkage)); }

template <typename T>
std::string type() {
    return simplified(demangled(std::string("_Z1f") + typeid(T*).name()).value_or("none"));
}

struct Order {};

TEST(Simplified, WhatThisCompilerMangles) {
    constexpr const char* kIn = "(mt::core::(anonymous namespace)::Order";
    EXPECT_EQ(type<std::string>(), "f(std::string*)");
    EXPECT_EQ(type<std::vector<std::string>>(), "f(std::vector<std::string>*)");
    EXPECT_EQ((type<std::map<std::string, int>>()), "f(std::map<std::string, int>*)");
    EXPECT_EQ((type<std::unordered_map<int, std::vector<std::string>>>()),
              "f(std::unordered_map<int, std::vector<std::string>>*)");
    EXPECT_EQ(type<std::unique_ptr<Order>>(),
              "f(std::unique_ptr<mt::core::(anonymous namespace)::Order>*)");
    EXPECT_EQ(type<std::shared_ptr<int>>(), "f(std::shared_ptr<int>*)");
    EXPECT_EQ(type<Order>(), std::string("f") + kIn + "*)");
    // What somebody did type stays.
    EXPECT_EQ((type<std::map<int, int, std::greater<int>>>()),
              "f(std::map<int, int, std::greater<int>>*)");
    EXPECT_EQ((type<std::map<int, int, std::less<>>>()), "f(std::map<int, int, std::less<void>>*)");
}

TEST(Simplified, StringsAndStreams) {
    const std::string traits = "char, std::char_traits<char>";
    EXPECT_EQ(simplified("std::__cxx11::basic_string<" + traits + ", std::allocator<char> >"),
              "std::string");
    EXPECT_EQ(simplified("std::__1::basic_string<" + traits + ", std::__1::allocator<char> >"),
              "std::string");
    EXPECT_EQ(simplified("std::basic_ostream<" + traits + " >& std::operator<< <" + traits +
                         " >(std::basic_ostream<" + traits + " >&, char)"),
              "std::ostream& std::operator<< <char>(std::ostream&, char)");
    EXPECT_EQ(simplified("std::__cxx11::basic_string<" + traits +
                         ", std::allocator<char> >::basic_string(char const*)"),
              "std::string::string(char const*)");
    EXPECT_EQ(simplified("std::__cxx11::basic_string<" + traits +
                         ", std::allocator<char> >::~basic_string()"),
              "std::string::~string()");
    EXPECT_EQ(simplified("std::basic_string<char, mine::traits>"),
              "std::basic_string<char, mine::traits>");
}

TEST(Simplified, InlineNamespacesAndTagsThatNobodyTypes) {
    EXPECT_EQ(of("_Z4makeB5cxx11v"), "make()");
    EXPECT_EQ(simplified("fmt::v9::vformat[abi:cxx11](fmt::v9::basic_string_view<char>)"),
              "fmt::vformat(fmt::basic_string_view<char>)");
    EXPECT_EQ(simplified("std::chrono::_V2::system_clock::now()"),
              "std::chrono::system_clock::now()");
    EXPECT_EQ(simplified("__gnu_cxx::new_allocator<int>::allocate(unsigned long)"),
              "new_allocator<int>::allocate(unsigned long)");
    // A version of one's own is one.
    EXPECT_EQ(simplified("api::v1::parse(int)"), "api::v1::parse(int)");
    EXPECT_EQ(simplified("__1()"), "__1()");
}

TEST(Simplified, TheJsonLibrary) {
    const std::string json =
        "nlohmann::json_abi_v3_11_2::basic_json<std::map, std::vector, std::__cxx11::basic_string<"
        "char, std::char_traits<char>, std::allocator<char> >, bool, long, unsigned long, double, "
        "std::allocator, nlohmann::json_abi_v3_11_2::adl_serializer, std::vector<unsigned char, "
        "std::allocator<unsigned char> > >";
    EXPECT_EQ(simplified("nlohmann::json_abi_v3_11_2::detail::parser<" + json + " >::parse(bool, " +
                         json + "&)"),
              "nlohmann::detail::parser<nlohmann::json>::parse(bool, nlohmann::json&)");
    EXPECT_EQ(simplified(json + "::basic_json(" + json + " const&)"),
              "nlohmann::json::json(nlohmann::json const&)");
}

TEST(Simplified, EachLambdaIsOneName) {
    EXPECT_EQ(of("_ZZ4mainENKUlvE_clEv"), "main::{lambda#1}");
    EXPECT_EQ(of("_ZZ4mainENKUlvE0_clEv"), "main::{lambda#2}");
    EXPECT_EQ(of("_ZZ3fooiENKUlT_E_clIiEEDaS_"), "foo(int)::{lambda#1}");
    EXPECT_EQ(of("_ZZ4mainENK3$_0clEv"), "main::{lambda$0}");
    EXPECT_EQ(simplified("operator() at line 12 in fill"), "{lambda} at line 12 in fill");
    EXPECT_EQ(simplified("f({lambda(int)#1}, int)"), "f({lambda#1}, int)");
}

TEST(Simplified, OperatorsAndFunctionTypesStay) {
    for (const char* same : {"A::operator<(A const&)",
                             "A::operator<<(int)",
                             "A::operator>>(int)",
                             "A::operator->()",
                             "A::operator->*(int)",
                             "A::operator()(int)",
                             "A::operator[](int)",
                             "operator,(A, B)",
                             "A::operator unsigned long() const",
                             "A::operator std::vector<int>()",
                             "operator new(unsigned long)",
                             "operator< <int>(A<int> const&)",
                             "f(int (*)(char))",
                             "f(int (A::*)(char) const)",
                             "f<&(g(int))>()",
                             "f<(char)60>(long)",
                             "f<(3>2)>()",
                             "(anonymous namespace)::f(int)",
                             "main(int)::Local::run()",
                             "f(int (&) [3])",
                             "decltype (a->b) get<int>(int)",
                             "A<int>::~A()",
                             "f(std::less<int>)"})
        EXPECT_EQ(simplified(same), same);
}

TEST(Simplified, UnbalancedBracketsEnd) {
    for (const char* text : {"<<<<", ">>>>", "((((", "))))", "a<b", "a>b<", "{lambda(", "{lambda(#",
                             "[abi:", "a<,b>", "a<, b", "std::basic_string<char", "operator",
                             "$_0::", "::", "a<b,c,d)>", ",,,<,,,", "{lambda()#1}::operator()<("}) {
        EXPECT_LE(simplified(text).size(), std::string(text).size() * 2 + 8) << text;
        EXPECT_LE(columns_of(shortened(text, 3)), 3u) << text;
    }
}

// From the pieces of which names are made, in any order.
TEST(Names, AnythingIsSimplifiedAndFits) {
    const char* const pieces[] = {
        "a",   "::", "<",        ">",   ", ",    "(",         ")",
        "{",   "}",  "[abi:",    "]",   "std::", "allocator", "basic_string",
        " ",   "->", "operator", "<<",  "char",  "{lambda(",  "#1}",
        "$_1", "~",  "\xc3\xa4", "__1", "less",  "v9",        "fmt"};
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        std::string name;
        for (auto i = random() % 40; i > 0; --i) name += pieces[random() % std::size(pieces)];
        const std::string simple = simplified(name);
        ASSERT_LE(simple.size(), name.size() * 2 + 8) << name;
        const std::size_t width = random() % 60;
        const std::string text = shortened(simple, width);
        ASSERT_LE(columns_of(text), width) << simple;
        if (columns_of(simple) <= width) {
            ASSERT_EQ(text, simple);
        }
        // Without brackets what is left is the name's end.
        if (text.starts_with("...") && simple.find_first_of("(<{[") == std::string::npos) {
            ASSERT_TRUE(simple.ends_with(text.substr(3))) << simple << ' ' << text;
        }
    }
}

double seconds_of(const std::string& name) {
    const std::clock_t begin = std::clock();
    const std::string text = shortened(simplified(name), 80);
    EXPECT_LE(columns_of(text), 80u);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

std::string repeated(std::size_t count, const std::string& piece) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
}

TEST(Names, AHundredThousandLettersTakeNoTime) {
    constexpr std::size_t kMany = 12500;  // of some eight letters
    std::string nested = "int";
    for (int i = 0; i < 12; ++i)
        nested = "std::vector<" + nested + ", std::allocator<" + nested + " > >";
    EXPECT_GT(nested.size(), 100000u);
    EXPECT_EQ(simplified(nested).find("allocator"), std::string::npos);
    for (const std::string& name :
         {nested, repeated(kMany, "{lambda("), repeated(kMany, "{lambda(") + repeated(kMany, ")}"),
          repeated(kMany, "vector<"), repeated(kMany, "a, b<c, ") + repeated(kMany, ">"),
          repeated(kMany, "[abi:a<"), repeated(kMany, "((((((((") + repeated(kMany, ">>>>>>>>"),
          repeated(kMany, "std::less<std::less<"), repeated(kMany, "operator")})
        EXPECT_LT(seconds_of(name), 2.0) << name.substr(0, 40);
}

std::string substitution(int number) {
    static constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (number == 0) return "S_";
    std::string text(1, kDigits[(number - 1) % 36]);
    if (number > 36) text.insert(text.begin(), kDigits[(number - 1) / 36 - 1]);
    return "S" + text + "_";
}

// 255 letters stand for a gigabyte, which took seconds for each three letters less.
TEST(Demangled, ANameThatDoublesWithEachArgument) {
    std::string name = "_Z1fSt4pairIiiE";
    for (int i = 0; i < 24; ++i)
        name += substitution(0) + "I" + substitution(i + 1) + substitution(i + 1) + "E";
    EXPECT_LE(name.size(), 255u);
    EXPECT_EQ(demangled(name), std::nullopt);
    EXPECT_EQ(function_from_linkage(name), name);
}

TEST(Demangled, LongerThanADemanglersOwnLimit) {
    const std::string word(100, 'a');
    std::string name = "_ZN", whole;
    for (int i = 0; i < 15; ++i) {
        name += "100" + word;
        whole += (i == 0 ? "" : "::") + word;
    }
    EXPECT_EQ(demangled(name + "Ev"), whole + "()");
}

TEST(Demangled, RustsOwnScheme) {
    // From RFC 2603 and the tests of rustc-demangle.
    EXPECT_EQ(demangled("_RNvC6_123foo3bar"), "123foo::bar");
    EXPECT_EQ(demangled("_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_"),
              "cc::spawn::{closure#0}::{closure#0}");
    EXPECT_EQ(demangled("_RNvMs_Cs4Cv8Wi1oAIB_7mycrateNtB4_7Example3foo"),
              "<mycrate::Example>::foo");
    EXPECT_TRUE(is_mangled("_RNvC6_123foo3bar"));
    EXPECT_EQ(function_from_linkage("_ReadLine"), "_ReadLine");
}

TEST(Demangled, RustsOlderScheme) {
    EXPECT_EQ(demangled("_ZN4test1a2bcE"), "test::a::bc");
    EXPECT_EQ(demangled("_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$11allocate_in17h0123456789abcdefE"),
              "alloc::raw_vec::RawVec<T,A>::allocate_in");
}

TEST(Shortened, TheEndStays) {
    const std::string name =
        "nlohmann::detail::json_sax_dom_parser<nlohmann::json>::key(std::string&)";
    EXPECT_EQ(shortened(name, 100), name);
    EXPECT_EQ(shortened(name, 70),
              "nlohmann::detail::json_sax_dom_parser<nlohmann::json>::key(...)");
    EXPECT_EQ(shortened(name, 55), "nlohmann::detail::json_sax_dom_parser<...>::key(...)");
    EXPECT_EQ(shortened(name, 45), "nlohmann::detail::json_sax_dom_parser::key");
    EXPECT_EQ(shortened(name, 40), "...::detail::json_sax_dom_parser::key");
    EXPECT_EQ(shortened(name, 26), "...son_sax_dom_parser::key");
    EXPECT_EQ(shortened("a::long_class_name::some_long_method(int)", 26),
              "...::some_long_method(int)");
    EXPECT_EQ(shortened("a_function_without_any_scope", 10), "...y_scope");
    EXPECT_EQ(shortened("A::operator<(A::B const&)", 18), "A::operator<(...)");
    EXPECT_EQ(shortened("käse::töpfe(größe const&)", 20), "käse::töpfe(...)");
    EXPECT_EQ(shortened_path("/usr/include/nlohmann/detail/input/parser.hpp", 30),
              ".../detail/input/parser.hpp");
    EXPECT_EQ(shortened_path("parser.hpp", 30), "parser.hpp");
}

}  // namespace
}  // namespace mt::core
