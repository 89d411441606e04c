// SPDX-License-Identifier: MIT
//
// Proves that both ways to find an object agree, follow loads and unloads, and
// that an object's path and build-id are those that its file states.
#include "stack/objects.h"

#include <dlfcn.h>
#include <elf.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "stack/iteration.h"
#include "stack_capture.h"

namespace mt::test {
namespace {

using runtime::stack::find_object;
using runtime::stack::find_object_by_iteration;
using runtime::stack::find_object_by_loader;
using runtime::stack::is_loaded_at;
using runtime::stack::Object;
using runtime::stack::object_build_id;
using runtime::stack::object_path;
using runtime::stack::segment_of;

std::vector<u64> one_address_per_object() {
    std::vector<u64> result;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* out) {
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                const auto& header = info->dlpi_phdr[i];
                if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
                static_cast<std::vector<u64>*>(out)->push_back(info->dlpi_addr + header.p_vaddr);
                break;
            }
            return 0;
        },
        &result);
    return result;
}

void expect_same(u64 address) {
    Object loader{};
    Object iteration{};
    const bool found = find_object_by_loader(address, loader);
    ASSERT_EQ(find_object_by_iteration(address, iteration), found) << std::hex << address;
    if (!found) return;
    EXPECT_EQ(loader.start, iteration.start);
    EXPECT_EQ(loader.end, iteration.end);
    EXPECT_EQ(loader.bias, iteration.bias);
    EXPECT_EQ(loader.eh_frame_hdr, iteration.eh_frame_hdr);
    EXPECT_STREQ(loader.name, iteration.name);
    EXPECT_EQ(loader.program_header_count, iteration.program_header_count);
}

TEST(StackObjects, both_ways_agree_on_every_object) {
    const auto addresses = one_address_per_object();
    ASSERT_GE(addresses.size(), 4u);
    for (const u64 address : addresses) expect_same(address);
    int local = 0;
    for (const u64 address : {u64{0}, u64{4096}, ~u64{0}, reinterpret_cast<u64>(&local)}) {
        expect_same(address);
    }
}

TEST(StackObjects, follows_loads_and_unloads) {
    for (u32 round = 0; round < 3; ++round) {
        void* library = dlopen(MT_STACK_PLUGIN, RTLD_NOW);
        ASSERT_NE(library, nullptr) << dlerror();
        const auto address = reinterpret_cast<u64>(dlsym(library, "memtrace_plugin_call"));
        Object object{};
        EXPECT_TRUE(find_object_by_iteration(address, object));
        expect_same(address);
        dlclose(library);
        EXPECT_FALSE(find_object_by_iteration(address, object));
        EXPECT_FALSE(find_object_by_loader(address, object));
    }
}

TEST(StackObjects, agrees_while_other_threads_load_and_unload) {
    std::atomic<bool> done{false};
    std::thread loader{[&] {
        for (u32 i = 0; i < 300; ++i) dlclose(dlopen(MT_STACK_PLUGIN, RTLD_NOW));
        done = true;
    }};
    const auto look = [&] {
        const auto addresses = one_address_per_object();
        const auto mine = reinterpret_cast<u64>(&one_address_per_object);
        while (!done) {
            Object object{};
            ASSERT_TRUE(find_object_by_iteration(mine, object));
            ASSERT_TRUE(mine >= object.start && mine < object.end);
            ASSERT_STREQ(object.name, "");
        }
    };
    std::thread other{look};
    look();
    other.join();
    loader.join();
}

TEST(StackObjects, finds_the_vdso) {
    const u64 vdso = getauxval(AT_SYSINFO_EHDR);
    ASSERT_NE(vdso, 0u) << "this kernel gives no vdso";
    Object object{};
    ASSERT_TRUE(find_object(vdso + 64, object));
    char path[64];
    const u32 length = object_path(object, path, sizeof path);
    EXPECT_EQ(std::string(path, length), "linux-vdso.so.1");
}

std::string hex(const unsigned char* bytes, u32 length) {
    std::string text;
    for (u32 i = 0; i < length; ++i) {
        char byte[3];
        std::snprintf(byte, sizeof byte, "%02x", bytes[i]);
        text += byte;
    }
    return text;
}

