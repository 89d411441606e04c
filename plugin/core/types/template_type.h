// SPDX-License-Identifier: MIT
//
// What a block is for, by the names of the functions that asked for it: C++ containers and
// smart pointers allocate in functions whose template arguments say of what. libstdc++ and
// libc++, gcc and clang. Text only; where no rule fits nothing is said, and none guesses.
#ifndef MEMTRACE_CORE_TYPES_TEMPLATE_TYPE_H
#define MEMTRACE_CORE_TYPES_TEMPLATE_TYPE_H

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mt::core {

// As a person would write it: "Order[]", "std::map<int, Order> node"; empty: not known.
// `functions`: demangled, most recent first, inlined ones too, nothing skipped.
std::string template_type(std::span<const std::string_view> functions);

// The same of what std::allocator<TYPE> allocates, where nobody knows for whom; empty: nothing
// special, TYPE itself.
std::string allocated_type(std::string_view type);

// The arguments of the last template that `name` ends with: of "a<b<c>, d>" these are "b<c>" and
// "d". Parentheses and brackets nest, too. Empty: it ends with none.
std::vector<std::string_view> template_arguments(std::string_view name);

// Without what a library puts between a name and its namespace (std::__1::, std::__cxx11::), and
// without arguments that are the default: allocators, comparisons, hashes.
std::string plain_type(std::string_view type);

}  // namespace mt::core

#endif
