// SPDX-License-Identifier: MIT
//
// See expressions.h.
#include "expressions.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace mt::reader {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    const std::string copy(text);
    char* end = nullptr;
    errno = 0;
    const std::uint64_t number = std::strtoull(copy.c_str(), &end, 0);
    if (errno != 0 || *end != '\0') return std::nullopt;
    return number;
}

class Evaluation {
  public:
    Evaluation(const FindSymbol& symbol, const ReadWord& word) : symbol_(symbol), word_(word) {}

    std::string sum(std::string_view text, mtc_value& value) {
        text = trimmed(text);
        // From the right, so that a - b - c is what it is elsewhere; names have no such signs.
        const auto sign = text.find_last_of("+-");
        if (sign == text.npos || sign == 0 || text.back() == ')') return one(text, value);
        const auto more = number_of(trimmed(text.substr(sign + 1)));
        if (!more) return not_understood(text.substr(sign + 1));
        const std::string error = sum(text.substr(0, sign), value);
        if (!error.empty()) return error;
        value.number = text[sign] == '+' ? address(value) + *more : address(value) - *more;
        value.kind = MTC_VALUE_NUMBER;
        return {};
    }

  private:
    static std::uint64_t address(const mtc_value& value) {
        return value.kind == MTC_VALUE_PLACE ? value.address : value.number;
    }
    static std::string not_understood(std::string_view text) {
        return "the reader knows numbers and variables, &variable, *(address), + and -; not " +
               std::string(trimmed(text));
    }

    std::string one(std::string_view text, mtc_value& value) {
        if (const auto number = number_of(text)) {
            value.kind = MTC_VALUE_NUMBER;
            value.number = *number;
            return {};
        }
        if (text.size() > 2 && text[0] == '(' && text.back() == ')')
            return sum(text.substr(1, text.size() - 2), value);
        if (text.size() > 1 && text[0] == '*') {
            const std::string error = one(trimmed(text.substr(1)), value);
            return error.empty() ? loaded(address(value), value) : error;
        }
        const bool takes_address = text.size() > 1 && text[0] == '&';
        return variable(std::string(trimmed(text.substr(takes_address ? 1 : 0))), takes_address,
                        value);
    }

    std::string loaded(std::uint64_t address, mtc_value& value) {
        value.kind = MTC_VALUE_NUMBER;
        if (word_(address, value.number)) return {};
        return "the memory at " + std::to_string(address) + " cannot be read";
    }

    std::string variable(const std::string& name, bool takes_address, mtc_value& value) {
        if (name.find_first_of("()[]<>*&.,!") != name.npos) return not_understood(name);
        const auto found = symbol_(name);
        if (!found) return "there is no variable " + name;
        if (!takes_address && found->size == sizeof(std::uint64_t))
            return loaded(found->address, value);
        value.kind = takes_address ? MTC_VALUE_NUMBER : MTC_VALUE_PLACE;
        value.number = value.address = found->address;
        return {};
    }

    const FindSymbol& symbol_;
    const ReadWord& word_;
};

}  // namespace

std::string value_of(const std::string& expression, const FindSymbol& symbol, const ReadWord& word,
                     mtc_value& value) {
    value = mtc_value{};
    return Evaluation(symbol, word).sum(expression, value);
}

}  // namespace mt::reader
