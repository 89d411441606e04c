// SPDX-License-Identifier: MIT
//
// A black box whose disk is full, whose file is lost, cut or damaged: the program ends as without
// it, what is not in the file is said, and no reader is misled.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "abi/layout.h"
#include "against_ledger.h"
#include "read_box.h"
#include "same.h"
#include "test_folder.h"
#include "tracee.h"
#include "watchdog.h"
#include "whole_table.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;
constexpr int kNoMount = 99;

std::string setting_for(const std::string& path) { return "32,file=" + path; }

// A disk of this size, which only this process and its children see.
void mount_disk(const std::string& folder, const std::string& size) {
    const uid_t user = getuid();
    const gid_t group = getgid();
    if (unshare(CLONE_NEWNS) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) _exit(kNoMount);
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
        std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
    }
    mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    const std::string options = "size=" + size;
    if (mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) _exit(kNoMount);
}

class FullDisk : public testing::TestWithParam<const char*> {};

TEST_P(FullDisk, TheProgramEndsAsWithoutUs) {
    TestFolder folder("box");
    const std::string size = GetParam();
    for (const char* what : {"small", "large"}) {
        Trial trial{.program = program_path("limited"),
                    .arguments = {what},
                    .in_child = [&] { mount_disk(folder.path(), size); },
                    .setting = setting_for(folder / "box")};
        const Ending ending = expect_same(trial);
        ASSERT_NE(WEXITSTATUS(ending.status), kNoMount) << "no disk of its own can be mounted";
    }
}

// By a helper that mounts, and then becomes the program.
TEST_P(FullDisk, TheTableIsWholeInTheProcessAndTheFileSaysWhatItLacks) {
    TestFolder folder("box");
    const std::string path = folder / "box";
    const std::string script = "mount -t tmpfs -o size=" + std::string(GetParam()) + " none " +
                               folder.path().string() + " && exec " + program_path("read_storm");
    Tracee tracee({.program = "/usr/bin/unshare",
                   .arguments = {"-m", "-r", "/bin/sh", "-c", script},
                   .environment = {{"MEMTRACE", setting_for(path)}},
                   .preload = true});
    ASSERT_TRUE(tracee.wait_for_stop()) << "no disk of its own can be mounted";
    const auto live = tracee.table(true);
    ASSERT_TRUE(live) << live.error().text;
    expect_blocks(*live, tracee.book(), {10000, 10999});
    expect_whole(*live);
    for (const core::Loss& loss : live->losses) EXPECT_EQ(loss.total, 0u) << loss.name;
    if (live->status.box.state == static_cast<std::uint32_t>(abi::BoxState::failed)) {
        EXPECT_EQ(live->status.box.error, static_cast<std::uint32_t>(ENOSPC));
        return;
    }
    if (GetParam() == std::string("3m") && live->status.box.missing == 0) return;  // it fits
    EXPECT_EQ(live->status.box.state, static_cast<std::uint32_t>(abi::BoxState::partly));
    EXPECT_GT(live->status.box.missing, 0u);
    EXPECT_EQ(live->status.box.error, static_cast<std::uint32_t>(ENOSPC));
    const ReadBox box = read_box("/proc/" + std::to_string(tracee.pid()) + "/root" + path);
    ASSERT_TRUE(box.file != nullptr && box.file->box);
    EXPECT_EQ(box.file->box->missing, live->status.box.missing);
}

INSTANTIATE_TEST_SUITE_P(Of, FullDisk, testing::Values("16k", "64k", "256k", "1m", "3m"),
                         [](const auto& size) { return "size_" + std::string(size.param); });

Ending end_with_limit(__rlimit_resource_t resource, rlim_t limit, const std::string& box) {
    return expect_same({.program = program_path("limited"),
                        .arguments = {"small"},
                        .in_child =
                            [=] {
                                const rlimit both{limit, limit};
                                setrlimit(resource, &both);
                            },
                        .setting = setting_for(box)});
}

// SIGXFSZ would end the program where a file grows past the limit.
TEST(FileSizeLimit, TheProgramEndsAsWithoutUs) {
    for (const rlim_t limit : {rlim_t{0}, rlim_t{4096}, rlim_t{1} << 20, rlim_t{20} << 20}) {
        TestFolder folder("box");
        const Ending ending = end_with_limit(RLIMIT_FSIZE, limit, folder / "box");
        EXPECT_TRUE(WIFEXITED(ending.status));
        EXPECT_EQ(fs::exists(folder / "box"), limit >= rlim_t{20} << 20) << limit;
    }
}

