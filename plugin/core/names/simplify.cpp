// SPDX-License-Identifier: MIT
//
// See simplify.h. One pass over what the demangler printed: each character is copied or left out,
// and what has been written is only ever cut at its end, so hostile text costs no more than other
// text. It is no parser for C++: what it does not understand it copies.
#include "names/simplify.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>
#include <vector>

#include "names/operators.h"

namespace mt::core {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kComma = ", ";

bool is_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isdigit(c) != 0 || c == '_';
    });
}

// Namespaces that a library's author has put there and its users never type: reserved names,
// and the versions of some that many programs have.
bool is_inline_namespace(std::string_view word, std::string_view around) {
    static constexpr std::array<std::string_view, 8> kReserved = {
        "__cxx11", "__1", "__2", "__ndk1", "__gnu_cxx", "_V2", "__8", "__cxx1998"};
    if (std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end()) return true;
    if (around == "fmt::") return word.starts_with('v') && is_number(word.substr(1));
    if (around == "absl::") return word.starts_with("lts_") && is_number(word.substr(4));
    return around == "nlohmann::" && word.starts_with("json_abi");
}

// What a template's last argument is where nobody gives one. `name`: the template's;
// `first`: its first argument.
bool is_default(std::string_view argument, std::string_view name, std::string_view first) {
    if (argument.starts_with("std::allocator<")) return true;
    for (const std::string_view whole :
         {"alloc::alloc::Global", "std::hash::random::RandomState",
          "std::collections::hash::map::RandomState", "(_Lock_policy)2"})
        if (argument == whole) return true;
    const auto of_first = [&](std::string_view beginning) {
        return argument.size() == beginning.size() + first.size() + 1 &&
               argument.starts_with(beginning) && argument.ends_with('>') &&
               argument.substr(beginning.size(), first.size()) == first;
    };
    for (const std::string_view beginning :
         {"std::less<", "std::hash<", "std::equal_to<", "std::char_traits<", "std::default_delete<",
          "std::regex_traits<"})
        if (of_first(beginning)) return true;
    return (name == "std::stack" || name == "std::queue") && of_first("std::deque<");
}

// A class that people know by an alias. `own`: how its constructor is called; `alias`: how
// people call that.
struct Alias {
    std::string_view written, alias, own;
};
constexpr std::string_view kJson =
    "nlohmann::basic_json<std::map, std::vector, std::string, bool, long, unsigned long, double, "
    "std::allocator, nlohmann::adl_serializer, std::vector<unsigned char>";
constexpr std::array<Alias, 16> kAliases = {{
    {"std::basic_string<char", "std::string", "basic_string"},
    {"std::basic_string<wchar_t", "std::wstring", "basic_string"},
    {"std::basic_string<char8_t", "std::u8string", "basic_string"},
    {"std::basic_string<char16_t", "std::u16string", "basic_string"},
    {"std::basic_string<char32_t", "std::u32string", "basic_string"},
    {"std::basic_string_view<char", "std::string_view", "basic_string_view"},
    {"std::basic_ostream<char", "std::ostream", "basic_ostream"},
    {"std::basic_istream<char", "std::istream", "basic_istream"},
    {"std::basic_iostream<char", "std::iostream", "basic_iostream"},
    {"std::basic_ofstream<char", "std::ofstream", "basic_ofstream"},
    {"std::basic_ifstream<char", "std::ifstream", "basic_ifstream"},
    {"std::basic_stringstream<char", "std::stringstream", "basic_stringstream"},
    {"std::basic_ostringstream<char", "std::ostringstream", "basic_ostringstream"},
    {"std::basic_istringstream<char", "std::istringstream", "basic_istringstream"},
    {"std::basic_regex<char", "std::regex", "basic_regex"},
    {kJson, "nlohmann::json", "basic_json"},
}};

class Simplifier {
  public:
    explicit Simplifier(std::string_view text) : text_(text) { out_.reserve(text.size()); }

    std::string run() {
        while (at_ < text_.size()) step();
        return std::move(out_);
    }

  private:
    struct Open {
        char kind = 0;
        std::size_t name = 0;      // where in out_ the name before it begins
        std::size_t bracket = 0;   // where in out_ it stands
        std::size_t argument = 0;  // where its arguments begin in arguments_
    };

    std::string_view rest() const { return text_.substr(at_); }
    std::string_view written(std::size_t from, std::size_t end) const {
        return std::string_view(out_).substr(from, end - from);
    }

    void copy(std::size_t count) {
        out_ += text_.substr(at_, count);
        at_ += count;
    }

    // A name ends here; the next one begins with what is written next.
    void end_name() {
        name_ = out_.size();
        alias_ = nullptr;
    }

    void step() {
        const char c = text_[at_];
        if (is_word(c)) return word();
        if (rest().starts_with("::")) return copy(2);
        if (c == '[' && rest().starts_with("[abi:")) return skip_to(']');
        if (rest().starts_with("(anonymous namespace)")) return copy(21);
        if (rest().starts_with("{lambda(")) return lambda();
        if (rest().starts_with("->")) {
            copy(2);
            return end_name();
        }
        if (c == '<' || c == '(' || c == '{' || c == '[') return open(c);
        if (c == '>' || c == ')' || c == '}' || c == ']') return close(c);
        if (c == '~') return copy(1);
        if (c == ' ' && !out_.empty() && at_ + 1 < text_.size() && text_[at_ + 1] == '>' &&
            (out_.back() == '>' || out_.back() == '*' || out_.back() == '&')) {
            ++at_;  // "> >", which compilers needed once
            return;
        }
        if (c == ',' && is_in('<')) {
            out_ += kComma;
            at_ += rest().starts_with(kComma) ? kComma.size() : 1;
            arguments_.push_back(out_.size());
        } else {
            copy(1);
        }
        end_name();
    }

