// SPDX-License-Identifier: MIT
//
// See name.h. The scanner reads what the C++ demangler printed; it is no parser
// for C++ and need not be one for hostile text: it only moves forward.
#include "symbols/name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <vector>

#include "names/demangle.h"
#include "names/operators.h"

namespace mt::core {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

struct Shape {
    std::size_t name = 0;            // where the qualified name begins
    std::size_t parameters = kNone;  // the opening parenthesis of the parameter list
};

// The parameter list is the last parenthesis at depth 0, and the return type
// ends at the last space at depth 0 before it that belongs to no operator name.
Shape shape_of(std::string_view text) {
    Shape shape;
    std::vector<char> open;
    std::size_t last_space = kNone;
    bool in_operator = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (text.substr(i, 8) == "operator" && (i == 0 || !is_word(text[i - 1])) &&
            (i + 8 == text.size() || !is_word(text[i + 8]))) {
            i += 8 + operator_symbol(text.substr(i + 8)) - 1;
            if (open.empty()) in_operator = true;
            continue;
        }
        if (c == '-' && text.substr(i, 2) == "->") {
            ++i;
            continue;
        }
        if (c == '(' || c == '<' || c == '{' || c == '[') {
            // "(anonymous namespace)::" and "decltype (…)" open no parameter list.
            const bool anonymous = text.substr(i, 21) == "(anonymous namespace)";
            if (c == '(' && open.empty() && !anonymous) {
                shape.parameters = i;
                shape.name = last_space == kNone ? 0 : last_space + 1;
            }
            open.push_back(c);
        } else if (c == ')' || c == '}' || c == ']') {
            // A '<' left open here was a comparison inside an expression.
            while (!open.empty() && open.back() == '<') open.pop_back();
            if (!open.empty()) open.pop_back();
        } else if (c == '>') {
            if (!open.empty() && open.back() == '<') open.pop_back();
        } else if (open.empty() && c == ':' && text.substr(i, 2) == "::") {
            in_operator = false;  // the conversion's own type was only a qualifier
        } else if (open.empty() && c == ' ' && !in_operator) {
            last_space = i;
        }
    }
    return shape;
}

// Clones of a function that the compiler made are that function to a reader.
std::string_view without_clone_suffix(std::string_view name) {
    static constexpr std::array<std::string_view, 9> kSuffixes = {
        ".cold",       ".part", ".isra", ".constprop", ".lto_priv",
        ".localalias", ".llvm", ".warm", ".__uniq"};
    std::size_t end = name.size();
    for (std::string_view suffix : kSuffixes) {
        const std::size_t at = name.find(suffix);
        if (at == kNone || at == 0) continue;
        const std::size_t after = at + suffix.size();
        if (after == name.size() || name[after] == '.') end = std::min(end, at);
    }
    return name.substr(0, end);
}

bool is_synthesised(std::string_view name) {
    return name.substr(0, 10) == "___lldb_un" || name.substr(0, 2) == "??";
}

}  // namespace

std::string_view without_return_type(std::string_view demangled) {
    return demangled.substr(shape_of(demangled).name);
}

std::string_view without_parameters(std::string_view demangled) {
    return demangled.substr(0, shape_of(demangled).parameters);
}

std::string_view without_scope(std::string_view function) {
    std::size_t component = 0;
    int depth = 0;
    for (std::size_t i = 0; i < function.size(); ++i) {
        const char c = function[i];
        if (i == component && function.substr(i, 8) == "operator") break;
        if (function.substr(i, 2) == "->") ++i;
        if (c == '<' || c == '(' || c == '{') ++depth;
        if (c == '>' || c == ')' || c == '}') --depth;
        if (depth == 0 && function.substr(i, 2) == "::") component = ++i + 1;
    }
    return function.substr(component);
}

std::string_view simple_name(std::string_view function) {
    const auto name = without_scope(without_parameters(without_return_type(function)));
    return name.substr(0, 8) == "operator" ? name : name.substr(0, name.find('<'));
}

std::string function_from_linkage(std::string_view linkage) {
    if (is_synthesised(linkage) || linkage.empty()) return {};
    std::string_view name = without_clone_suffix(linkage.substr(0, linkage.find('@')));
    if (!is_mangled(name)) return std::string(name);
    const auto function = demangled(std::string(name));
    return std::string(function ? without_return_type(*function) : name);
}

std::string function_from_debugger(std::string_view function) {
    if (is_synthesised(function)) return {};
    if (function.substr(0, 2) == "::") function.remove_prefix(2);
    // Of a parameter list one debugger makes up more than the other.
    const std::size_t parameters = shape_of(function).parameters;
    if (parameters != kNone && function.find("::", function.rfind(')')) == kNone)
        function = function.substr(0, parameters);
    return std::string(function);
}

std::string canonical_path(std::string_view file, std::string_view directory) {
    if (file.empty()) return {};
    std::filesystem::path path(file);
    if (path.is_relative() && !directory.empty()) path = std::filesystem::path(directory) / path;
    return path.lexically_normal().string();
}

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == kNone ? path : path.substr(slash + 1);
}

}  // namespace mt::core
