// SPDX-License-Identifier: MIT
#include "attach/redirect.h"

#include <link.h>
#include <sys/auxv.h>

#include "attach/loader.h"
#include "attach/module.h"
#include "attach/records.h"
#include "control/control.h"
#include "control/requests.h"
#include "hooks/definitions.h"
#include "hooks/entries.h"
#include "hooks/real.h"
#include "os/pages.h"
#include "table/header.h"

namespace mt::runtime {
namespace {

void look_at_modules();
bool have_modules_changed();

// A function of others that is to lead to ours.
struct Wanted {
    const char* name;
    u64 ours;
    u64 theirs;  // where the program's look-ups lead; 0 = there is none
};
constexpr u32 kMostWanted = 24;
Wanted wanted[kMostWanted];
u32 wanted_count = 0;

u32 redirecting = 0;  // new modules are to be redirected, too
Records records;
u64 seen_loads = 0, seen_unloads = 0;  // by the loader's own count, when all was looked at last

// One thread at a time; who finds another one at it leaves the work to it. A thread may be
// stopped here, and a fork's child has inherited it: so nobody waits, and a holder of another
// process counts for nothing.
u64 holder = 0;  // pid
u32 is_asked_again = 0;

bool begin() {
    const u64 me = load(root().pid);
    const u64 now = load(holder);
    return now != me && exchange_if<u64>(holder, now, me);
}
void end() { publish(holder, 0); }

bool same(const char* a, const char* b) {
    while (*a != '\0' && *a == *b) ++a, ++b;
    return *a == *b;
}

// The function behind our hook, as it was found when the runtime was opened: a library that
// came later may define the name, too, and the program's look-ups do not find that one.
u64 behind_hook(const char* name) {
#define MT_REAL(result, function, parameters) \
    if (same(name, #function)) return reinterpret_cast<u64>(real.function);
#include "hooks/family.def"
    return 0;
}

void find_theirs() {
    if (wanted_count != 0) return;
    Definition found[kMostWanted] = {};
    const auto want = [&](const HookEntry& entry) {
        found[wanted_count].name = entry.name;
        wanted[wanted_count++] = {entry.name, reinterpret_cast<u64>(entry.function), 0};
    };
    for (const HookEntry& entry : loader_entries) want(entry);
    for (const HookEntry& entry : naming_entries) want(entry);
    for (u32 i = 0; i < family_entry_count; ++i) want(family_entries[i]);
    find_definitions(found, wanted_count);
    u64 loader[kLoaderEntries];
    for (u32 i = 0; i < wanted_count; ++i) {
        const u64 known = behind_hook(wanted[i].name);
        wanted[i].theirs = known != 0 ? known : found[i].address;
        if (i < kLoaderEntries) loader[i] = found[i].address;
    }
    use_loader(loader, {have_modules_changed, look_at_modules});
    // Whoever comes by a redirected entry means ours, and libc's own calls are redirected too.
    real.is_realloc_ours = true;
}

// Of the module that a look is at.
struct Visit {
    const dl_phdr_info* info;
    u64 dynamic;
    u64 check;
    bool calls_others;   // an entry leads neither to us nor to where we lead
    bool is_unfinished;  // the loader is still at work on it
    Redirection result;
};

const Wanted* wanted_by(const Entry& entry) {
    for (u32 i = 0; i < wanted_count; ++i) {
        if (wanted[i].theirs != 0 && same(wanted[i].name, entry.name)) return &wanted[i];
    }
    return nullptr;
}

// Read without a tear: the loader may be binding it.
u64 word_of(const Entry& entry) { return load(*entry.word); }

// Not bound yet, and will be to what the program's look-ups find. Of a module that defines the
// name, too, that is certain where it is first, and for libc, which is bound before any other.
bool is_stub(const Visit& visit, const Entry& entry, u64 theirs, u64 word) {
    const bool is_bound_so = entry.own == 0 || entry.own == theirs ||
                             runs_in(*visit.info, reinterpret_cast<u64>(&dl_iterate_phdr));
    return entry.is_slot && is_bound_so && word != entry.own && runs_in(*visit.info, word);
}

bool note_others(void* context, const Entry& entry) {
    auto& visit = *static_cast<Visit*>(context);
    const Wanted* one = wanted_by(entry);
    if (one == nullptr) return true;
    const u64 word = word_of(entry);
    // A program at a fixed address stands for a function by a stub of its own, which leads on.
    const bool is_known = word == one->theirs || word == one->ours || word == 0 ||
                          is_stub(visit, entry, one->theirs, word) || !entry.is_slot;
    visit.calls_others = visit.calls_others || !is_known;
    return true;
}

// The one store. Where the loader has taken the right to write away, for that moment.
bool put(u64* word, u64 before, u64 after, bool is_relro, bool& is_unfinished) {
    void* page = pointer<void>(address_of(word) & ~u64{kPageSize - 1});
    // Not yet taken away: the loader is relocating the module, and must still be able to write.
    const bool is_open = is_relro && os::is_writable_page(page);
    is_unfinished = is_unfinished || is_open;
    const bool is_closed = is_relro && !is_open;
    if (is_closed && !os::let_write(page, kPageSize, true)) return false;
    exchange_if(*word, before, after);
    if (is_closed) os::let_write(page, kPageSize, false);
    return true;
}

bool redirect_entry(void* context, const Entry& entry) {
    auto& visit = *static_cast<Visit*>(context);
    const Wanted* one = wanted_by(entry);
    if (one == nullptr) return true;
    const u64 word = word_of(entry);
    const bool leads_there =
        word == one->theirs || (!visit.calls_others && is_stub(visit, entry, one->theirs, word));
    if (!leads_there && word != one->ours) return true;
    Redirected* record = records.of(entry.word);
    if (record == nullptr) {
        visit.result = Redirection::no_memory;
        return false;
    }
    if (leads_there) {
        record->before = word;
    } else if (record->word == nullptr) {
        record->before = one->theirs;  // the loader bound it to us
    }
    record->ours = one->ours;
    record->bias = visit.info->dlpi_addr;
    record->dynamic = visit.dynamic;
    record->check = visit.check;
    record->is_relro = entry.is_relro;
    record->is_found = true;
    publish(record->word, entry.word);
    if (leads_there && !put(entry.word, word, one->ours, entry.is_relro, visit.is_unfinished)) {
        visit.result = Redirection::not_writable;
        return false;
    }
    return true;
}

// Two builds of a library differ somewhere in the tables that its dynamic section names.
u64 check_of(u64 dynamic) {
    u64 sum = 0;
    const auto* entry = pointer<const Elf64_Dyn>(dynamic);
    for (u32 i = 0; i < 256 && entry != nullptr && entry->d_tag != DT_NULL; ++i, ++entry)
        sum = (sum ^ entry->d_un.d_val ^ static_cast<u64>(entry->d_tag)) * 0x9e3779b97f4a7c15ull;
    return sum;
}

bool is_left_alone(const dl_phdr_info& info) {
    const u64 bias = info.dlpi_addr;
    const bool is_loader = bias != 0 && bias == getauxval(AT_BASE);
    const bool is_kernels = bias != 0 && bias == getauxval(AT_SYSINFO_EHDR);
    return is_loader || is_kernels || runs_in(info, reinterpret_cast<u64>(&is_left_alone));
}

struct Look {
    u64 loads = 0, unloads = 0;
    bool is_unfinished = false;
    Redirection result = Redirection::done;
};

int visit_module(dl_phdr_info* info, std::size_t, void* context) {
    auto& look = *static_cast<Look*>(context);
    look.loads = info->dlpi_adds;
    look.unloads = info->dlpi_subs;
    if (is_left_alone(*info)) return 0;
    const u64 dynamic = dynamic_of(*info);
    Visit visit{info, dynamic, check_of(dynamic), false, false, Redirection::done};
    each_entry(*info, note_others, &visit);
    each_entry(*info, redirect_entry, &visit);
    look.is_unfinished = look.is_unfinished || visit.is_unfinished;
    look.result = visit.result;
    return visit.result == Redirection::done ? 0 : 1;
}

// The list cannot change meanwhile, so no module goes while its entries are written.
Redirection look_at_all() {
    constexpr int kMostLooks = 8;
    Look look;
    for (int i = 0; i < kMostLooks; ++i) {
        publish(is_asked_again, 0);
        records.each([](Redirected& one) { one.is_found = false; });
        look = {};
        dl_iterate_phdr(visit_module, &look);
        if (look.result != Redirection::done) return look.result;
        if (load(is_asked_again) == 0) break;
    }
    // What is gone, or has another meaning: nothing of ours stands there.
    records.each([](Redirected& one) {
        if (!one.is_found) publish(one.word, nullptr);
    });
    publish(seen_loads, look.is_unfinished ? 0 : look.loads);
    publish(seen_unloads, look.unloads);
    return look.result;
}

// With its module's lock held; only what is ours, in the module that it was found in.
int restore_module(dl_phdr_info* info, std::size_t, void* context) {
    auto& restored = *static_cast<u32*>(context);
    const u64 dynamic = dynamic_of(*info);
    const u64 check = check_of(dynamic);
    records.each([&](Redirected& one) {
        if (one.bias != info->dlpi_addr || one.dynamic != dynamic || one.check != check) return;
        bool is_unfinished = false;
        if (load(*one.word) == one.ours &&
            put(one.word, one.ours, one.before, one.is_relro, is_unfinished))
            ++restored;
        publish(one.word, nullptr);
    });
    return 0;
}

u32 restore_all() {
    u32 restored = 0;
    dl_iterate_phdr(restore_module, &restored);
    records.each([](Redirected& one) { publish(one.word, nullptr); });
    return restored;
}

// As the last look found them: the module of one may be gone by now, and its words with it.
u32 redirected_count() {
    u32 count = 0;
    records.each([&](Redirected&) { ++count; });
    return count;
}

// Blocks of the program's live that nobody has seen: no table must claim to have all of them,
// whatever the variable MEMTRACE asks for, and should the start come before the first call.
void begin_late() {
    request_stop();
    control.obey(false);
}

bool is_redirecting() { return load(redirecting) != 0; }

// For who has just opened or closed a module, or is about to look something up in one.
void look_at_modules() {
    if (!is_redirecting()) return;
    if (!begin()) return publish(is_asked_again, 1);
    if (is_redirecting()) look_at_all();
    end();
}

bool have_modules_changed() {
    struct Counts {
        u64 loads, unloads;
    } now{};
    const auto take = [](dl_phdr_info* info, std::size_t, void* context) {
        *static_cast<Counts*>(context) = {info->dlpi_adds, info->dlpi_subs};
        return 1;
    };
    if (!is_redirecting()) return false;
    dl_iterate_phdr(take, &now);
    return now.loads != load(seen_loads) || now.unloads != load(seen_unloads);
}

}  // namespace

Outcome redirect_entries() {
    if (!real_is_ready() || load(root().status) != static_cast<u32>(Status::ready))
        return {Redirection::refused, 0};
    if (wanted_count == 0 && real.is_realloc_ours) return {Redirection::not_ours, 0};
    if (!begin()) return {Redirection::busy, 0};
    if (wanted_count == 0) begin_late();
    find_theirs();
    publish(redirecting, 1);
    Outcome outcome{look_at_all(), 0};
    // A thread may have been binding an entry, and stored after us.
    if (outcome.what == Redirection::done) outcome.what = look_at_all();
    if (outcome.what == Redirection::done) {
        outcome.entries = redirected_count();
        if (outcome.entries == 0) outcome.what = Redirection::nothing;
    }
    if (outcome.what != Redirection::done) {
        publish(redirecting, 0);
        restore_all();
    }
    end();
    return outcome;
}

Outcome restore_entries() {
    if (!begin()) return {Redirection::busy, 0};
    const bool was_on = is_redirecting();
    publish(redirecting, 0);
    const u32 restored = restore_all();
    end();
    return {was_on ? Redirection::done : Redirection::nothing, restored};
}

}  // namespace mt::runtime
