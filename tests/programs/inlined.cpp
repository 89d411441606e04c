// SPDX-License-Identifier: MIT
//
// Optimised C++: the lines that allocate lie in functions that the compiler has
// inlined into each other and into the standard library's. Reports name the
// user's function and line, not the machine's frame.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" __attribute__((noinline)) void inlined_ready() { asm volatile("nop" ::: "memory"); }
extern "C" __attribute__((noinline)) void inlined_done() { asm volatile("nop" ::: "memory"); }

namespace shop {

struct Item {
    std::uint64_t id;
    std::uint64_t cents;
};

template <typename T>
inline __attribute__((always_inline)) T* keep(T* block) {
    asm volatile("" : : "r"(block) : "memory");
    return block;
}

inline __attribute__((always_inline)) Item* new_item(std::uint64_t id) {
    return keep(new Item{id, id * 100});
}

inline __attribute__((always_inline)) Item* stock_item(std::uint64_t id) {
    return new_item(id + 1);
}

class Cart {
  public:
    __attribute__((noinline)) void fill(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) items_.emplace_back(stock_item(i));
    }
    __attribute__((noinline)) void name(const std::string& text) {
        names_.emplace(text, std::string(200, 'x'));
    }

  private:
    std::vector<std::unique_ptr<Item>> items_;
    std::map<std::string, std::string> names_;
};

}  // namespace shop

int main() {
    inlined_ready();
    shop::Cart cart;
    cart.fill(100);
    cart.name("a name that is longer than a short string's own place");
    inlined_done();
    return 0;
}
