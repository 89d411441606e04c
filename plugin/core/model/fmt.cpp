// SPDX-License-Identifier: MIT
//
// fmt's compiled half, once. Debian ships it as a shared library only, which a debugger may
// have another version of; as headers only, each file would compile it again, which is a third
// of the core's build. Nothing of ours stands here.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;
template void buffer<char>::append(const char*, const char*);
template void vformat_to(buffer<char>&, string_view, basic_format_args<buffer_context<char>>,
                         locale_ref);
}  // namespace detail
FMT_END_NAMESPACE
