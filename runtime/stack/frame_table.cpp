// SPDX-License-Identifier: MIT
//
// .eh_frame and .eh_frame_hdr as the Linux Standard Base describes them, the
// parts of it that linkers write. Unknown parts make the entry malformed.
#include "stack/frame_table.h"

#include "stack/machine.h"

namespace mt::runtime::stack {

namespace {

// The augmentation: what the CIE adds to plain DWARF. All its data is skipped
// but the encoding of the FDE's addresses. `letters` end with a zero inside the
// record.
bool read_augmentation(const char* letters, Bytes& bytes, Entry& entry, bool& has_data) {
    has_data = *letters == 'z';
    if (!has_data) return *letters == '\0';
    const u64 size = bytes.take_uleb();
    if (size > bytes.left()) return false;
    const u64 end = bytes.at() + size;
    while (*++letters != '\0') {
        switch (*letters) {
            case 'R':
                entry.pointer_encoding = bytes.take8();
                break;
            case 'L':
                bytes.take8();
                break;
            case 'P':
                bytes.take_format(bytes.take8());
                break;
            case 'S':
                entry.signal_frame = true;
                break;
            default:
                return false;
        }
    }
    if (!bytes.ok() || bytes.at() > end) return false;
    bytes.skip(end - bytes.at());
    return true;
}

// What follows the length at `address`; failed if that does not fit.
Bytes record_at(Span table, u64 address) {
    Bytes bytes{{address, table.end}};
    const u64 length = bytes.take32();
    if (length == 0xffffffff || length > bytes.left()) bytes.fail();
    if (bytes.ok()) bytes = Bytes{{bytes.at(), bytes.at() + length}};
    return bytes;
}

constexpr i32 kLargestAlign = 4096;

bool read_cie(Span table, u64 address, Entry& entry, bool& has_data) {
    Bytes bytes = record_at(table, address);
    if (bytes.left() == 0 || bytes.take32() != 0) return false;
    const u8 version = bytes.take8();
    if (version != 1 && version != 3) return false;
    const auto* letters = reinterpret_cast<const char*>(bytes.at());
    while (bytes.take8() != 0) {
    }
    if (!bytes.ok()) return false;
    const u64 code_align = bytes.take_uleb();
    const i64 data_align = bytes.take_sleb();
    if (code_align > kLargestAlign || data_align > kLargestAlign) return false;
    if (data_align < -kLargestAlign) return false;
    entry.code_align = static_cast<u16>(code_align);
    entry.data_align = static_cast<std::int16_t>(data_align);
    const u64 return_address = version == 1 ? bytes.take8() : bytes.take_uleb();
    if (return_address != machine::kReturnAddress) return false;
    entry.pointer_encoding = DW_EH_PE_absptr;
    entry.signal_frame = false;
    if (!read_augmentation(letters, bytes, entry, has_data)) return false;
    entry.initial = static_cast<u32>(bytes.at() - table.start);
    entry.initial_size = static_cast<u32>(bytes.left());
    return bytes.ok();
}

}  // namespace

Found read_entry(Span table, u64 address, Entry& entry) {
    if (!table.contains(address) || table.size() > UINT32_MAX) return Found::malformed;
    Bytes bytes = record_at(table, address);
    const u64 here = bytes.at();
    const u64 back = bytes.take32();
    if (!bytes.ok() || back == 0) return Found::malformed;
    if (back > here - table.start) return Found::malformed;
    bool has_data = false;
    if (!read_cie(table, here - back, entry, has_data)) return Found::malformed;
    entry.table = table;
    entry.code = bytes.take_pointer(entry.pointer_encoding);
    entry.code_size = bytes.take_format(entry.pointer_encoding & kPointerFormat);
    if (has_data) bytes.skip(bytes.take_uleb());
    entry.program = static_cast<u32>(bytes.at() - table.start);
    entry.program_size = static_cast<u32>(bytes.left());
    return bytes.ok() ? Found::yes : Found::malformed;
}

namespace {

// Entries one after the other, for objects without a search table that we know.
Found search_in_order(const Object& object, u64 frames, u64 pc, Entry& entry) {
    const Span table = segment_of(object, frames);
    if (!table.contains(frames)) return Found::malformed;
    Bytes bytes{{frames, table.end}};
    while (true) {
        const u64 here = bytes.at();
        const u64 length = bytes.take32();
        if (!bytes.ok() || length == 0) return Found::none;
        if (length == 0xffffffff) {
            bytes.skip(bytes.take64());
            continue;
        }
        const u64 next = bytes.at() + length;
        const bool is_entry = bytes.take32() != 0;
        if (next > table.end || length < 4) return Found::malformed;
        if (is_entry && read_entry(table, here, entry) == Found::yes && entry.covers(pc)) {
            return Found::yes;
        }
        bytes.skip(next - bytes.at());
    }
}

struct SearchRow {
    u32 code;  // both relative to the header, signed
    u32 entry;
};

SearchRow row_at(u64 rows, u64 index) {
    SearchRow row;
    __builtin_memcpy(&row, reinterpret_cast<const void*>(rows + index * sizeof row), sizeof row);
    return row;
}

u64 relative(u64 base, u32 distance) {
    return base + static_cast<u64>(i64{static_cast<i32>(distance)});
}

// The last of `count` rows that starts at or before pc; count if there is none.
u64 last_row_before(u64 header, u64 rows, u64 count, u64 pc) {
    u64 low = 0;
    u64 high = count;
    while (low < high) {
        const u64 middle = low + (high - low) / 2;
        if (relative(header, row_at(rows, middle).code) <= pc) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? count : low - 1;
}

// What every linker of today writes: 4-byte count, pairs of 4-byte distances.
constexpr u8 kCountEncoding = DW_EH_PE_udata4;
constexpr u8 kRowEncoding = DW_EH_PE_datarel | DW_EH_PE_sdata4;

}  // namespace

Found find_entry(const Object& object, u64 pc, Entry& entry) {
    const u64 header = object.eh_frame_hdr;
    if (header == 0) return Found::none;
    const Span table = segment_of(object, header);
    if (!table.contains(header)) return Found::malformed;
    Bytes bytes{{header, table.end}};
    if (bytes.take8() != 1) return Found::malformed;
    const u8 frames_encoding = bytes.take8();
    const u8 count_encoding = bytes.take8();
    const u8 row_encoding = bytes.take8();
    if (frames_encoding == DW_EH_PE_omit) return Found::none;
    const u64 frames = bytes.take_pointer(frames_encoding, header);
    if (!bytes.ok()) return Found::malformed;
    if (count_encoding != kCountEncoding || row_encoding != kRowEncoding) {
        return search_in_order(object, frames, pc, entry);
    }
    const u64 count = bytes.take32();
    if (count > bytes.left() / sizeof(SearchRow)) return Found::malformed;
    const u64 index = last_row_before(header, bytes.at(), count, pc);
    if (index == count) return Found::none;
    const u64 address = relative(header, row_at(bytes.at(), index).entry);
    return read_entry(segment_of(object, address), address, entry);
}

}  // namespace mt::runtime::stack
