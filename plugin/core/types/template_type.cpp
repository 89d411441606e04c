// SPDX-License-Identifier: MIT
//
// See template_type.h. The names of the libraries' own classes are theirs to change: each rule
// here has a line in core_types_test that shows it on names that compilers have made.
#include "types/template_type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "symbols/name.h"

namespace mt::core {
namespace {

using Arguments = std::vector<std::string_view>;

std::string_view stripped(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool opens(char c) { return c == '<' || c == '(' || c == '[' || c == '{'; }
bool closes(char c) { return c == '>' || c == ')' || c == ']' || c == '}'; }

// The operators < and > are no brackets; nor is ->.
bool is_bracket(std::string_view text, std::size_t at) {
    constexpr std::string_view kOperator = "operator";
    if (text[at] != '<' && text[at] != '>') return true;
    if (at != 0 && text[at - 1] == '-') return false;
    std::size_t before = at;
    while (before != 0 && (text[before - 1] == '<' || text[before - 1] == '>')) --before;
    return !text.substr(0, before).ends_with(kOperator);
}

// The template before its arguments; the whole name, if it ends with none.
std::string_view template_name(std::string_view name) {
    name = stripped(name);
    if (!name.ends_with('>')) return name;
    int depth = 0;
    for (std::size_t i = name.size(); i-- > 0;) {
        if (!is_bracket(name, i)) continue;
        if (closes(name[i])) ++depth;
        if (opens(name[i]) && --depth == 0) return name.substr(0, i);
    }
    return name;
}

// What a function belongs to and its own name: "a::b<c>" and "d" of "a::b<c>::d<e>(f)".
struct Function {
    std::string_view scope, name;  // name: without arguments
    Arguments arguments;           // of the function's own template
};

Function function_of(std::string_view text) {
    std::string_view whole = stripped(without_return_type(without_parameters(text)));
    if (const std::size_t tag = whole.rfind("[abi:"); tag != whole.npos)
        whole = whole.substr(0, tag);
    Function function;
    function.arguments = template_arguments(whole);
    whole = template_name(whole);
    int depth = 0;
    for (std::size_t i = whole.size(); i-- > 1;) {
        if (is_bracket(whole, i) && closes(whole[i])) ++depth;
        if (is_bracket(whole, i) && opens(whole[i])) --depth;
        if (depth != 0 || whole[i] != ':' || whole[i - 1] != ':') continue;
        function.scope = whole.substr(0, i - 1);
        function.name = whole.substr(i + 1);
        return function;
    }
    function.name = whole;
    return function;
}

// Without the library's inner namespaces.
std::string plain_name(std::string_view name) {
    std::string text(name);
    for (const std::string_view inner : {"__1::", "__cxx11::", "__detail::", "__ndk1::"}) {
        for (std::size_t at = text.find(inner); at != text.npos; at = text.find(inner, at)) {
            const bool is_whole = at == 0 || text[at - 1] == ':';
            if (is_whole)
                text.erase(at, inner.size());
            else
                at += inner.size();
        }
    }
    // As the demangler has arrays.
    if (text.ends_with(" []")) text.erase(text.size() - 3, 1);
    return text;
}

std::string join(std::string_view name, const std::vector<std::string>& arguments) {
    std::string text(name);
    text += '<';
    for (std::size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "" : ", ") + arguments[i];
    return text + '>';
}

std::string_view without_star(std::string_view pointer) {
    return stripped(pointer.substr(0, pointer.size() - (pointer.ends_with('*') ? 1 : 0)));
}

// "std::map<K, T> node" of the pair that a node holds, "std::set<V> node" of anything else.
// A map's node of a set of pairs whose first is const cannot be told from a map's.
std::string node_of(std::string_view of_pairs, std::string_view of_others, std::string_view value) {
    const Arguments pair = template_arguments(value);
    const bool is_pair = plain_name(template_name(value)) == "std::pair" && pair.size() == 2;
    if (!is_pair || !pair[0].ends_with(" const"))
        return join(of_others, {plain_type(value)}) + " node";
    const std::string_view key = pair[0].substr(0, pair[0].size() - 6);
    return join(of_pairs, {plain_type(key), plain_type(pair[1])}) + " node";
}

}  // namespace

std::string allocated_type(std::string_view type) {
    const std::string name = plain_name(template_name(type));
    const Arguments of = template_arguments(type);
    const auto is = [&](std::string_view wanted) { return name == wanted && !of.empty(); };
    if (is("std::_Rb_tree_node")) return node_of("std::map", "std::set", of[0]);
    if (is("std::_Hash_node")) return node_of("std::unordered_map", "std::unordered_set", of[0]);
    if (is("std::_List_node") || is("std::__list_node"))
        return join("std::list", {plain_type(of[0])}) + " node";
    if (is("std::_Fwd_list_node") || is("std::__forward_list_node"))
        return join("std::forward_list", {plain_type(of[0])}) + " node";
    if (is("std::_Sp_counted_ptr_inplace") || is("std::__shared_ptr_emplace"))
        return plain_type(of[0]) + " (make_shared)";
    if (is("std::_Sp_counted_deleter") || is("std::_Sp_counted_ptr") ||
        is("std::__shared_ptr_pointer"))
        return "control block of " + plain_type(without_star(of[0]));
    if (name == "std::_Hash_node_base*" || name == "std::_Hash_node_base *")
        return "buckets of an unordered container";
    return {};
}

namespace {

// For the function that called the allocator.
std::string allocated(std::string_view type, const Function& caller) {
    std::string special = allocated_type(type);
    if (!special.empty()) return special;
    const std::string name = plain_name(template_name(type));
    if (name.starts_with("std::_") || name.starts_with("std::__")) return {};
    const std::string holder = plain_name(template_name(caller.scope));
    if (holder == "std::_Deque_base" && type.ends_with('*')) return "map of a std::deque";
    if (holder == "std::basic_string") return plain_type(caller.scope);
    return plain_type(type) + "[]";
}

bool is_allocator(const Function& function) {
    const std::string name = plain_name(template_name(function.scope));
    return function.name == "allocate" &&
           (name == "std::allocator" || name == "std::__new_allocator" ||
            name == "__gnu_cxx::new_allocator");
}

// What asks for bytes, not for a type. Any other function in between allocates for something of
// its own: make_unique<std::any> is not what the any in it keeps elsewhere.
bool only_passes_on(const Function& function) {
    return function.name.starts_with("operator new") || function.name == "malloc" ||
           function.name.starts_with("__libcpp_");
}

// What stands in no allocator: one function says it.
std::string made_by(const Function& function) {
    const std::string name = plain_name(
        function.scope.empty() ? std::string(function.name)
                               : std::string(function.scope) + "::" + std::string(function.name));
    if (name == "std::make_unique" && !function.arguments.empty())
        return plain_type(function.arguments[0]);
    const std::string scope = plain_name(template_name(function.scope));
    if (scope == "std::basic_string" && function.name.starts_with("_M_"))
        return plain_type(function.scope);
    if (scope == "std::__shared_count" && function.name == "__shared_count" &&
        !function.arguments.empty() && function.arguments[0].ends_with('*')) {
        return "control block of " + plain_type(without_star(function.arguments[0]));
    }
    const Arguments of = template_arguments(function.scope);
    if (scope == "std::_Function_base::_Base_manager" && !of.empty())
        return "std::function's " + plain_type(of[0]);
    return {};
}

// As many of the last arguments as are what the template has by default.
std::size_t written(std::string_view name, const std::vector<std::string>& arguments) {
    struct Defaults {
        std::string_view name;
        std::size_t own;  // arguments without one
    };
    static constexpr std::array kContainers = {
        Defaults{"std::vector", 1},        Defaults{"std::deque", 1},
        Defaults{"std::list", 1},          Defaults{"std::forward_list", 1},
        Defaults{"std::set", 1},           Defaults{"std::multiset", 1},
        Defaults{"std::map", 2},           Defaults{"std::multimap", 2},
        Defaults{"std::unordered_set", 1}, Defaults{"std::unordered_multiset", 1},
        Defaults{"std::unordered_map", 2}, Defaults{"std::unordered_multimap", 2},
        Defaults{"std::unique_ptr", 1}};
    const auto found = std::find_if(kContainers.begin(), kContainers.end(),
                                    [name](const Defaults& one) { return one.name == name; });
    if (found == kContainers.end()) return arguments.size();
    static constexpr std::array<std::string_view, 5> kUsual = {
        "std::allocator<", "std::less<", "std::hash<", "std::equal_to<", "std::default_delete<"};
    std::size_t count = arguments.size();
    while (count > found->own) {
        const std::string& last = arguments[count - 1];
        const bool is_usual =
            std::any_of(kUsual.begin(), kUsual.end(),
                        [&](std::string_view usual) { return last.starts_with(usual); });
        if (!is_usual) break;
        --count;
    }
    return count;
}

// Of an adaptor the container that it has by default.
void leave_out_container(std::string_view name, std::vector<std::string>& arguments) {
    const bool is_sorted = name == "std::priority_queue";
    if (!is_sorted && name != "std::stack" && name != "std::queue") return;
    if (is_sorted && arguments.size() == 3 && arguments[2] == join("std::less", {arguments[0]}))
        arguments.pop_back();
    const std::string_view container = is_sorted ? "std::vector" : "std::deque";
    if (arguments.size() == 2 && arguments[1] == join(container, {arguments[0]}))
        arguments.pop_back();
}

}  // namespace

std::vector<std::string_view> template_arguments(std::string_view name) {
    name = stripped(name);
    const std::size_t start = template_name(name).size();
    Arguments found;
    if (start == name.size()) return found;
    const std::string_view inner = name.substr(start + 1, name.size() - start - 2);
    int depth = 0;
    std::size_t from = 0;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        if (opens(inner[i]) && is_bracket(inner, i)) ++depth;
        if (closes(inner[i]) && is_bracket(inner, i)) --depth;
        if (depth != 0 || inner[i] != ',') continue;
        found.push_back(stripped(inner.substr(from, i - from)));
        from = i + 1;
    }
    found.push_back(stripped(inner.substr(from)));
    return found;
}

std::string plain_type(std::string_view type) {
    type = stripped(type);
    const std::string_view outer = template_name(type);
    if (outer.size() == type.size()) {
        // "a<b> const*": what follows the arguments stays as it is.
        const std::size_t last = type.rfind('>');
        if (last == type.npos || last + 1 == type.size()) return plain_name(type);
        const std::string_view before = type.substr(0, last + 1);
        if (template_name(before).size() == before.size()) return plain_name(type);
        return plain_type(before) + std::string(type.substr(last + 1));
    }
    const std::string name = plain_name(outer);
    std::vector<std::string> arguments;
    for (const std::string_view one : template_arguments(type))
        arguments.push_back(plain_type(one));
    if (name == "std::basic_string" && !arguments.empty()) {
        if (arguments[0] == "char") return "std::string";
        if (arguments[0] == "wchar_t") return "std::wstring";
    }
    arguments.resize(written(name, arguments));
    leave_out_container(name, arguments);
    return join(name, arguments);
}

std::string template_type(std::span<const std::string_view> functions) {
    for (std::size_t i = 0; i < functions.size(); ++i) {
        const Function function = function_of(functions[i]);
        if (is_allocator(function)) {
            // C++20 has the one allocator in the other.
            std::size_t outer = i + 1;
            while (outer < functions.size() && is_allocator(function_of(functions[outer]))) ++outer;
            const Arguments of = template_arguments(function.scope);
            if (of.empty()) return {};
            // Helpers of the library stand between it and the container.
            Function caller;
            for (; outer < functions.size(); ++outer) {
                caller = function_of(functions[outer]);
                const std::string scope = plain_name(caller.scope);
                if (!scope.starts_with("std::allocator_traits") &&
                    !scope.starts_with("__gnu_cxx::__alloc_traits"))
                    break;
            }
            return allocated(of[0], caller);
        }
        std::string made = made_by(function);
        if (!made.empty()) return made;
        if (!only_passes_on(function)) return {};
    }
    return {};
}

}  // namespace mt::core
