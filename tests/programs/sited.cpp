// SPDX-License-Identifier: MIT
//
// A block of each kind of class and number that no container asks for, and whose only sign of a
// type is what the code at the place does with it: assigns, constructs, passes, returns. And blocks
// that look like another type's. The file that is named first gets what each line's blocks are.
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sited.h"

namespace shop {

struct Point {
    int x, y;
};
struct Order {
    int id = 0;
    double price = 1;
};
struct Item {
    explicit Item(int first);
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;
    ~Item() { keep(this); }
    int numbers[6];
};
__attribute__((noinline)) Item::Item(int first) {
    for (int& number : numbers) number = first++;
}
struct Base {
    Base() { keep(this); }
    long value = 1;
};
struct Same : Base {  // no larger than its base
    Same() { value = 2; }
};
struct Larger : Base {
    Larger() { more = 3; }
    long more;
};
struct Holder {
    Point* point;
    Order* order;
    struct Inner {
        std::unique_ptr<Order> owned;
        Point* points[3];
    } inner;
};
template <typename T>
struct Box {
    T content{};
};
struct Node {
    Node* next;
    long number;
};
union Either {
    long number;
    double real;
    char bytes[16];
};
struct Header {
    long size, capacity;
};
struct Other {
    long first, second;
};
enum class Colour { red, green };

// Others could look at these: so what is assigned to them is not left out.
Point* global_point;
Holder* global_holder;
Node* head;
void* anything;
volatile int switched = 1;

__attribute__((noinline)) static Point* make_point(int x) { return new Point{x, 2}; }
__attribute__((noinline)) static void take(Order* order) { keep(order); }
__attribute__((noinline)) static void* raw(std::size_t size) {
    void* memory = malloc(size);
    if (memory == nullptr) abort();
    return memory;
}

static void variables() {
    EXPECT("shop::Point");
    Point* point = new Point{1, 2};
    keep(point);
    EXPECT("shop::Order");
    auto* order = new Order;
    keep(order);
    EXPECT("shop::Order");
    const Order& reference = *new Order();
    keep(&reference);
    EXPECT("shop::Point");
    global_point = new Point{3, 4};
    EXPECT("shop::Holder");
    global_holder = new Holder{};
    EXPECT("shop::Point");
    global_holder->point = new Point{5, 6};
    EXPECT("shop::Order");
    global_holder->inner.owned.reset(new Order);
    EXPECT("shop::Point");
    global_holder->inner.points[1] = new Point{7, 8};
    EXPECT("shop::Node");
    head = new Node{nullptr, 1};
    EXPECT("shop::Node");
    head->next = new Node{nullptr, 2};
    EXPECT("shop::Either");
    auto* either = new Either{};
    keep(either);
    struct Local {
        long a, b, c;
    };
    EXPECT("shop::variables()::Local");
    auto* local = new Local{1, 2, 3};
    keep(local);
}

static void functions() {
    EXPECT("shop::Point");
    keep(make_point(1));
    EXPECT("shop::Order");
    take(new Order);
    EXPECT("shop::Item");
    anything = new Item(3);
    keep(anything);
    EXPECT("shop::Box<int>");
    auto* box = new Box<int>;
    keep(box);
    EXPECT("shop::Box<shop::Order>");
    auto* orders = new Box<Order>;
    keep(orders);
}

static void bases() {
    EXPECT("shop::Base");
    Base* base = new Base;
    keep(base);
    EXPECT("|shop::Same");
    Base* same = new Same;
    keep(same);
    EXPECT("|shop::Larger");
    Base* larger = new Larger;
    keep(larger);
}

static void arrays() {
    EXPECT("shop::Point[]");
    auto* points = new Point[5];
    keep(points);
    EXPECT("|shop::Order[]");
    auto* orders = new Order[4];
    keep(orders);
    EXPECT("|shop::Item[]");
    auto* items = new Item[2]{Item(1), Item(2)};
    keep(items);
    EXPECT("int[]");
    int* numbers = new int[20];
    keep(numbers);
    EXPECT("double");
    auto* number = new double;
    keep(number);
    EXPECT("shop::Node*[]");
    Node** nodes = new Node*[7];
    keep(nodes);
    EXPECT("shop::Colour[]");
    auto* colours = new Colour[4];
    keep(colours);
    EXPECT("unsigned long[]");
    auto* sizes = static_cast<std::size_t*>(calloc(9, sizeof(std::size_t)));
    keep(sizes);
}

static void containers() {
    EXPECT("std::vector<int>");
    auto* vector = new std::vector<int>;
    keep(vector);
    EXPECT("std::map<int, shop::Order>");
    auto* map = new std::map<int, Order>;
    keep(map);
    EXPECT("std::set<long>");
    auto* set = new std::set<long>;
    keep(set);
    EXPECT("std::unordered_map<std::string, int>");
    auto* by_name = new std::unordered_map<std::string, int>;
    keep(by_name);
    EXPECT("std::string");
    auto* text = new std::string;
    keep(text);
    EXPECT("std::pair<int, shop::Order>");
    auto* pair = new std::pair<int, Order>;
    keep(pair);
    EXPECT("std::tuple<int, double, char>");
    auto* tuple = new std::tuple<int, double, char>;
    keep(tuple);
    EXPECT("std::optional<shop::Order>");
    auto* optional = new std::optional<Order>;
    keep(optional);
    EXPECT("std::atomic<long>");
    auto* atomic = new std::atomic<long>(1);
    keep(atomic);
    EXPECT("std::shared_ptr<shop::Order>");
    auto* shared = new std::shared_ptr<Order>;
    keep(shared);
}

// Nothing may be said of these, or the one thing that is right.
static void traps() {
    EXPECT("");
    anything = malloc(sizeof(Header) * 3);
    keep(anything);
    // A header with what it heads: as large as an array of headers.
    EXPECT("");
    auto* header = static_cast<Header*>(malloc(sizeof(Header) + 2 * sizeof(Header)));
    header->size = 32;
    keep(header);
    // Of one class or the other, as large as each other.
    EXPECT("");
    void* memory = raw(sizeof(Header));
    if (switched != 0)
        keep(new (memory) Other{1, 2});
    else
        keep(new (memory) Header{1, 2});
    EXPECT("");
    void* second = raw(sizeof(Header));
    if (switched == 0) {
        Header* as_header = static_cast<Header*>(second);
        as_header->size = 1;
        keep(as_header);
    } else {
        Other* as_other = static_cast<Other*>(second);
        as_other->first = 2;
        keep(as_other);
    }
    // A number at the beginning of something else.
    EXPECT("|shop::Other");
    long* number = &(new Other{3, 4})->first;
    keep(number);
    EXPECT("");
    char* bytes = static_cast<char*>(malloc(32));
    keep(bytes);
    EXPECT("|char[]");
    char* letters = new char[16];
    keep(letters);
    EXPECT("|shop::Point");
    auto* placed = new (raw(sizeof(Point))) Point{1, 1};
    keep(placed);
    EXPECT("");
    keep(strdup("twenty-four letters, no."));
}

}  // namespace shop

int main(int argc, char** argv) {
    if (argc != 2 || (list = fopen(argv[1], "w")) == nullptr) return 2;
    shop::variables();
    shop::functions();
    shop::bases();
    shop::arrays();
    shop::containers();
    shop::traps();
    fclose(list);
    typed_done();
    return 0;
}
