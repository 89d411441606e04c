// SPDX-License-Identifier: MIT
//
// Types by the names of allocating functions: names as g++ 12 with libstdc++ and clang 14 with
// libc++ make them and their demanglers write them, and names that say nothing.
#include <gtest/gtest.h>

#include <map>

#include "support/fake_memory.h"
#include "types/first_words.h"
#include "types/template_type.h"
#include "types/vtable_type.h"

namespace mt::core::test {
namespace {

std::string type_of(const std::vector<std::string_view>& functions) {
    return template_type(functions);
}

TEST(TemplateTypes, OfLibstdcxxAreAsAPersonWritesThem) {
    const struct {
        const char* allocator_of;
        const char* caller;
        const char* type;
    } kCases[] = {
        {"Order", "std::_Vector_base<Order, std::allocator<Order> >::_M_allocate(unsigned long)",
         "Order[]"},
        {"std::_Rb_tree_node<std::pair<int const, Order> >",
         "std::_Rb_tree<int, std::pair<int const, Order> >::_M_get_node()",
         "std::map<int, Order> node"},
        {"std::_Rb_tree_node<std::pair<std::__cxx11::basic_string<char, std::char_traits<char>, "
         "std::allocator<char> > const, std::vector<Order, std::allocator<Order> > > >",
         "f()", "std::map<std::string, std::vector<Order>> node"},
        {"std::_Rb_tree_node<int>", "f()", "std::set<int> node"},
        {"std::__detail::_Hash_node<std::pair<int const, Order>, false>", "f()",
         "std::unordered_map<int, Order> node"},
        {"std::__detail::_Hash_node<long, false>", "f()", "std::unordered_set<long> node"},
        {"std::__detail::_Hash_node_base*", "f()", "buckets of an unordered container"},
        {"std::_List_node<Order>", "f()", "std::list<Order> node"},
        {"std::_Fwd_list_node<Order>", "f()", "std::forward_list<Order> node"},
        {"std::_Sp_counted_ptr_inplace<Order, std::allocator<void>, (__gnu_cxx::_Lock_policy)2>",
         "f()", "Order (make_shared)"},
        {"Order*",
         "std::_Deque_base<Order, std::allocator<Order> >::_M_allocate_map(unsigned long)",
         "map of a std::deque"},
        {"Order", "std::_Deque_base<Order, std::allocator<Order> >::_M_allocate_node()", "Order[]"},
        {"char",
         "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> "
         ">::_M_create(unsigned long&, unsigned long)",
         "std::string"},
    };
    for (const auto& one : kCases) {
        const std::string allocate = "std::__new_allocator<" + std::string(one.allocator_of) +
                                     " >::allocate(unsigned long, void const*)";
        const std::string outer =
            "std::allocator<" + std::string(one.allocator_of) + " >::allocate(unsigned long)";
        const std::string traits = "std::allocator_traits<std::allocator<" +
                                   std::string(one.allocator_of) +
                                   " > >::allocate(std::allocator<int>&, unsigned long)";
        EXPECT_EQ(type_of({"operator new(unsigned long)", allocate, outer, traits, one.caller}),
                  one.type);
        EXPECT_EQ(type_of({allocate, one.caller}), one.type);
        const std::string old = "__gnu_cxx::new_allocator<" + std::string(one.allocator_of) +
                                ">::allocate(unsigned long, void const*)";
        EXPECT_EQ(type_of({old, one.caller}), one.type);
    }
}

TEST(TemplateTypes, OfLibcxxAreTheSame) {
    const struct {
        const char* allocator_of;
        const char* type;
    } kCases[] = {
        {"Order", "Order[]"},
        {"std::__1::__list_node<Order, void*>", "std::list<Order> node"},
        {"std::__1::__forward_list_node<Order, void*>", "std::forward_list<Order> node"},
        {"std::__1::__shared_ptr_emplace<Order, std::__1::allocator<Order>>",
         "Order (make_shared)"},
        {"std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char>>",
         "std::string[]"},
    };
    for (const auto& one : kCases) {
        const std::string allocate = "std::__1::allocator<" + std::string(one.allocator_of) +
                                     ">::allocate[abi:v15007](unsigned long)";
        EXPECT_EQ(type_of({"void* std::__1::__libcpp_operator_new<unsigned long>(unsigned long)",
                           allocate, "f()"}),
                  one.type);
    }
}

TEST(TemplateTypes, OfFunctionsThatSayItThemselves) {
    EXPECT_EQ(type_of({"std::make_unique<Order, int>(int&&)"}), "Order");
    EXPECT_EQ(type_of({"operator new(unsigned long)",
                       "std::__shared_count<(__gnu_cxx::_Lock_policy)2>::__shared_count<Order*>("
                       "Order*)"}),
              "control block of Order");
    EXPECT_EQ(type_of({"std::_Function_base::_Base_manager<main::{lambda()#1}>::_M_create<main::{"
                       "lambda()#1}>(std::_Any_data&, main::{lambda()#1}&&)"}),
              "std::function's main::{lambda()#1}");
    EXPECT_EQ(type_of({"std::__cxx11::basic_string<char, std::char_traits<char>, "
                       "std::allocator<char> >::_M_mutate(unsigned long, unsigned long, char "
                       "const*, unsigned long)"}),
              "std::string");
    EXPECT_EQ(type_of({"std::__cxx11::basic_string<wchar_t, std::char_traits<wchar_t>, "
                       "std::allocator<wchar_t> >::_M_create(unsigned long&, unsigned long)"}),
              "std::wstring");
}

TEST(TemplateTypes, AreNotGuessed) {
    EXPECT_EQ(type_of({}), "");
    EXPECT_EQ(type_of({"main"}), "");
    // What the any keeps is not the any.
    EXPECT_EQ(type_of({"operator new(unsigned long)",
                       "std::any::_Manager_external<Order>::_S_create(std::any::_Storage&)",
                       "std::make_unique<std::any>()"}),
              "");
    EXPECT_EQ(type_of({"operator new(unsigned long)", "main", "std::make_unique<Order>()"}), "");
    // A class of the program's own of that name.
    EXPECT_EQ(type_of({"mine::allocator<Order>::allocate(unsigned long)", "main"}), "");
    // A helper of a library that no rule knows.
    EXPECT_EQ(type_of({"std::allocator<std::_Something<Order> >::allocate(unsigned long)", "f()"}),
              "");
    EXPECT_EQ(type_of({"std::allocator::allocate(unsigned long)"}), "");
}

TEST(TemplateArguments, AreCutWhereNothingIsOpen) {
    using Arguments = std::vector<std::string_view>;
    EXPECT_EQ(template_arguments("a<b<c>, d>"), (Arguments{"b<c>", "d"}));
    EXPECT_EQ(template_arguments("a<b(int, char), c[3]>"), (Arguments{"b(int, char)", "c[3]"}));
    EXPECT_EQ(template_arguments("a<b<c> >"), (Arguments{"b<c>"}));
    EXPECT_EQ(template_arguments("a"), Arguments{});
    EXPECT_EQ(template_arguments("a<&(x::operator<(int, int))>"),
              (Arguments{"&(x::operator<(int, int))"}));
    for (const char* broken : {"a>", ">", "a<b>>", "<", "", "a<b,>"}) template_arguments(broken);
}

TEST(PlainTypes, LeaveOutWhatIsTheDefault) {
    EXPECT_EQ(plain_type("std::map<int, long, std::less<int>, std::allocator<std::pair<int const, "
                         "long> > >"),
              "std::map<int, long>");
    EXPECT_EQ(plain_type("std::map<int, long, Mine, std::allocator<std::pair<int const, long> > >"),
              "std::map<int, long, Mine>");
    EXPECT_EQ(plain_type("std::stack<long, std::deque<long, std::allocator<long> > >"),
              "std::stack<long>");
    EXPECT_EQ(plain_type("std::queue<long, std::list<long> >"),
              "std::queue<long, std::list<long>>");
    EXPECT_EQ(plain_type("std::priority_queue<A, std::vector<A, std::allocator<A> >, "
                         "std::less<A> >"),
              "std::priority_queue<A>");
    EXPECT_EQ(plain_type("std::priority_queue<A, std::deque<A>, std::less<A> >"),
              "std::priority_queue<A, std::deque<A>>");
    EXPECT_EQ(plain_type("std::priority_queue<A, std::vector<A>, Mine>"),
              "std::priority_queue<A, std::vector<A>, Mine>");
    EXPECT_EQ(plain_type("std::vector<int, Mine<int> >"), "std::vector<int, Mine<int>>");
    EXPECT_EQ(plain_type("std::unique_ptr<A, std::default_delete<A> >"), "std::unique_ptr<A>");
    EXPECT_EQ(plain_type("std::vector<int, std::allocator<int> > const*"),
              "std::vector<int> const*");
    EXPECT_EQ(plain_type("std::array<int, 3ul>"), "std::array<int, 3ul>");
    EXPECT_EQ(plain_type("unsigned long"), "unsigned long");
    EXPECT_EQ(plain_type("Order []"), "Order[]");
}

TEST(AllocatedTypes, OfAControlBlockAreWhatItControls) {
    EXPECT_EQ(allocated_type("std::_Sp_counted_ptr<Order*, (__gnu_cxx::_Lock_policy)2>"),
              "control block of Order");
    EXPECT_EQ(allocated_type("std::__shared_ptr_pointer<Order*, D, std::allocator<Order>>"),
              "control block of Order");
}

// A module with a class that has run-time type information, as the ABI lays it out.
class VtableTypesOf : public ::testing::Test {
  protected:
    static constexpr std::uint64_t kModule = 0x7f10'0000'0000;
    static constexpr std::uint64_t kVtable = kModule + 0x110, kInfo = kModule + 0x200;
    static constexpr std::uint64_t kKind = kModule + 0x310, kKindsInfo = kModule + 0x400;

