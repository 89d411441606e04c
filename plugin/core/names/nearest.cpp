// SPDX-License-Identifier: MIT
//
// See nearest.h. A mistake is a letter too much, too few, another one, or two that changed places.
#include "names/nearest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace mt::core {
namespace {

constexpr std::size_t kLongest = 64;

bool equals(char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
}

std::size_t mistakes(std::string_view a, std::string_view b) {
    using Row = std::array<std::size_t, kLongest + 1>;
    Row before_last{}, last{}, row{};
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t other = equals(a[i - 1], b[j - 1]) ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
            const bool swapped =
                i > 1 && j > 1 && equals(a[i - 1], b[j - 2]) && equals(a[i - 2], b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::exchange(last, row);
    }
    return last[b.size()];
}

bool contains(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(), equals) != text.end();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
    constexpr std::size_t kLeastPart = 3;  // of a word that others contain
    const std::size_t letters = word.size() - std::min(word.find_first_not_of('-'), word.size());
    if (letters < 2 || word.size() > kLongest) return {};
    const std::string* found = nullptr;
    std::size_t fewest = 1 + letters / 4;  // more is another word
    for (const std::string& name : names) {
        if (name.empty() || name.size() > kLongest || name == word) continue;
        const std::size_t count = mistakes(word, name);
        if (count > fewest || (found != nullptr && count == fewest)) continue;
        found = &name;
        fewest = count;
    }
    if (found != nullptr) return *found;
    for (const std::string& name : names)
        if (word.size() >= kLeastPart && contains(name, word) && name != word) return name;
    return {};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& names) {
    const std::string name = nearest(word, names);
    return name.empty() ? "" : " (did you mean " + name + "?)";
}

}  // namespace mt::core