TEST(LittleAddressSpace, TheProgramEndsAsWithoutUs) {
    constexpr rlim_t kMegabyte = 1 << 20;
    for (const rlim_t limit : {60 * kMegabyte, 300 * kMegabyte, 2000 * kMegabyte}) {
        TestFolder folder("box");
        const Ending ending = end_with_limit(RLIMIT_AS, limit, folder / "box");
        EXPECT_TRUE(WIFEXITED(ending.status));
    }
}

struct Ended {
    const char* program;
    std::vector<std::string> arguments;
};
class ProgramWithABox : public testing::TestWithParam<Ended> {};

TEST_P(ProgramWithABox, EndsAsWithoutUs) {
    for (const char* name : {"box", "box.%p", "missing/folder/box"}) {
        TestFolder folder("box");
        Trial trial{.program = program_path(GetParam().program),
                    .arguments = GetParam().arguments,
                    .in_child =
                        [] {
                            const rlimit none{0, 0};
                            setrlimit(RLIMIT_CORE, &none);
                        },
                    .seconds = 150,
                    .setting = setting_for(folder / name)};
        expect_same(trial);
    }
}

INSTANTIATE_TEST_SUITE_P(By, ProgramWithABox,
                         testing::Values(Ended{"family_matrix", {"run"}}, Ended{"new_handler", {}},
                                         Ended{"ways_out", {"exec"}}, Ended{"ways_out", {"throw"}},
                                         Ended{"ways_out", {"handlers"}},
                                         Ended{"spawner", {"libc_timer"}},
                                         Ended{"spawner", {"vfork"}}, Ended{"spawner", {"killed"}},
                                         Ended{"spawner", {"shell"}}),
                         [](const auto& one) {
                             std::string name = one.param.program;
                             for (const auto& argument : one.param.arguments)
                                 name += "_" + argument;
                             return name;
                         });

// --- the file is lost, cut, damaged -------------------------------------------

Launch stopping(const std::string& path) {
    return {.program = program_path("family_storm"),
            .arguments = {},
            .environment = {{"MEMTRACE", setting_for(path)}}};
}

