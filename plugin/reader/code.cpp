// SPDX-License-Identifier: MIT
//
// See code.h. Frames as DWARF 5, 3.3.8 has inlined calls: each with its function, and the
// place of the call in the one around it.
#include "code.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
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

std::string text(const char* from) { return from == nullptr ? std::string() : from; }

const char* linkage_of(Dwarf_Die& die) {
    Dwarf_Attribute attribute;
    for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
        if (dwarf_attr_integrate(&die, name, &attribute) != nullptr)
            return dwarf_formstring(&attribute);
    return nullptr;
}

std::uint32_t number_of(Dwarf_Die& die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr(&die, name, &attribute) == nullptr) return 0;
    return dwarf_formudata(&attribute, &value) == 0 ? static_cast<std::uint32_t>(value) : 0;
}

// A place in the source: the file by its name in the line table.
struct Place {
    std::string file, directory;
    std::uint32_t line = 0;
};

std::string directory_of(Dwarf_Die& unit) {
    Dwarf_Attribute attribute;
    return text(dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute)));
}

Place called_at(Dwarf_Die& inlined, Dwarf_Die& unit) {
    Place place;
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    const std::uint32_t file = number_of(inlined, DW_AT_call_file);
    if (dwarf_getsrcfiles(&unit, &files, &count) == 0 && file < count)
        place.file = text(dwarf_filesrc(files, file, nullptr, nullptr));
    place.directory = directory_of(unit);
    place.line = number_of(inlined, DW_AT_call_line);
    return place;
}

Place at(Dwfl_Module* module, std::uint64_t pc, Dwarf_Die& unit) {
    Place place;
    Dwfl_Line* line = dwfl_module_getsrc(module, pc);
    if (line == nullptr) return place;
    int number = 0;
    place.file = text(dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr));
    place.directory = directory_of(unit);
    place.line = number < 0 ? 0 : static_cast<std::uint32_t>(number);
    return place;
}

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

// Each entry that the code lies in, innermost first. The list that libdw makes of an address goes
// on, behind an inlined call, where that function is defined; that of an entry where it is called.
std::vector<Dwarf_Die> scopes_at(Dwarf_Die& unit, Dwarf_Addr address) {
    Dwarf_Die* scopes = nullptr;
    if (dwarf_getscopes(&unit, address, &scopes) <= 0) return {};
    const std::unique_ptr<Dwarf_Die, Free> of_address(scopes);
    Dwarf_Die innermost = scopes[0];
    const int count = dwarf_getscopes_die(&innermost, &scopes);
    if (count <= 0) return {};
    const std::unique_ptr<Dwarf_Die, Free> of_entry(scopes);
    return {scopes, scopes + count};
}

}  // namespace

Code::Code(Code&& other) noexcept
    : dwfl_(std::exchange(other.dwfl_, nullptr)),
      core_(std::exchange(other.core_, nullptr)),
      file_(std::exchange(other.file_, -1)),
      entry_(other.entry_),
      known_(std::move(other.known_)) {}

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

Code Code::of_process(std::int64_t pid) {
    Code code;
    code.dwfl_ = dwfl_begin(&kOfProcess);
    if (code.dwfl_ == nullptr) fail("it cannot be read");
    const int error = dwfl_linux_proc_report(code.dwfl_, static_cast<pid_t>(pid));
    if (error > 0) throw std::runtime_error(std::strerror(error));
    if (error < 0 || dwfl_report_end(code.dwfl_, nullptr, nullptr) != 0) fail("its modules");
    return code;
}

std::vector<Frame> Code::frames(std::uint64_t pc) const {
    std::vector<Frame> found;
    Dwfl_Module* module = dwfl_addrmodule(dwfl_, pc);
    Dwarf_Addr bias = 0;
    Dwarf_Die* unit = module == nullptr ? nullptr : dwfl_module_addrdie(module, pc, &bias);
    if (unit == nullptr) return found;
    Place place = at(module, pc, *unit);
    for (Dwarf_Die& scope : scopes_at(*unit, pc - bias)) {
        const int tag = dwarf_tag(&scope);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
        found.push_back({text(dwarf_diename(&scope)), text(linkage_of(scope)), place.file,
                         place.directory, place.line});
        if (tag == DW_TAG_subprogram) return found;
        place = called_at(scope, *unit);
    }
    if (found.empty() && !place.file.empty())
        found.push_back({"", "", place.file, place.directory, place.line});
    return found;
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
