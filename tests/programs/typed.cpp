// SPDX-License-Identifier: MIT
//
// A block of each kind of container and class. The file that is named first gets, for each
// source line that allocates, all that its blocks may be said to be; an empty type is one
// that neither templates nor vtables tell.
#include <any>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <vector>

extern "C" __attribute__((noinline)) void typed_done() { asm volatile("nop" ::: "memory"); }

void* kept[10];  // others could look at it: so nothing that is kept is left out

struct Order {
    int id = 0;
    double price = 0;
    bool operator<(const Order& other) const { return id < other.id; }
};
struct Shape {
    virtual ~Shape() = default;
    double size = 1;
};
struct Circle : Shape {
    double radius = 2;
};
struct Named {
    virtual ~Named() = default;
    char name[16] = "named";
};
struct Both : Shape, Named {};
template <typename T>
struct Box {
    virtual ~Box() = default;
    T content{};
};
namespace shop {
struct Item {
    virtual ~Item() = default;
    long number = 7;
};
}  // namespace shop

static FILE* file;

// The types of the blocks of the next line.
static void expect(int line, const char* types) { fprintf(file, "%d|%s\n", line + 1, types); }
#define EXPECT(types) expect(__LINE__, types)

// Never freed, so all live at the stop.
template <typename T>
static T& keep() {
    return *new T();
}

static void sequences() {
    auto& ints = keep<std::vector<int>>();
    EXPECT("int[]");
    ints.resize(10);
    auto& orders = keep<std::vector<Order>>();
    EXPECT("Order[]");
    orders.resize(3);
    auto& owners = keep<std::vector<std::unique_ptr<Order>>>();
    EXPECT("std::unique_ptr<Order>[]");
    owners.resize(4);
    auto& names = keep<std::vector<std::string>>();
    EXPECT("std::string[]");
    names.resize(5);
    auto& nested = keep<std::vector<std::vector<Order>>>();
    EXPECT("std::vector<Order>[]");
    nested.resize(2);
    auto& bits = keep<std::vector<bool>>();
    EXPECT("unsigned long[]");
    bits.resize(1000);
    EXPECT("|Order[]|map of a std::deque|std::deque<Order>");
    auto& deque = keep<std::deque<Order>>();
    deque.resize(2);
    auto& list = keep<std::list<Order>>();
    EXPECT("std::list<Order> node");
    list.push_back({});
    auto& forward = keep<std::forward_list<int>>();
    EXPECT("std::forward_list<int> node");
    forward.push_front(1);
    auto& queue = keep<std::priority_queue<int>>();
    EXPECT("int[]");
    queue.push(1);
    EXPECT("|long[]|map of a std::deque|std::stack<long>");
    auto& stack = keep<std::stack<long>>();
    stack.push(1);
}

static void sorted() {
    auto& set = keep<std::set<int>>();
    EXPECT("std::set<int> node");
    set.insert(1);
    auto& orders = keep<std::set<Order>>();
    EXPECT("std::set<Order> node");
    orders.insert(Order{});
    auto& multiset = keep<std::multiset<long>>();
    EXPECT("std::set<long> node");
    multiset.insert(1);
    auto& map = keep<std::map<int, Order>>();
    EXPECT("std::map<int, Order> node");
    map[1] = {};
    auto& names = keep<std::map<std::string, std::vector<Order>>>();
    EXPECT("std::map<std::string, std::vector<Order>> node");
    names["a"] = {};
    auto& multimap = keep<std::multimap<int, char>>();
    EXPECT("std::map<int, char> node");
    multimap.emplace(1, 'a');
    auto& owners = keep<std::map<int, std::unique_ptr<Shape>>>();
    EXPECT("std::map<int, std::unique_ptr<Shape>> node");
    owners.emplace(1, nullptr);
}

static void hashed() {
    auto& set = keep<std::unordered_set<int>>();
    EXPECT("std::unordered_set<int> node|buckets of an unordered container");
    set.insert(1);
    auto& names = keep<std::unordered_set<std::string>>();
    EXPECT("std::unordered_set<std::string> node|buckets of an unordered container");
    names.insert("a");
    auto& map = keep<std::unordered_map<int, Order>>();
    EXPECT("std::unordered_map<int, Order> node|buckets of an unordered container");
    map[1] = {};
    auto& by_name = keep<std::unordered_map<std::string, long>>();
    EXPECT("std::unordered_map<std::string, long> node|buckets of an unordered container");
    by_name["a"] = 1;
    auto& multimap = keep<std::unordered_multimap<int, int>>();
    EXPECT("std::unordered_map<int, int> node|buckets of an unordered container");
    multimap.emplace(1, 1);
}

static void owned() {
    static std::shared_ptr<void> shared[4];
    static std::unique_ptr<Order> unique;
    static std::unique_ptr<Order[]> array;
    static std::unique_ptr<Shape> shape;
    static std::any any;
    EXPECT("Order (make_shared)");
    shared[0] = std::make_shared<Order>();
    EXPECT("Circle (make_shared)");
    shared[1] = std::make_shared<Circle>();
    EXPECT("|Order|control block of Order");
    shared[2] = std::shared_ptr<Order>(new Order);
    EXPECT("Circle|control block of Circle");
    shared[3] = std::shared_ptr<Circle>(new Circle);
    EXPECT("Order");
    unique = std::make_unique<Order>();
    EXPECT("Order[]");
    array = std::make_unique<Order[]>(5);
    EXPECT("Circle");
    shape = std::make_unique<Circle>();
    EXPECT("|std::string");
    any = std::string(100, 'a');
}

static void texts() {
    auto& text = keep<std::string>();
    EXPECT("std::string");
    text.assign(100, 'a');
    EXPECT("std::string");
    text.append(500, 'b');
    auto& wide = keep<std::wstring>();
    EXPECT("std::wstring");
    wide.assign(100, L'a');
}

static void classes() {
    EXPECT("Circle");
    kept[0] = new Circle;
    EXPECT("Both");
    kept[1] = new Both;
    EXPECT("Box<Order>");
    kept[2] = new Box<Order>;
    EXPECT("shop::Item");
    kept[3] = new shop::Item;
    EXPECT("|Order");
    kept[4] = new Order;
    EXPECT("|Order[]");
    kept[5] = new Order[3];
    EXPECT("");
    kept[6] = malloc(100);
    EXPECT("|std::valarray<double>|double[]");
    kept[7] = new std::valarray<double>(10);
}

static void others() {
    static std::function<int()> function;
    struct Closure {
        long numbers[8] = {};
        int operator()() const { return static_cast<int>(numbers[3]); }
    };
    EXPECT("std::function's others()::Closure");
    function = Closure{};
    auto& pmr = keep<std::pmr::vector<int>>();
    EXPECT("|int[]");
    pmr.resize(10);
}

int main(int argc, char** argv) {
    if (argc != 2 || (file = fopen(argv[1], "w")) == nullptr) return 2;
    sequences();
    sorted();
    hashed();
    owned();
    texts();
    classes();
    others();
    fclose(file);
    typed_done();
    return 0;
}