std::string build_id_of_file(const std::string& path) {
    const std::string command = "readelf -n '" + path + "' | sed -n 's/.*Build ID: //p'";
    FILE* pipe = popen(command.c_str(), "r");
    char line[200] = "";
    if (std::fgets(line, sizeof line, pipe) == nullptr) line[0] = '\0';
    pclose(pipe);
    std::string text = line;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

TEST(StackObjects, describes_program_and_libc_as_their_files_do) {
    char self[PATH_MAX];
    const ssize_t self_length = readlink("/proc/self/exe", self, sizeof self);
    ASSERT_GT(self_length, 0);
    Object object{};
    char path[PATH_MAX];
    unsigned char id[20];

    errno = 4242;
    ASSERT_TRUE(find_object(reinterpret_cast<u64>(&build_id_of_file), object));
    EXPECT_EQ(object_path(object, path, sizeof path), 0u) << "the loader does not know it";
    const std::string program_id = hex(id, object_build_id(object, id));
    EXPECT_EQ(errno, 4242);
    EXPECT_EQ(program_id, build_id_of_file(std::string(self, static_cast<size_t>(self_length))));

    ASSERT_TRUE(find_object(reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "qsort")), object));
    const std::string libc(path, object_path(object, path, sizeof path));
    const std::string libc_id = hex(id, object_build_id(object, id));
    EXPECT_NE(libc.find("libc.so.6"), std::string::npos);
    EXPECT_EQ(libc_id.size(), 40u);
    EXPECT_EQ(libc_id, build_id_of_file(libc));
    EXPECT_EQ(object_path(object, path, 5), 5u) << "a path that is too long is cut";
}

// This program is linked with holes between its segments (stack.cmake).
TEST(StackObjects, a_program_with_holes_is_one_object) {
    static int data = 1;
    Object object{};
    ASSERT_TRUE(find_object(reinterpret_cast<u64>(&build_id_of_file), object));
    u32 holes = 0;
    u64 last_end = 0;
    for (u32 i = 0; i < object.program_header_count; ++i) {
        const auto& header = static_cast<const Elf64_Phdr*>(object.program_headers)[i];
        if (header.p_type != PT_LOAD) continue;
        if (last_end != 0 && header.p_vaddr / 4096 > last_end / 4096 + 1) ++holes;
        last_end = header.p_vaddr + header.p_memsz;
    }
    EXPECT_GT(holes, 0u) << "the linker left no hole";
    const u64 in_data = reinterpret_cast<u64>(&data);
    EXPECT_TRUE(object.start < in_data && in_data < object.end);
    EXPECT_TRUE(segment_of(object, object.eh_frame_hdr).contains(object.eh_frame_hdr));
    EXPECT_TRUE(is_loaded_at(object.start, object.end));
    ASSERT_TRUE(find_object(reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "qsort")), object));
    EXPECT_TRUE(is_loaded_at(object.start, object.end));
    EXPECT_FALSE(is_loaded_at(object.start, object.end + 4096));
}

TEST(StackObjects, reads_stay_in_readable_segments) {
    Object object{};
    ASSERT_TRUE(find_object(reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "qsort")), object));
    ASSERT_GT(object.program_header_count, 0u);
    const auto segment = segment_of(object, object.eh_frame_hdr);
    EXPECT_TRUE(segment.contains(object.eh_frame_hdr));
    EXPECT_GE(segment.start, object.start);
    EXPECT_LE(segment.end, object.end);
    EXPECT_EQ(segment_of(object, object.end).size(), 0u);
    EXPECT_EQ(segment_of(object, object.start - 1).size(), 0u);
}

TEST(StackObjects, damaged_notes_give_no_build_id) {
    // An object of one page of ours: ELF header, one PT_LOAD, one PT_NOTE.
    alignas(4096) static unsigned char page[8192];
    auto* elf = reinterpret_cast<Elf64_Ehdr*>(page);
    auto* headers = reinterpret_cast<Elf64_Phdr*>(page + 64);
    auto* note = reinterpret_cast<u32*>(page + 512);
    Object object{reinterpret_cast<u64>(page),
                  reinterpret_cast<u64>(page) + sizeof page,
                  reinterpret_cast<u64>(page),
                  0,
                  nullptr,
                  "",
                  headers,
                  2};
    static_cast<void>(elf);
    headers[0] = Elf64_Phdr{PT_LOAD, PF_R, 0, 0, 0, sizeof page, sizeof page, 4096};
    headers[1] = Elf64_Phdr{PT_NOTE, PF_R, 512, 512, 512, 36, 36, 4};
    const u32 good[9] = {4, 20, NT_GNU_BUILD_ID, 0x00554e47, 1, 2, 3, 4, 5};
    unsigned char id[20];
    const auto with = [&](u32 word, u32 value) {
        std::copy(good, good + 9, note);
        note[word] = value;
        return object_build_id(object, id);
    };
    EXPECT_EQ(with(0, 4), 20u);
    for (const u32 size : {0u, 3u, 5u, 0x7fffffffu, 0xfffffffcu, 0xffffffffu}) {
        EXPECT_EQ(with(0, size), 0u) << size;
    }
    for (const u32 size : {21u, 0x7fffffffu, 0xffffffffu}) EXPECT_EQ(with(1, size), 0u) << size;
    EXPECT_EQ(with(2, 1), 0u);
    EXPECT_EQ(with(0, 4), 20u);
    headers[1].p_filesz = 1u << 30;
    EXPECT_EQ(with(0, 4), 0u) << "a note segment that leaves the object";
    headers[1].p_filesz = 36;
    headers[1].p_vaddr = ~u64{0} - 8;
    EXPECT_EQ(with(0, 4), 0u);
}

}  // namespace
}  // namespace mt::test