    VtableTypesOf() {
        table_.modules.resize(2);
        table_.modules[1].start = kModule;
        table_.modules[1].end = kModule + 0x1000;
        memory_.map(kModule, 0x1000);
        memory_.put(kVtable - 8, kInfo);
        memory_.put(kInfo, kKind);
        memory_.put(kInfo + 8, text(0x500, "N4shop4ItemE"));
        memory_.put(kKind - 8, kKindsInfo);
        memory_.put(kKindsInfo + 8, text(0x600, "N10__cxxabiv120__si_class_type_infoE"));
    }
    std::uint64_t text(std::uint64_t offset, const std::string& value) {
        memory_.write(kModule + offset, value.c_str(), value.size() + 1);
        return kModule + offset;
    }
    std::string type(std::uint64_t word = kVtable, DebugInfo* debugger = nullptr) {
        const VtableTypes types(memory_, table_, debugger);
        if (!types.may_be_one(word)) return "none";
        const auto name = types.type_at(word);
        EXPECT_TRUE(name);
        return name ? *name : "";
    }

    mt::test::FakeMemory memory_;
    Table table_;
};

TEST_F(VtableTypesOf, StrippedFilesAreNamedByTheirTypeInformation) {
    EXPECT_EQ(type(), "shop::Item");
    // With internal linkage.
    memory_.put(kInfo + 8, text(0x500, "*N12_GLOBAL__N_14ItemE"));
    EXPECT_EQ(type(), "(anonymous namespace)::Item");
    // What a container keeps beside the class is called as its allocator calls it.
    memory_.put(kInfo + 8, text(0x500,
                                "St23_Sp_counted_ptr_inplaceI5OrderSaIvELN9__gnu_cxx12_Lock_"
                                "policyE2EE"));
    EXPECT_EQ(type(), "Order (make_shared)");
}

TEST_F(VtableTypesOf, NothingElseIsTakenForAClass) {
    EXPECT_EQ(type(0x1234'5678), "none");
    EXPECT_EQ(type(kVtable + 1), "none");
    EXPECT_EQ(type(kVtable + 8), "");
    // The part of an object that a base class is.
    memory_.put(kVtable - 16, std::int64_t{-16});
    EXPECT_EQ(type(), "");
    memory_.put(kVtable - 16, std::uint64_t{0});
    // A table of callbacks: what stands before it is no type.
    memory_.put(kKindsInfo + 8, text(0x600, "N4mine9class_infoE"));
    EXPECT_EQ(type(), "");
    memory_.unmap(kModule, 0x1000);
    EXPECT_EQ(type(), "");
}

// Where a file has symbols, but a core has no names of types.
TEST_F(VtableTypesOf, SymbolsAreEnough) {
    struct Symbols final : DebugInfo {
        Result<std::vector<RawFrame>> frames(std::uint64_t) override {
            return std::vector<RawFrame>();
        }
        Result<std::optional<RawSymbol>> symbol(std::uint64_t address) override {
            if (address < kVtable - 16 || address >= kVtable + 24) return std::nullopt;
            return RawSymbol{"_ZTV5Order", kVtable - 16, 40};
        }
    } symbols;
    memory_.unmap(kModule, 0x1000);
    EXPECT_EQ(type(kVtable, &symbols), "Order");
    EXPECT_EQ(type(kVtable - 8, &symbols), "");
}

TEST(FirstWords, AreReadOnceForBlocksThatLieTogether) {
    mt::test::FakeMemory memory;
    std::vector<Block> blocks;
    const auto add = [&](std::uint64_t address, std::uint64_t size) {
        blocks.push_back({address, size, 0, 0});
        memory.map(address, 16);
        memory.put(address, address * 3);
    };
    constexpr std::uint64_t kNear = 0x10000, kFar = 0x7000'0000;
    for (std::uint64_t i = 0; i < 1000; ++i) add(kNear + i * 48, i % 7 == 0 ? 4 : 40);
    add(kFar, 8);
    memory.map(kNear, 48 * 1000);
    blocks.push_back({kFar + 0x100000, 64, 0, 0});  // that cannot be read
    std::map<std::size_t, std::uint64_t> found;
    const auto done = first_words(
        memory, blocks, [](std::size_t block) { return block % 2 == 0; },
        [&](std::size_t block, std::uint64_t word) -> Result<void> {
            found[block] = word;
            return {};
        },
        {});
    ASSERT_TRUE(done);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const bool has_word = i % 2 == 0 && blocks[i].size >= 8 && i + 1 < blocks.size();
        ASSERT_EQ(found.contains(i), has_word) << i;
        if (has_word) {
            ASSERT_EQ(found[i], blocks[i].address * 3);
        }
    }
    EXPECT_LE(memory.reads, 3u);
}

}  // namespace
}  // namespace mt::core::test
