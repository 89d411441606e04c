// SPDX-License-Identifier: MIT
//
// Corners of the family, each followed by a stop at which the ledger says what is there.
// Argument:
//   realloc  its six cases, failures by size and by RLIMIT_AS
//   refused  products that overflow, alignments that are none: nothing is left behind
//   mixed    new met by free, malloc by delete and so on: nothing is left behind
//   libc     what libc allocates for itself, twice: nothing is left behind
//   keys     keys that all fall into one bucket of the table
//   huge     a block of 5 GiB, or as much as the system promises; never touched
#include <arpa/inet.h>
#include <dirent.h>
#include <glob.h>
#include <iconv.h>
#include <malloc.h>
#include <memtrace.h>
#include <netdb.h>
#include <regex.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wordexp.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "ledger.h"
#include "watchdog.h"

namespace {

ledger* book;
volatile size_t most = PTRDIFF_MAX, half = ~size_t{0} / 2 + 1;

void* hidden(void* block) {
    asm volatile("" : "+r"(block));
    return block;
}

void stop_with(const void* block, size_t size) {
    book->block_count = 0;
    if (block != nullptr) ledger_add(book, block, size);
    raise(SIGSTOP);
}

void realloc_cases() {
    void* block = realloc(nullptr, 100);
    stop_with(block, 100);
    block = realloc(block, 104);  // in place
    stop_with(block, 104);
    void* const wall = malloc(100);  // so that it cannot grow there
    block = realloc(block, 200000);
    free(wall);
    stop_with(block, 200000);
    if (realloc(hidden(block), most) != nullptr) _exit(5);
    stop_with(block, 200000);
    rlimit before;
    getrlimit(RLIMIT_AS, &before);
    const rlimit none{0, before.rlim_max};
    setrlimit(RLIMIT_AS, &none);
    void* const refused = realloc(hidden(block), 100 << 20);
    setrlimit(RLIMIT_AS, &before);
    if (refused != nullptr) _exit(6);
    stop_with(block, 200000);
    std::memset(block, 1, malloc_usable_size(block));  // all of it is the program's
    const size_t usable = malloc_usable_size(block);
    block = realloc(block, usable);
    stop_with(block, usable);
    if (realloc(block, 0) != nullptr) _exit(7);
    stop_with(nullptr, 0);
    block = realloc(nullptr, 0);
    stop_with(block, 0);
}

void refused() {
    void* out = book;
    const bool all =
        calloc(half, 2) == nullptr && reallocarray(nullptr, half, 2) == nullptr &&
        calloc(2, half) == nullptr && malloc(most) == nullptr &&
        aligned_alloc(64, most) == nullptr && memalign(size_t{1} << 62, 50) == nullptr &&
        valloc(most) == nullptr && pvalloc(most) == nullptr && posix_memalign(&out, 3, 10) != 0 &&
        posix_memalign(&out, 0, 10) != 0 && posix_memalign(&out, 64, most) != 0 && out == book;
    if (!all) _exit(8);
    free(calloc(0, half));
    free(calloc(half, 0));
    free(reallocarray(nullptr, 0, half));
}

void mixed() {
    free(hidden(::operator new(100)));
    free(hidden(::operator new[](101)));
    free(hidden(::operator new (128, std::align_val_t{64})));
    ::operator delete(hidden(malloc(102)));
    ::operator delete[](hidden(malloc(103)));
    ::operator delete[](hidden(::operator new(104)));
    ::operator delete(hidden(::operator new[](105)));
    ::operator delete (hidden(aligned_alloc(64, 128)), std::align_val_t{64});
    ::operator delete(hidden(realloc(hidden(::operator new(106)), 1000)));
    ::operator delete(hidden(strdup("text")));
}

void libc_itself() {
    free(strdup("text"));
    free(strndup("text", 2));
    char* line = nullptr;
    size_t room = 0;
    if (std::FILE* const file = std::fopen("/proc/self/status", "r")) {
        while (getline(&line, &room, file) > 0) {
        }
        std::fclose(file);
    }
    free(line);
    if (asprintf(&line, "%d and %s", 7, "text") > 0) free(line);
    std::FILE* const memory = open_memstream(&line, &room);
    for (int i = 0; i < 10000; ++i) std::fputs("some text that makes it grow ", memory);
    std::fclose(memory);
    free(line);
    addrinfo* addresses = nullptr;
    addrinfo numeric = {};
    numeric.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo("127.0.0.1", "80", &numeric, &addresses) == 0) freeaddrinfo(addresses);
    free(realpath("/proc/self/../self", nullptr));
    free(getcwd(nullptr, 0));
    if (DIR* const folder = opendir("/")) {
        while (readdir(folder) != nullptr) {
        }
        closedir(folder);
    }
    dirent** names = nullptr;
    for (int n = scandir("/", &names, nullptr, alphasort); n > 0; --n) free(names[n - 1]);
    free(names);
    regex_t expression;
    if (regcomp(&expression, "^(a|b)*[c-f]+$", REG_EXTENDED) == 0) {
        if (regexec(&expression, "ababccf", 0, nullptr, 0) != 0) _exit(9);
        regfree(&expression);
    }
    glob_t found = {};
    if (glob("/*", 0, nullptr, &found) == 0) globfree(&found);
    wordexp_t words = {};
    if (wordexp("a b 'c d'", &words, WRDE_NOCMD) == 0) wordfree(&words);
    if (std::FILE* const pipe = popen("true", "r")) pclose(pipe);
}

// SplitMix64's last step, backwards: what comes out of it as `hash`.
uint64_t unmixed(uint64_t hash) {
    const auto unshift = [](uint64_t value, int bits) {
        uint64_t result = value;
        for (int i = bits; i < 64; i += bits) result = value ^ result >> bits;
        return result;
    };
    hash = unshift(hash, 31) * 0x319642b2d24d8ec3ull;
    hash = unshift(hash, 27) * 0x96de1b173f119089ull;
    return unshift(hash, 30);
}

// Of one part and one bucket, whatever the table's size: hashes that differ in the highest
// bits only.
void keys() {
    constexpr uint64_t kKeys = 4000;
    for (uint64_t i = 0; i < kKeys; ++i) {
        const uint64_t key = unmixed(i << 48 | 5) ^ 0x9e3779b97f4a7c15ull;
        if (memtrace_track(1, key, 100 + i) != 0) _exit(10);
        if (i % 4 == 0 && memtrace_untrack(1, key) != 0) _exit(11);
        if (i % 4 != 0) ledger_add_key(book, 1, key, 100 + i);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const char* const mode = argc > 1 ? argv[1] : "";
    watchdog(60);
    book = ledger_open();
    if (book == nullptr) return 2;
    if (std::strcmp(mode, "libc") == 0) libc_itself();
    if (memtrace_start(32) != 0) return 4;
    if (std::strcmp(mode, "realloc") == 0) {
        realloc_cases();
        return 0;
    }
    if (std::strcmp(mode, "refused") == 0) refused();
    if (std::strcmp(mode, "mixed") == 0) mixed();
    if (std::strcmp(mode, "libc") == 0) libc_itself();
    if (std::strcmp(mode, "keys") == 0) keys();
    if (std::strcmp(mode, "huge") == 0) {
        size_t size = size_t{5} << 30;
        void* block = malloc(size);
        for (; block == nullptr; block = malloc(size)) size /= 2;
        ledger_add(book, block, size);
    }
    raise(SIGSTOP);
    return 0;
}
