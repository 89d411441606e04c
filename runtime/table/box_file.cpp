// SPDX-License-Identifier: MIT
//
// The black box's file: where it lies, and what makes it an ELF core (System V gABI; the notes as
// Linux has them, sys/procfs.h), so that whoever reads cores reads it.
#include <elf.h>
#include <sys/procfs.h>

#include <cerrno>

#include "os/filter.h"
#include "os/shared_file.h"
#include "os/startup.h"
#include "table/box.h"
#include "table/root.h"

namespace mt::runtime {
namespace {

constexpr u64 kMost = u64{4} << 30;    // bytes; some 160 million live blocks
constexpr u64 kLeast = u64{16} << 20;  // less would not do for much
constexpr u32 kRoomForNumber = 32;     // behind a path

// Once, at start, or in a child, whose only thread it is: too large for a stack.
os::SharedFile file;
char path[os::kMostPath];
bool replaces;  // what stands at `path`
char old_path[os::kMostPath];

u32 append(char* out, u32 at, const char* text, u32 length) {
    for (u32 i = 0; i < length && text[i] != '\0' && at + 1 < os::kMostPath; ++i)
        out[at++] = text[i];
    out[at] = '\0';
    return at;
}

u32 append_number(char* out, u32 at, u32 number) {
    char digits[11];
    u32 i = sizeof digits;
    do digits[--i] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return append(out, at, digits + i, static_cast<u32>(sizeof digits - i));
}

// 0: too long.
u32 expand(const char* pattern, u32 length) {
    u32 at = 0;
    path[0] = '\0';
    for (u32 i = 0; i < length; ++i) {
        if (at + kRoomForNumber >= os::kMostPath) return 0;
        const bool is_special = pattern[i] == '%' && i + 1 < length;
        if (is_special && pattern[i + 1] == 'p') {
            at = append_number(path, at, root().pid);
            ++i;
        } else {
            at = append(path, at, pattern + i, 1);
            if (is_special && pattern[i + 1] == '%') ++i;
        }
    }
    return at;
}

enum class Found : u32 { nothing, empty, ended, running, foreign };

bool is_box(const Box& box) {
    for (u32 i = 0; i < sizeof(kBoxMagic); ++i) {
        if (box.magic[i] != kBoxMagic[i]) return false;
    }
    return true;
}

Found look(const char* name, u32& error) {
    constexpr u32 kHead = offsetof(Box, program);
    alignas(Box) char head[kHead];
    const os::Standing found = os::look_at_file(name, kBoxAt, head, kHead);
    error = static_cast<u32>(found.error);
    if (found.error == ENOENT) return Found::nothing;
    if (found.error != 0) return Found::foreign;
    error = static_cast<u32>(BoxError::foreign_file);
    if (!found.is_file) return Found::foreign;
    if (found.size == 0) return Found::empty;
    const auto& box = *reinterpret_cast<const Box*>(head);
    if (found.got != kHead || !is_box(box)) return Found::foreign;
    if (box.pid == root().pid) return Found::ended;  // exec, or the number was given out again
    const u64 start = os::process_start(box.pid);
    return start != 0 && start == box.process_start ? Found::running : Found::ended;
}

// Of plain loops and assignments the compiler makes calls of strlen and memset, which no hook may
// make (runtime_promises_test).
u64 name_bytes(const char* text) {
    u64 length = 0;
    while (load(text[length]) != '\0') ++length;
    return length;
}
void clear_file() {
    static_assert(sizeof file % sizeof(u64) == 0);
    auto* words = reinterpret_cast<u64*>(&file);
    for (u64 i = 0; i < sizeof file / sizeof(u64); ++i) publish(words[i], u64{0});
    file.descriptor = -1;
}

const char* last_part(const char* text) {
    const char* last = text;
    for (; *text != '\0'; ++text) {
        if (*text == '/') last = text + 1;
    }
    return last;
}

// Under `path`, which may get a number. Its error; 0: it is free, what stood there was kept.
u32 find_place() {
    u32 error = 0;
    Found found = look(path, error);
    if (found == Found::running) {
        const u32 at = append(path, static_cast<u32>(name_bytes(path)), ".", 1);
        append_number(path, at, root().pid);
        found = look(path, error);
    }
    if (found == Found::foreign || found == Found::running) return error;
    replaces = found == Found::empty;
    if (found != Found::ended) return 0;
    append(old_path, append(old_path, 0, path, os::kMostPath), ".old", 4);
    u32 ignored = 0;
    const Found old = look(old_path, ignored);
    replaces = old == Found::foreign || old == Found::running;
    if (replaces) return 0;
    os::rename_file(path, old_path, true);
    // It was another's, who has put a new one there meanwhile: publish_file() finds it again.
    if (look(old_path, ignored) == Found::running) os::rename_file(old_path, path, false);
    return 0;
}

// Several processes may begin at once, all with the same name: it is the first one's.
bool publish_file() {
    constexpr int kMostTries = 8;
    for (int i = 0; i < kMostTries; ++i) {
        if (os::publish_shared_file(file, path, replaces)) return true;
        if (file.error != EEXIST) return false;
        if (const u32 error = find_place(); error != 0) {
            file.error = static_cast<int>(error);
            return false;
        }
    }
    return false;
}

// Written one after the other, each 4-byte aligned.
struct Notes {
    char* at;
    char* add(u32 type, const char* name, u32 name_size, const void* content, u32 size) {
        const Elf64_Nhdr head = {name_size, size, type};
        put(&head, sizeof head);
        put(name, name_size);
        char* const there = at;
        put(content, size);
        return there;
    }

