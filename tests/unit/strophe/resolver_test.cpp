// SPDX-License-Identifier: MIT
#include "strophe/resolver.h"

#include <catch2/catch.hpp>

using namespace xmppftd;

namespace {

void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_name(Bytes& out, std::vector<std::string> labels) {
  for (const auto& label : labels) {
    out.push_back(static_cast<std::uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
  }
  out.push_back(0);
}

/// An answer to "s." with the records given as rdata (RFC 1035 s4.1).
Bytes dns_answer(const std::vector<Bytes>& records, unsigned type = 33) {
  Bytes out;
  for (const unsigned field : {0x1234u, 0x8180u, 1u, static_cast<unsigned>(records.size()), 0u, 0u})
    put16(out, field);
  put_name(out, {"s"});
  put16(out, 33);
  put16(out, 1);
  for (const auto& rdata : records) {
    put16(out, 0xc00c);  // the question's name
    put16(out, type);
    put16(out, 1);
    put16(out, 0);
    put16(out, 60);
    put16(out, static_cast<unsigned>(rdata.size()));
    out.insert(out.end(), rdata.begin(), rdata.end());
  }
  return out;
}

Bytes srv(unsigned priority, unsigned weight, unsigned port, std::vector<std::string> target) {
  Bytes out;
  put16(out, priority);
  put16(out, weight);
  put16(out, port);
  put_name(out, std::move(target));
  return out;
}

std::string order_of(std::vector<SrvRecord> records, std::uint32_t (*draw)(std::uint32_t)) {
  order_srv(records, draw);
  std::string names;
  for (const auto& record : records) names += record.target;
  return names;
}

std::string text_of(const std::vector<Candidate>& candidates) {
  std::string text;
  for (const auto& candidate : candidates) text += candidate.str() + " ";
  return text;
}

}  // namespace

TEST_CASE("srv: records are read from an answer", "[strophe]") {
  const auto records = parse_srv_answer(
      dns_answer({srv(5, 10, 5222, {"xmpp", "example", "org"}), srv(9, 0, 80, {"b"})}));
  REQUIRE(records.size() == 2);
  CHECK(records[0].priority == 5);
  CHECK(records[0].weight == 10);
  CHECK(records[0].port == 5222);
  CHECK(records[0].target == "xmpp.example.org");
  CHECK(records[1].target == "b");
}

TEST_CASE("srv: a target of '.' is no host", "[strophe]") {
  const auto records = parse_srv_answer(dns_answer({srv(0, 0, 0, {})}));
  REQUIRE(records.size() == 1);
  CHECK((records[0].target.empty() || records[0].target == "."));
}

TEST_CASE("srv: other types and cut answers give no record", "[strophe]") {
  CHECK(parse_srv_answer(dns_answer({srv(1, 1, 1, {"a"})}, 16)).empty());
  CHECK(parse_srv_answer(dns_answer({Bytes{0, 1, 0, 1, 0, 1}})).empty());
  const Bytes whole = dns_answer({srv(1, 1, 1, {"a", "example"})});
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(parse_srv_answer(ByteView(whole).first(size)).empty());
}

TEST_CASE("srv: lower priority first, then drawn by weight (RFC 2782)", "[strophe]") {
  const std::vector<SrvRecord> records = {
      {20, 0, 0, "z"}, {10, 60, 0, "a"}, {10, 0, 0, "n"}, {10, 20, 0, "b"}};
  CHECK(order_of(records, [](std::uint32_t) { return 0u; }) == "nabz");
  CHECK(order_of(records, [](std::uint32_t highest) { return highest; }) == "banz");
  CHECK(order_of(records, [](std::uint32_t highest) { return highest / 2; }) == "abnz");
  CHECK(order_of({}, [](std::uint32_t) { return 0u; }).empty());
}

TEST_CASE("addresses: families alternate and repeats go (RFC 8305)", "[strophe]") {
  CHECK(text_of(interleaved({{"2001:db8::1", 1},
                             {"2001:db8::2", 1},
                             {"192.0.2.1", 1},
                             {"2001:db8::1", 1},
                             {"192.0.2.2", 1},
                             {"192.0.2.3", 1}})) ==
        "[2001:db8::1]:1 192.0.2.1:1 [2001:db8::2]:1 192.0.2.2:1 192.0.2.3:1 ");
  CHECK(text_of(interleaved({{"192.0.2.1", 1}, {"2001:db8::1", 1}})) ==
        "192.0.2.1:1 [2001:db8::1]:1 ");
  CHECK(interleaved({}).empty());
}
