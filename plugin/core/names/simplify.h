// SPDX-License-Identifier: MIT
//
// Names of functions and types as people write them: what a demangler prints without what nobody
// has typed. For eyes only: rows are grouped and filters match by whole names. Pure text, in time
// linear in its length; a name that is none comes back much as it was.
//
//   std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >  std::string
//   std::map<K, V, std::less<K>, std::allocator<std::pair<K const, V> > >            std::map<K, V>
//   fmt::v9::format[abi:cxx11](…) fmt::format(…) main::{lambda(int)#1}::operator()(int) const
//   main::{lambda#1}
#ifndef MEMTRACE_CORE_NAMES_SIMPLIFY_H
#define MEMTRACE_CORE_NAMES_SIMPLIFY_H

#include <string>
#include <string_view>

namespace mt::core {

std::string simplified(std::string_view name);

}  // namespace mt::core

#endif
