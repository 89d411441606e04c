// SPDX-License-Identifier: MIT
//
// See code.h.
#include "code.h"

#include <cxxabi.h>
#include <elf.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mt::reader {
namespace {

char* g_debug_folders = nullptr;  // libdwfl's own: .debug, /usr/lib/debug and build-ids there

const Dwfl_Callbacks kOfCore = {dwfl_build_id_find_elf, dwfl_standard_find_debuginfo, nullptr,
                                &g_debug_folders};
const Dwfl_Callbacks kOfProcess = {dwfl_linux_proc_find_elf, dwfl_standard_find_debuginfo, nullptr,
                                   &g_debug_folders};

[[noreturn]] void fail(const std::string& what) {
    const char* why = dwfl_errmsg(-1);
    throw std::runtime_error(why == nullptr ? what : what + ": " + why);
}

}  // namespace

Code::Code(Code&& other) noexcept
    : dwfl_(std::exchange(other.dwfl_, nullptr)),
      core_(std::exchange(other.core_, nullptr)),
      file_(std::exchange(other.file_, -1)),
      entry_(other.entry_),
      known_(std::move(other.known_)),
      files_(std::move(other.files_)) {}

Code::~Code() {
    if (dwfl_ != nullptr) dwfl_end(dwfl_);
    if (core_ != nullptr) elf_end(core_);
    if (file_ >= 0) close(file_);
}

Code Code::of_core(const std::string& path, const std::string& executable, std::uint64_t entry) {
    Code code;
    code.entry_ = entry;
    code.file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (code.file_ < 0) throw std::runtime_error(std::strerror(errno));
    elf_version(EV_CURRENT);
    code.core_ = elf_begin(code.file_, ELF_C_READ_MMAP, nullptr);
    code.dwfl_ = dwfl_begin(&kOfCore);
    if (code.core_ == nullptr || code.dwfl_ == nullptr) fail("it cannot be read");
    // One that is not on this machine is no reason to name nothing at all.
    const bool is_there = access(executable.c_str(), R_OK) == 0;
    const char* program = is_there ? executable.c_str() : nullptr;
    if (dwfl_core_file_report(code.dwfl_, code.core_, program) < 0) fail("its modules");
    if (dwfl_report_end(code.dwfl_, nullptr, nullptr) != 0) fail("its modules");
    return code;
}

