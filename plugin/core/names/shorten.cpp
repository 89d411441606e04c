// SPDX-License-Identifier: MIT
//
// See shorten.h. Brackets that do not match make a name ugly, never wrong in length.
#include "names/shorten.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "names/operators.h"

namespace mt::core {
namespace {

constexpr std::string_view kGap = "...";
constexpr std::size_t kNone = std::string_view::npos;

// Where the last `columns` characters begin.
std::size_t last_columns(std::string_view text, std::size_t columns) {
    std::size_t at = text.size();
    while (at > 0 && columns > 0) {
        --at;
        if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80) --columns;
    }
    return at;
}

std::string cut_in_front(std::string_view text, std::size_t width) {
    if (width <= kGap.size()) return std::string(text.substr(last_columns(text, width)));
    std::string out(kGap);
    out += text.substr(last_columns(text, width - kGap.size()));
    return out;
}

// What stands between two brackets that are in no others.
struct Group {
    std::size_t begin = 0, end = 0;  // without the brackets
    bool is_folded = false;
};

struct Groups {
    std::vector<Group> parameters, arguments;  // "(…)", "<…>"
};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

Groups groups_of(std::string_view name) {
    Groups groups;
    std::vector<char> open;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (c == 'o' && name.substr(i, 8) == "operator" && (i == 0 || !is_word(name[i - 1]))) {
            i += 7 + operator_symbol(name.substr(i + 8));
        } else if (c == '-' && name.substr(i, 2) == "->") {
            ++i;
        } else if (c == '(' || c == '<' || c == '{' || c == '[') {
            if (c == '(' && open.empty() && name.substr(i, 21) == "(anonymous namespace)") {
                i += 20;
                continue;
            }
            if (open.empty()) begin = i + 1;
            open.push_back(c);
        } else if (c == ')' || c == '}' || c == ']' || c == '>') {
            if (c != '>')  // a '<' left open here was a comparison
                while (open.size() > 1 && open.back() == '<') open.pop_back();
            if (open.empty() || (c == '>' && open.back() != '<')) continue;
            const char kind = open.back();
            open.pop_back();
            if (!open.empty() || i - begin <= kGap.size()) continue;
            if (kind == '(') groups.parameters.push_back({begin, i});
            if (kind == '<') groups.arguments.push_back({begin, i});
        }
    }
    return groups;
}

// Folds until what is left fits; `columns`: of all.
void fold(std::string_view name, std::vector<Group>& groups, std::size_t width,
          std::size_t& columns) {
    for (Group& group : groups) {
        if (columns <= width) return;
        group.is_folded = true;
        columns -= columns_of(name.substr(group.begin, group.end - group.begin)) - kGap.size();
    }
}

// With `gap` between the brackets; without one, without them.
std::string folded(std::string_view name, const Groups& groups, std::string_view gap) {
    std::vector<Group> all;
    for (const auto* list : {&groups.parameters, &groups.arguments})
        for (const Group& group : *list)
            if (group.is_folded) all.push_back(group);
    std::sort(all.begin(), all.end(),
              [](const Group& a, const Group& b) { return a.begin < b.begin; });
    const std::size_t bracket = gap.empty() ? 1 : 0;
    std::string out;
    std::size_t at = 0;
    for (const Group& group : all) {
        out += name.substr(at, group.begin - bracket - at);
        out += gap;
        at = group.end + bracket;
    }
    return out += name.substr(at);
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string shortened(std::string_view name, std::size_t width) {
    std::size_t columns = columns_of(name);
    if (columns <= width) return std::string(name);
    Groups groups = groups_of(name);
    fold(name, groups.parameters, width, columns);
    fold(name, groups.arguments, width, columns);
    if (columns <= width) return folded(name, groups, kGap);
    // Class and method need all the room that there is.
    const std::string bare = folded(name, groups, "");
    if (columns_of(bare) <= width) return bare;
    // At a component, so that what is left is whole, unless that is little.
    if (width > kGap.size()) {
        const std::size_t from = last_columns(bare, width - kGap.size());
        const std::size_t scope = bare.find("::", from);
        const bool is_much = scope != kNone && (bare.size() - scope) * 2 >= width;
        if (is_much) return std::string(kGap) + bare.substr(scope);
    }
    return cut_in_front(bare, width);
}

std::string shortened_path(std::string_view path, std::size_t width) {
    if (columns_of(path) <= width) return std::string(path);
    if (width > kGap.size()) {
        const std::size_t from = last_columns(path, width - kGap.size());
        const std::size_t slash = path.find('/', from);
        if (slash != kNone && slash + 1 < path.size()) {
            std::string out(kGap);
            return out += path.substr(slash);
        }
    }
    return cut_in_front(path, width);
}

}  // namespace mt::core
