// SPDX-License-Identifier: MIT
//
// Threads and their registers, by the SB API. Calls nothing in the program and selects nothing.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "session.h"

namespace mt::adapter {
namespace {

constexpr std::array kGeneral = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",    "r8",
                                 "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "fs_base"};

struct VectorKind {
    const char* name;
    std::size_t lanes;  // of 64 bits
    unsigned count;
};
// The widest holds the others.
constexpr std::array kVectors = {VectorKind{"zmm", 8, 32}, VectorKind{"ymm", 4, 16},
                                 VectorKind{"xmm", 2, 16}};
// The core's names for lanes.
constexpr std::array kLanes = {"xmm", "xmm", "ymm", "ymm", "zmm", "zmm", "zmm", "zmm"};

class Registers {
  public:
    Registers(lldb::SBThread& thread, mtc_add_register add, void* sink)
        : frame_(thread.GetFrameAtIndex(0)),
          number_(thread.GetIndexID()),
          tid_(static_cast<std::uint32_t>(thread.GetThreadID())),
          add_(add),
          sink_(sink) {}

    void add_general() {
        for (const char* name : kGeneral)
            pass(name, frame_.FindRegister(name).GetValueAsUnsigned());
    }
    // False: the processor or the core has none of this width.
    bool add_vectors(const VectorKind& kind) {
        std::array<std::uint64_t, kLanes.size()> values{};
        for (unsigned i = 0; i < kind.count; ++i) {
            const std::string number = std::to_string(i);
            auto data = frame_.FindRegister((kind.name + number).c_str()).GetData();
            lldb::SBError error;
            const std::size_t size = kind.lanes * sizeof values[0];
            if (data.ReadRawData(error, 0, values.data(), size) != size) return false;
            for (std::size_t lane = 0; lane < kind.lanes; ++lane)
                pass(kLanes[lane] + number + '[' + std::to_string(lane) + ']', values[lane]);
        }
        return true;
    }

  private:
    void pass(const std::string& name, std::uint64_t value) {
        const mtc_register found{number_, tid_, name.c_str(), value};
        if (value != 0) add_(sink_, &found);
    }

    lldb::SBFrame frame_;
    std::uint32_t number_, tid_;
    mtc_add_register add_;
    void* sink_;
};

std::vector<lldb::SBThread> stopped_threads(lldb::SBProcess process) {
    std::vector<lldb::SBThread> found;
    if (lldb::SBDebugger::StateIsRunningState(process.GetState())) return found;
    for (std::uint32_t i = 0; i < process.GetNumThreads(); ++i)
        found.push_back(process.GetThreadAtIndex(i));
    return found;
}

}  // namespace

int Session::threads(mtc_add_thread add, void* sink) {
    for (auto& thread : stopped_threads(target_.GetProcess())) {
        const auto pointer = thread.GetFrameAtIndex(0).GetSP();
        const mtc_thread found{thread.GetIndexID(),
                               static_cast<std::uint32_t>(thread.GetThreadID()),
                               pointer != LLDB_INVALID_ADDRESS ? pointer : 0};
        add(sink, &found);
    }
    return MTC_OK;
}

int Session::registers(mtc_add_register add, void* sink) {
    const char* triple = target_.GetTriple();
    if (triple == nullptr || std::string_view(triple).rfind("x86_64", 0) != 0) return MTC_ERROR;
    for (auto& thread : stopped_threads(target_.GetProcess())) {
        if (interrupted() != 0) return MTC_INTERRUPTED;
        Registers registers(thread, add, sink);
        registers.add_general();
        for (const VectorKind& kind : kVectors)
            if (registers.add_vectors(kind)) break;
    }
    return MTC_OK;
}

}  // namespace mt::adapter