    bool is_in(char kind) const { return !open_.empty() && open_.back().kind == kind; }

    void skip_to(char end) {
        const std::size_t found = text_.find(end, at_);
        at_ = found == kNone ? text_.size() : found + 1;
    }

    void word() {
        std::size_t end = at_;
        while (end < text_.size() && is_word(text_[end])) ++end;
        const std::string_view word = text_.substr(at_, end - at_);
        const bool is_scope = text_.substr(end, 2) == "::";
        if (is_scope && is_inline_namespace(word, written(name_, out_.size()))) {
            at_ = end + 2;
            return;
        }
        if (word == "operator") return operator_name();
        if (word.size() > 2 && word.starts_with("$_") && is_number(word.substr(2)) && is_scope)
            return clang_lambda(word.substr(2), end);
        if (alias_ != nullptr && word == alias_->own) {
            out_ += alias_->alias.substr(alias_->alias.rfind(':') + 1);  // a constructor
            at_ = end;
            return;
        }
        copy(word.size());
    }

    void operator_name() {
        copy(8);
        copy(operator_symbol(rest()));
    }

    void open(char kind) {
        open_.push_back({kind, name_, out_.size(), arguments_.size()});
        copy(1);
        if (kind == '<') arguments_.push_back(out_.size());
        end_name();
    }

    void close(char c) {
        if (c != '>')  // a '<' left open here was a comparison inside an expression
            while (is_in('<')) leave();
        if (c == '>' && !is_in('<')) {
            copy(1);
            return end_name();
        }
        if (open_.empty()) {
            copy(1);
            return end_name();
        }
        const Open opened = open_.back();
        if (c == '>') drop_defaults(opened);
        name_ = opened.name;
        alias_ = nullptr;
        leave();
        if (c != '>' || !becomes_alias(opened))
            copy(1);
        else
            ++at_;
    }

    void leave() {
        arguments_.resize(open_.back().argument);
        open_.pop_back();
    }

    void drop_defaults(const Open& opened) {
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
        const auto* const places = arguments_.data() + opened.argument;
        std::size_t count = arguments_.size() - opened.argument;
        if (count < 2) return;
        const std::string_view first = written(places[0], places[1] - kComma.size());
        const std::string_view name = written(opened.name, opened.bracket);
        while (count > 1 && places[count - 1] <= out_.size() &&
               is_default(written(places[count - 1], out_.size()), name, first)) {
            out_.resize(places[count - 1] - kComma.size());
            --count;
        }
    }

    bool becomes_alias(const Open& opened) {
        const std::string_view whole = written(opened.name, out_.size());
        const auto* const found =
            std::find_if(kAliases.begin(), kAliases.end(),
                         [&](const Alias& alias) { return alias.written == whole; });
        if (found == kAliases.end()) return false;
        out_.resize(opened.name);
        out_ += found->alias;
        alias_ = found;
        return true;
    }

    // "{lambda(int)#1}::operator()(int) const" is one to a reader.
    void lambda() {
        const std::size_t end = after_group(at_);
        const std::string_view whole = text_.substr(at_, end - at_);
        const std::size_t number = whole.rfind('#');
        if (end == at_ || number == kNone) return open('{');
        out_ += "{lambda";
        out_ += whole.substr(number);
        at_ = end;
        skip_call();
    }

    void clang_lambda(std::string_view number, std::size_t end) {
        out_ += "{lambda$";
        out_ += number;
        out_ += '}';
        at_ = end;
        skip_call();
    }

    void skip_call() {
        constexpr std::string_view kCall = "::operator()";
        if (!rest().starts_with(kCall)) return;
        at_ += kCall.size();
        if (rest().starts_with(" <")) ++at_;
        if (rest().starts_with('<')) at_ = after_group(at_);
        if (rest().starts_with('(')) at_ = after_group(at_);
        if (rest().starts_with(" const")) at_ += 6;
    }

    // Past the bracket that closes the one at `from`; `from` if it is not found. All calls together
    // look at each character twice at most.
    std::size_t after_group(std::size_t from) {
        std::size_t depth = 0;
        for (std::size_t i = from; i < text_.size() && looked_at_ < 2 * text_.size(); ++i) {
            ++looked_at_;
            const char c = text_[i];
            if (text_.substr(i, 2) == "->") {
                ++i;
            } else if (c == '(' || c == '<' || c == '{' || c == '[') {
                ++depth;
            } else if (c == ')' || c == '>' || c == '}' || c == ']') {
                if (--depth == 0) return i + 1;
            }
        }
        return from;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t looked_at_ = 0;  // by after_group(), characters
    std::string out_;
    std::size_t name_ = 0;          // where in out_ the name that is being written begins
    const Alias* alias_ = nullptr;  // that name so far
    std::vector<Open> open_;
    std::vector<std::size_t> arguments_;  // where in out_ those of open_ begin
};

}  // namespace

std::string simplified(std::string_view name) {
    // What an inlined lambda is called that has no linkage name (symbols/symboliser.cpp).
    constexpr std::string_view kInlined = "operator() at line ";
    if (name.starts_with(kInlined))
        return "{lambda} at line " + Simplifier(name.substr(kInlined.size())).run();
    return Simplifier(name).run();
}

}  // namespace mt::core