TEST(LostFile, UnlinkedOrRenamedMattersToNobody) {
    TestFolder folder("box");
    Tracee tracee(stopping(folder / "box"));
    ASSERT_TRUE(tracee.wait_for_stop());
    fs::remove(folder / "box");
    tracee.resume();
    const int status = tracee.wait_for_exit();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// Whoever may write into any file, or its owner once its mode is another.
void cut(const std::string& path, std::uintmax_t size) {
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    fs::resize_file(path, size);
}

std::uint64_t events_of(const ledger& book) {
    return __atomic_load_n(&book.event_count, __ATOMIC_RELAXED);
}

bool goes_on(const ledger& book, std::uint64_t events) {
    const std::uint64_t wanted = events_of(book) + events;
    for (int i = 0; i < 20000 && events_of(book) < wanted; ++i) usleep(500);
    return events_of(book) >= wanted;
}

// The copy of the root that a box has in its first pages, which may be there still.
bool is_copy(ProcessMemory& memory, std::uint64_t at) {
    char magic[sizeof abi::kBoxMagic] = {};
    const auto got = memory.read(at - abi::kBoxRoot + abi::kBoxAt, magic, sizeof magic);
    return got && std::memcmp(magic, abi::kBoxMagic, sizeof magic) == 0;
}

// What is left where there is no table to be found by.
abi::Root root_of(pid_t pid) {
    ProcessMemory memory(pid);
    abi::Root root{};
    for (const core::MemoryRegion& region : memory.writable_regions()) {
        for (std::uint64_t at = region.start; at < region.end; at += abi::kPageSize) {
            const auto got = memory.read(at, &root, sizeof root);
            if (got && *got == sizeof root && root.size == sizeof root &&
                std::memcmp(root.magic, abi::kRootMagic, sizeof root.magic) == 0 &&
                !is_copy(memory, at))
                return root;
        }
    }
    return {};
}

class CutFile : public testing::TestWithParam<std::tuple<const char*, std::uintmax_t>> {};

TEST_P(CutFile, TheProgramGoesOn) {
    const auto [what, size] = GetParam();
    std::mt19937 random(3);
    for (long round = 0; round < storm(6, 100); ++round) {
        TestFolder folder("box");
        const std::string path = folder / "box";
        Tracee tracee({.program = program_path("boxed_storm"),
                       .arguments = {round % 2 == 0 ? "1" : "3", what},
                       .environment = {{"MEMTRACE", setting_for(path)}}});
        ASSERT_TRUE(goes_on(tracee.book(), 1 + random() % 20000));
        cut(path, size);
        ASSERT_TRUE(goes_on(tracee.book(), 200000));
        kill(tracee.pid(), SIGSTOP);
        ASSERT_TRUE(tracee.wait_for_stop()) << "it has ended";
        const abi::Root root = root_of(tracee.pid());
        EXPECT_EQ(root.status, static_cast<abi::u32>(abi::Status::refused));
        EXPECT_EQ(root.reason, static_cast<abi::u32>(abi::Reason::lost_box));
        EXPECT_EQ(root.header, 0u);
    }
}

INSTANTIATE_TEST_SUITE_P(To, CutFile,
                         testing::Combine(testing::Values("blocks", "keys"),
                                          testing::Values(std::uintmax_t{0},
                                                          std::uintmax_t{65536})),
                         [](const auto& one) {
                             return std::get<0>(one.param) + std::string("_") +
                                    std::to_string(std::get<1>(one.param));
                         });

// The signal is the program's own but for this.
TEST(BusErrors, OfTheProgramEndItAsWithoutUs) {
    TestFolder folder("box");
    const Ending ending = expect_same({.program = "/bin/sh",
                                       .arguments = {"-c", "kill -BUS $$; sleep 5"},
                                       .in_child =
                                           [] {
                                               const rlimit none{0, 0};
                                               setrlimit(RLIMIT_CORE, &none);
                                           },
                                       .setting = setting_for(folder / "box")});
    EXPECT_TRUE(WIFSIGNALED(ending.status));
    EXPECT_EQ(WTERMSIG(ending.status), SIGBUS);
}

// The bytes that the runtime has written, without the hole behind them.
std::string image_of(const std::string& path) {
    const auto file = core::read_core_file(path);
    if (file == nullptr) return {};
    std::string bytes(static_cast<std::size_t>(file->wanted), '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

bool has_doubt(const core::Table& table) {
    for (const core::Remark& remark : table.remarks)
        if (remark.code == "incomplete" || remark.code.starts_with("damaged") ||
            remark.code == "blocks-differ" || remark.code == "root-missing")
            return true;
    return false;
}

TEST(DamagedBox, CutAnywhereIsAnErrorOrARemark) {
    TestFolder folder("box");
    Tracee tracee(stopping(folder / "box"));
    ASSERT_TRUE(tracee.wait_for_stop());
    const std::string image = image_of(folder / "box");
    ASSERT_GT(image.size(), abi::kBoxHeader);
    const std::string cut = folder / "cut";
    for (int part = 0; part < 60; ++part) {
        std::ofstream(cut, std::ios::binary)
            .write(image.data(), static_cast<std::streamsize>(image.size() / 60 * part));
        const ReadBox box = read_box(cut);
        if (box.file == nullptr) continue;
        EXPECT_TRUE(box.file->is_cut());
        if (box.table && box.table->current_count != 0) {
            EXPECT_TRUE(has_doubt(*box.table)) << part;
        }
    }
}

TEST(DamagedBox, OtherBytesAnywhereEndNoReader) {
    TestFolder folder("box");
    Tracee tracee(stopping(folder / "box"));
    ASSERT_TRUE(tracee.wait_for_stop());
    const std::string image = image_of(folder / "box");
    std::mt19937_64 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string changed = image;
        const std::size_t within = round % 2 == 0 ? abi::kBoxHeader : changed.size();
        for (int i = 0; i < 8; ++i) changed[random() % within] = static_cast<char>(random());
        std::ofstream(folder / "changed", std::ios::binary)
            .write(changed.data(), static_cast<std::streamsize>(changed.size()));
        const ReadBox box = read_box(folder / "changed");
        if (box.file != nullptr) core::what_core_lacks(*box.file);
    }
}

}  // namespace
}  // namespace mt::test