namespace {

std::string build_id_of(int file) {
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(file, ELF_C_READ, nullptr), elf_end);
    const void* bytes = nullptr;
    const ssize_t length = elf ? dwelf_elf_gnu_build_id(elf.get(), &bytes) : -1;
    std::string text;
    constexpr const char* kDigits = "0123456789abcdef";
    for (ssize_t i = 0; i < length; ++i) {
        const unsigned byte = static_cast<const unsigned char*>(bytes)[i];
        text += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return text;
}

void report(Dwfl* dwfl, const ModuleFile& module) {
    const int file = open(module.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat info {};
    const bool is_it = file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
                       (module.build_id.empty() || build_id_of(file) == module.build_id);
    // It takes the descriptor, if it does not fail.
    if (is_it && dwfl_report_elf(dwfl, module.path.c_str(), module.path.c_str(), file, module.bias,
                                 true) != nullptr)
        return;
    if (file >= 0) close(file);
}

}  // namespace

Code Code::of_files(const std::vector<ModuleFile>& files) {
    Code code;
    elf_version(EV_CURRENT);
    code.dwfl_ = dwfl_begin(&kOfProcess);
    if (code.dwfl_ == nullptr) fail("it cannot be read");
    for (const ModuleFile& file : files) report(code.dwfl_, file);
    if (dwfl_report_end(code.dwfl_, nullptr, nullptr) != 0) fail("its modules");
    return code;
}

Code Code::of_process(std::int64_t pid) {
    Code code;
    code.dwfl_ = dwfl_begin(&kOfProcess);
    if (code.dwfl_ == nullptr) fail("it cannot be read");
    const int error = dwfl_linux_proc_report(code.dwfl_, static_cast<pid_t>(pid));
    if (error > 0) throw std::runtime_error(std::strerror(error));
    if (error < 0 || dwfl_report_end(code.dwfl_, nullptr, nullptr) != 0) fail("its modules");
    return code;
}

// The core finds the file of a module that has a build-id.
core::FileCode* Code::file_of(Dwfl_Module* module) {
    const auto [entry, is_new] = files_.try_emplace(module);
    const unsigned char* id = nullptr;
    GElf_Addr address = 0;
    if (!is_new || dwfl_module_build_id(module, &id, &address) > 0) return entry->second.get();
    const char* path = nullptr;
    dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
    auto file = path == nullptr ? nullptr : core::ModuleFile::open(path);
    if (file != nullptr) entry->second = std::make_unique<core::FileCode>(std::move(file));
    return entry->second.get();
}

std::vector<core::RawFrame> Code::frames(std::uint64_t pc) {
    Dwfl_Module* module = dwfl_addrmodule(dwfl_, pc);
    GElf_Addr bias = 0;
    if (module == nullptr || dwfl_module_getelf(module, &bias) == nullptr) return {};
    core::FileCode* code = file_of(module);
    if (code == nullptr) return {};
    auto found = code->frames(pc - bias);
    return found ? std::move(*found) : std::vector<core::RawFrame>();
}

std::optional<Symbol> Code::symbol_at(std::uint64_t pc) const {
    Dwfl_Module* module = dwfl_addrmodule(dwfl_, pc);
    if (module == nullptr) return std::nullopt;
    GElf_Sym symbol;
    GElf_Off offset = 0;
    const char* name =
        dwfl_module_addrinfo(module, pc, &offset, &symbol, nullptr, nullptr, nullptr);
    if (name == nullptr) return std::nullopt;
    return Symbol{name, pc - offset, symbol.st_size};
}

namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

// As people write a name that a compiler has mangled: of a static variable, and of one in an
// unnamed namespace, without these.
bool is_called(const char* symbol, const std::string& name) {
    if (name == symbol) return true;
    const auto last = name.rfind(':');
    const std::string own = last == name.npos ? name : name.substr(last + 1);
    // Most symbols are others': no demangler for them.
    if (std::strncmp(symbol, "_Z", 2) != 0 || std::strstr(symbol, own.c_str()) == nullptr)
        return false;
    int status = 0;
    const std::unique_ptr<char, Free> demangled(
        abi::__cxa_demangle(symbol, nullptr, nullptr, &status));
    if (demangled == nullptr) return false;
    std::string shown = demangled.get();
    constexpr std::string_view kUnnamed = "(anonymous namespace)::";
    for (auto at = shown.find(kUnnamed); at != shown.npos; at = shown.find(kUnnamed))
        shown.erase(at, kUnnamed.size());
    return shown == name;
}

struct Search {
    const std::string& name;
    std::optional<Symbol> found;
};

int look_in(Dwfl_Module* module, void**, const char*, Dwarf_Addr, void* to) {
    auto& wanted = *static_cast<Search*>(to);
    const int count = dwfl_module_getsymtab(module);
    for (int i = 1; i < count; ++i) {
        GElf_Sym symbol;
        GElf_Addr address = 0;
        const char* called =
            dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
        const int type = GELF_ST_TYPE(symbol.st_info);
        if (called == nullptr || symbol.st_shndx == SHN_UNDEF ||
            (type != STT_OBJECT && type != STT_NOTYPE) || !is_called(called, wanted.name))
            continue;
        wanted.found = Symbol{called, address, symbol.st_size};
        return DWARF_CB_ABORT;
    }
    return DWARF_CB_OK;
}

}  // namespace

std::optional<Symbol> Code::data_symbol(const std::string& name) {
    if (const auto found = known_.find(name); found != known_.end()) return found->second;
    Search search{name, {}};
    // The program's own before a library's of the same name.
    if (Dwfl_Module* module = entry_ == 0 ? nullptr : dwfl_addrmodule(dwfl_, entry_))
        look_in(module, nullptr, nullptr, 0, &search);
    if (!search.found) dwfl_getmodules(dwfl_, look_in, &search, 0);
    return known_[name] = search.found;
}

std::size_t Code::read_file(std::uint64_t address, void* out, std::size_t size) const {
    Dwfl_Module* module = dwfl_addrmodule(dwfl_, address);
    GElf_Addr bias = 0;
    Elf* elf = module == nullptr ? nullptr : dwfl_module_getelf(module, &bias);
    std::size_t count = 0;
    std::size_t length = 0;
    const char* bytes = elf == nullptr ? nullptr : elf_rawfile(elf, &length);
    if (bytes == nullptr || elf_getphdrnum(elf, &count) != 0) return 0;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
        const std::uint64_t offset = address - bias - header.p_vaddr;
        // What the program could write is not what the file has.
        if (header.p_type != PT_LOAD || (header.p_flags & PF_W) != 0 || offset >= header.p_filesz)
            continue;
        if (header.p_offset >= length || offset >= length - header.p_offset) return 0;
        const std::uint64_t there = std::min(header.p_filesz, length - header.p_offset) - offset;
        const std::size_t taken = std::min<std::uint64_t>(size, there);
        std::memcpy(out, bytes + header.p_offset + offset, taken);
        return taken;
    }
    return 0;
}

}  // namespace mt::reader
