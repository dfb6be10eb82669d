// SPDX-License-Identifier: MIT
#include "strophe/resolver.h"

#include <catch2/catch.hpp>

#include "strophe/host.h"
#include "uv/loop.h"

namespace resolver_test {

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

Candidate at(std::string address, std::uint16_t port = 1) {
  return {std::move(address), port, {}, false, ""};
}

std::string text_of(const std::vector<Candidate>& candidates) {
  std::string text;
  for (const auto& candidate : candidates) text += candidate.endpoint() + " ";
  return text;
}

/// Asks, and waits for the answer.
LookupAnswer ask(Question question) {
  Loop loop;
  LookupAnswer got;
  const auto lookup = look_up(loop, std::move(question), [&](LookupAnswer answer) {
    got = std::move(answer);
    loop.stop();
  });
  loop.run();
  return got;
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
      {20, 0, 0, "z", {}}, {10, 60, 0, "a", {}}, {10, 0, 0, "n", {}}, {10, 20, 0, "b", {}}};
  CHECK(order_of(records, [](std::uint32_t) { return 0u; }) == "nabz");
  CHECK(order_of(records, [](std::uint32_t highest) { return highest; }) == "banz");
  CHECK(order_of(records, [](std::uint32_t highest) { return highest / 2; }) == "abnz");
  CHECK(order_of({}, [](std::uint32_t) { return 0u; }).empty());
}

TEST_CASE("addresses: families alternate and repeats go (RFC 8305)", "[strophe]") {
  CHECK(text_of(interleaved({at("2001:db8::1"), at("2001:db8::2"), at("192.0.2.1"),
                             at("2001:db8::1"), at("192.0.2.2"), at("192.0.2.3")})) ==
        "[2001:db8::1]:1 192.0.2.1:1 [2001:db8::2]:1 192.0.2.2:1 192.0.2.3:1 ");
  CHECK(text_of(interleaved({at("192.0.2.1"), at("2001:db8::1")})) ==
        "192.0.2.1:1 [2001:db8::1]:1 ");
  CHECK(interleaved({}).empty());
}

TEST_CASE("addresses: a port's habit first, then the other way (XEP-0368)", "[strophe]") {
  const auto [port, first] = GENERATE(table<std::uint16_t, TlsWay>({{5222, TlsWay::StartTls},
                                                                    {5223, TlsWay::Direct},
                                                                    {443, TlsWay::Direct},
                                                                    {80, TlsWay::StartTls}}));
  const auto both = both_ways({at("192.0.2.1", port), at("2001:db8::1", port)});
  REQUIRE(both.size() == 4);
  CHECK(both[1].address == "2001:db8::1");
  for (std::size_t i : {0u, 1u}) {
    CHECK(both[i].way == first);
    CHECK_FALSE(both[i].second_guess);
    CHECK(both[i + 2].address == both[i].address);
    CHECK(both[i + 2].way != first);
    CHECK(both[i + 2].second_guess);
  }
}

TEST_CASE("look-up: an address needs none, of a JID, a host, in brackets or not", "[strophe]") {
  const auto question = GENERATE(
      Question{"127.0.0.1", "", 0}, Question{"example.org", "127.0.0.1", 5222},
      Question{"[::1]", "", 0}, Question{"example.org", "[::1]", 0}, Question{"x", "0:0::1", 0});
  const auto answer = ask(question);
  const bool v4 = (question.domain + question.host).find("127.") != std::string::npos;
  CHECK(text_of(answer.candidates) ==
        (v4 ? "127.0.0.1:5222 127.0.0.1:5222 " : "[::1]:5222 [::1]:5222 "));
  CHECK(answer.candidates.at(0).way == TlsWay::StartTls);
  CHECK(answer.candidates.at(0).host.empty());
}

TEST_CASE("look-up: names of /etc/hosts are known", "[strophe]") {
  const auto answer = ask({"example.org", "localhost", 5223});
  REQUIRE_FALSE(answer.candidates.empty());
  CHECK(answer.candidates[0].way == TlsWay::Direct);
  CHECK(answer.candidates[0].str().find("localhost, direct TLS") != std::string::npos);
}

TEST_CASE("look-up: one that is forgotten says nothing", "[strophe]") {
  Loop loop;
  look_up(loop, {"127.0.0.1", "", 0}, [](LookupAnswer) { FAIL("told"); });
  loop.run_pending();
}

TEST_CASE("host: what see-other-host may name (RFC 6120 s4.9.3.19)", "[strophe]") {
  const auto [text, host, port] = GENERATE(table<std::string, std::string, int>({
      {"example.org", "example.org", 0},
      {" example.org:5222\n", "example.org", 5222},
      {"192.0.2.1", "192.0.2.1", 0},
      {"192.0.2.1:80", "192.0.2.1", 80},
      {"[2001:db8::1]:5269", "2001:db8::1", 5269},
      {"[2001:db8::1]", "2001:db8::1", 0},
      {"2001:db8::1", "2001:db8::1", 0},
      {"b\u00fccher.example", "b\u00fccher.example", 0},
  }));
  const auto parsed = parse_host_port(text);
  REQUIRE(parsed);
  CHECK(parsed->host == host);
  CHECK(parsed->port == port);
}

TEST_CASE("host: what is none is not taken for one", "[strophe]") {
  const std::string text =
      GENERATE("", " ", ":5222", "a:", "a:0", "a:65536", "a:b", "[::1", "[a]:1", "[::1]5222", "a b",
               "http://a/", "a@b", "1:2:3", "a:5222:1");
  CHECK_FALSE(parse_host_port(text));
}

TEST_CASE("host: DNS and certificates know A-labels (RFC 5891)", "[strophe]") {
  CHECK(to_ascii("b\u00fccher.test") == "xn--bcher-kva.test");
  CHECK(to_ascii("B\u00dcCHER.test") == "xn--bcher-kva.test");
  CHECK(to_ascii("fa\u00df.test") == "xn--fa-hia.test");  // IDNA 2008: not fass.test
  CHECK(to_ascii("Example.ORG") == "example.org");
  CHECK(to_ascii("r3---x.example") == "r3---x.example");
  CHECK(to_ascii("xn--bcher-kva.test") == "xn--bcher-kva.test");
  CHECK(to_ascii("2001:DB8:0:0::1") == "2001:db8::1");
  CHECK(without_brackets("[::1]") == "::1");
  CHECK(without_brackets("a.b") == "a.b");
}

}  // namespace resolver_test
