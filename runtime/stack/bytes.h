// SPDX-License-Identifier: MIT
//
// A cursor over unwind tables, which nobody vouches for: it never reads outside
// its range, and after the first bad read it stays failed and yields zeros, so
// that callers may check once at the end. It knows DWARF's number formats and
// no meaning.
#ifndef MEMTRACE_STACK_BYTES_H
#define MEMTRACE_STACK_BYTES_H

#include <dwarf.h>

#include "abi/layout.h"

namespace mt::runtime::stack {

using abi::u16;
using abi::u32;
using abi::u64;
using abi::u8;
using i32 = std::int32_t;
using i64 = std::int64_t;

struct Span {
    u64 start;
    u64 end;
    bool contains(u64 address) const { return address >= start && address < end; }
    u64 size() const { return end - start; }
};

// The parts of a pointer encoding, DW_EH_PE_* (Linux Standard Base): how the number is
// written, and what it counts from.
inline constexpr u8 kPointerFormat = 0x0f;
inline constexpr u8 kPointerBase = 0x70;

class Bytes {
  public:
    explicit Bytes(Span span)
        : at_(span.start), end_(span.end < span.start ? span.start : span.end) {}

    bool ok() const { return at_ <= end_; }
    u64 at() const { return at_; }
    u64 left() const { return ok() ? end_ - at_ : 0; }
    // Two words are all there is of it, for the sake of small frames.
    void fail() {
        at_ = 1;
        end_ = 0;
    }
    void skip(u64 count) {
        if (count > left()) return fail();
        at_ += count;
    }

    u8 take8() { return take<u8>(); }
    u16 take16() { return take<u16>(); }
    u32 take32() { return take<u32>(); }
    u64 take64() { return take<u64>(); }

    u64 take_uleb() {
        u64 value = 0;
        for (u32 shift = 0;; shift += 7) {
            const u8 byte = take8();
            if (shift < 64) value |= u64{byte & 0x7fu} << shift;
            if ((byte & 0x80) == 0) return ok() ? value : 0;
        }
    }

    i64 take_sleb() {
        u64 value = 0;
        u32 shift = 0;
        u8 byte;
        do {
            byte = take8();
            if (shift < 64) value |= u64{byte & 0x7fu} << shift;
            shift += 7;
        } while ((byte & 0x80) != 0);
        if (shift < 64 && (byte & 0x40) != 0) value |= ~u64{0} << shift;
        return ok() ? static_cast<i64>(value) : 0;
    }

    // A pointer in one of the encodings that are valid without a text or data
    // base of the object; `header` is what data-relative ones count from (only
    // the search table of .eh_frame_hdr has such).
    u64 take_pointer(u8 encoding, u64 header = 0) {
        const u64 here = at_;
        u64 value = take_format(encoding);
        if (encoding & DW_EH_PE_indirect) fail();
        switch (encoding & kPointerBase) {
            case DW_EH_PE_absptr:
                break;
            case DW_EH_PE_pcrel:
                value += here;
                break;
            case DW_EH_PE_datarel:
                if (header == 0) fail();
                value += header;
                break;
            default:
                fail();
        }
        return ok() ? value : 0;
    }

    // The number alone, without its base: lengths, and what is only skipped.
    u64 take_format(u8 encoding) {
        switch (encoding & kPointerFormat) {
            case DW_EH_PE_absptr:
            case DW_EH_PE_udata8:
            case DW_EH_PE_sdata8:
                return take64();
            case DW_EH_PE_uleb128:
                return take_uleb();
            case DW_EH_PE_udata2:
                return take16();
            case DW_EH_PE_udata4:
                return take32();
            case DW_EH_PE_sleb128:
                return static_cast<u64>(take_sleb());
            case DW_EH_PE_sdata2:
                return static_cast<u64>(i64{static_cast<std::int16_t>(take16())});
            case DW_EH_PE_sdata4:
                return static_cast<u64>(i64{static_cast<i32>(take32())});
            default:
                fail();
                return 0;
        }
    }

  private:
    template <typename T>
    T take() {
        if (left() < sizeof(T)) {
            fail();
            return 0;
        }
        T value;
        __builtin_memcpy(&value, reinterpret_cast<const void*>(at_), sizeof(T));
        at_ += sizeof(T);
        return value;
    }

    u64 at_;
    u64 end_;
};

}  // namespace mt::runtime::stack

#endif
