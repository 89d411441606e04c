// SPDX-License-Identifier: MIT
//
// A program as people write them: makes a large JSON document of orders (the same one
// each time), parses it, groups the orders by customer and writes a report. The stages
// are functions to stop at; at write_report both documents are alive. Knows no memtrace.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using nlohmann::json;

// Knuth's MMIX generator: the same orders on every machine.
class Numbers {
  public:
    std::uint32_t below(std::uint32_t bound) {
        state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
        return static_cast<std::uint32_t>(state_ >> 33) % bound;
    }

  private:
    std::uint64_t state_ = 2026;
};

constexpr const char* kCities[] = {"Aachen", "Bergen", "Cork", "Delft", "Evora", "Fermo", "Ghent"};
constexpr const char* kGoods[] = {"bolt",  "nut",     "washer",
                                  "hinge", "bracket", "a very long threaded rod"};

void append_line(std::string& text, Numbers& numbers) {
    const auto good = numbers.below(6);
    text += R"({"article":")" + std::string(kGoods[good]) + R"(","count":)" +
            std::to_string(1 + numbers.below(40)) + R"(,"cents":)" +
            std::to_string(5 + numbers.below(900)) + "}";
}

std::string generate_document(std::uint32_t orders) {
    Numbers numbers;
    std::string text = "[";
    for (std::uint32_t i = 0; i < orders; ++i) {
        const auto customer = numbers.below(orders / 8 + 1);
        text += i == 0 ? "\n" : ",\n";
        text += R"({"order":)" + std::to_string(i) + R"(,"customer":{"id":)" +
                std::to_string(customer) + R"(,"city":")" + kCities[customer % 7] +
                R"("},"lines":[)";
        for (std::uint32_t line = 0, lines = 1 + numbers.below(4); line < lines; ++line) {
            if (line != 0) text += ',';
            append_line(text, numbers);
        }
        text += "]}";
    }
    return text += "\n]\n";
}

}  // namespace

json parse_orders(const std::string& text) { return json::parse(text); }

json group_by_customer(const json& orders) {
    json customers = json::object();
    for (const auto& order : orders) {
        const auto& from = order["customer"];
        auto& customer = customers[std::to_string(from["id"].get<int>())];
        if (customer.is_null()) {
            customer = {{"city", from["city"]}, {"cents", 0}, {"articles", json::object()}};
        }
        for (const auto& line : order["lines"]) {
            const auto count = line["count"].get<std::int64_t>();
            auto& article = customer["articles"][line["article"].get<std::string>()];
            article = article.is_null() ? count : article.get<std::int64_t>() + count;
            customer["cents"] =
                customer["cents"].get<std::int64_t>() + count * line["cents"].get<std::int64_t>();
        }
    }
    return customers;
}

std::string write_report(const json& customers) { return customers.dump(2); }

int main(int argc, char** argv) {
    const auto orders = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000;
    if (orders == 0 || orders > 10'000'000) {
        std::fprintf(stderr, "usage: json_reshape [ORDERS]  (1 to 10000000)\n");
        return 2;
    }
    const auto text = generate_document(static_cast<std::uint32_t>(orders));
    const auto document = parse_orders(text);
    const auto customers = group_by_customer(document);
    const auto report = write_report(customers);
    std::printf("%zu bytes of orders, %zu customers, %zu bytes of report\n", text.size(),
                customers.size(), report.size());
    return 0;
}