  private:
    void put(const void* bytes, u32 size) {
        for (u32 i = 0; bytes != nullptr && i < size; ++i)
            at[i] = static_cast<const char*>(bytes)[i];
        at += (u64{size} + 3) / 4 * 4;
    }
};

void copy_text(char* out, const char* text, u64 size) {
    for (u64 i = 0; i + 1 < size && text[i] != '\0'; ++i) out[i] = text[i];
}

// What debuggers want of any core: a thread, whose registers are not known, the program's name,
// and what the kernel told it.
void write_core_notes(Notes& notes, const Box& box) {
    constexpr char kCore[] = "CORE";
    constexpr u32 kMostAuxiliary = 1024;
    static prstatus_t status;
    static prpsinfo_t info;
    static char auxiliary[kMostAuxiliary];
    status.pr_pid = info.pr_pid = static_cast<int>(box.pid);
    copy_text(info.pr_psargs, box.program, sizeof info.pr_psargs);
    copy_text(info.pr_fname, last_part(box.program), sizeof info.pr_fname);
    const auto size = static_cast<u32>(os::auxiliary_vector(auxiliary, kMostAuxiliary));
    notes.add(NT_PRSTATUS, kCore, sizeof(kCore), &status, sizeof status);
    notes.add(NT_PRPSINFO, kCore, sizeof(kCore), &info, sizeof info);
    notes.add(NT_AUXV, kCore, sizeof(kCore), auxiliary, size);
}

}  // namespace

void BlackBox::fail(u32 error) {
    state_ = BoxState::failed;
    error_ = error;
}

void BlackBox::open(const char* pattern, u32 length) {
    if (begin_ != 0) return;
    if (os::is_filtered) return fail(static_cast<u32>(BoxError::filtered));
    if (expand(pattern, length) == 0) return fail(static_cast<u32>(BoxError::long_name));
    if (const u32 error = find_place(); error != 0) return fail(error);
    clear_file();
    os::make_shared_file(file, path, kMost, kLeast);
    if (file.error != 0) return fail(static_cast<u32>(file.error));
    int error = os::allow_pages(file.pages, kBoxHeader) ? 0 : ENOMEM;
    if (error == 0) error = os::allocate_pages(file.pages, kBoxHeader);
    if (error != 0) {
        os::abandon_shared_file(file);
        const u32 full = error == EFAULT ? ENOSPC : static_cast<u32>(error);
        return fail(error == EINVAL ? static_cast<u32>(BoxError::old_kernel) : full);
    }
    begin_ = lowest_ = address_of(file.pages);
    size_ = file.size;
    frontier_ = begin_ + kBoxHeader;
    state_ = BoxState::open;
    write_file();
    if (!publish_file()) {
        const int why = file.error;
        os::abandon_shared_file(file);
        begin_ = lowest_ = size_ = 0;
        return fail(static_cast<u32>(why));
    }
    copy_text(box().path, file.absolute, kMostBoxName);
    publish(box().path_length, static_cast<u32>(name_bytes(file.absolute)));
    keep_root();
}

void BlackBox::write_file() {
    auto* elf = pointer<Elf64_Ehdr>(begin_);
    // LLDB reads no core of which it does not know the system, by this or by a register note.
    const unsigned char ident[] = {ELFMAG0,    ELFMAG1,     ELFMAG2,    ELFMAG3,
                                   ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_LINUX};
    for (u32 i = 0; i < sizeof ident; ++i) elf->e_ident[i] = ident[i];
    elf->e_type = ET_CORE;
    elf->e_machine = kX86_64;
    elf->e_version = EV_CURRENT;
    elf->e_phoff = sizeof(Elf64_Ehdr);
    elf->e_ehsize = sizeof(Elf64_Ehdr);
    elf->e_phentsize = sizeof(Elf64_Phdr);
    elf->e_phnum = 3;
    auto* segment = pointer<Elf64_Phdr>(begin_ + sizeof(Elf64_Ehdr));
    segment[0].p_type = PT_NOTE;
    segment[0].p_flags = PF_R;
    segment[0].p_offset = kBoxNotes;
    segment[1].p_type = segment[2].p_type = PT_LOAD;
    segment[1].p_flags = segment[2].p_flags = PF_R | PF_W;
    segment[1].p_vaddr = begin_;
    segment[1].p_filesz = segment[1].p_memsz = kBoxHeader;
    segment[1].p_align = segment[2].p_align = 1;
    segment[2].p_offset = kBoxRoot;
    segment[2].p_vaddr = address_of(&root());
    segment[2].p_filesz = segment[2].p_memsz = sizeof(Root);
    static_assert(kBoxSizes ==
                  sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz));
    write_notes();
}

void BlackBox::write_notes() {
    Notes notes{pointer<char>(begin_ + kBoxNotes)};
    notes.add(kBoxNoteType, kBoxNote, sizeof(kBoxNote), nullptr, sizeof(Box));
    Box& b = box();
    for (u32 i = 0; i < sizeof(kBoxMagic); ++i) b.magic[i] = kBoxMagic[i];
    b.major = kMajor;
    b.minor = kMinor;
    b.size = sizeof(Box);
    b.pid = root().pid;
    b.state = static_cast<u32>(BoxState::open);
    b.process_start = os::process_start(b.pid);
    b.begun = os::seconds_now();
    b.used = kBoxHeader;
    b.cookie = root().cookie;
    b.root = address_of(&root());
    b.program_length = os::program_path(b.program, kMostBoxName);
    write_core_notes(notes, b);
    auto* segment = pointer<Elf64_Phdr>(begin_ + sizeof(Elf64_Ehdr));
    segment[0].p_filesz = address_of(notes.at) - begin_ - kBoxNotes;
}

}  // namespace mt::runtime
