#include "publish/record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace muster::publish {
namespace {

TEST(DomainName, WhatItMayBe) {
  const std::string label63(63, 'a');
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  struct Row {
    std::string text;
    bool good;
  };
  const std::vector<Row> rows = {
      {"corp.example", true},
      {"_muster-tls._tcp", true},
      {"Muster1.Corp.Example", true},
      {"localhost", true},
      {"3com.example", true},
      {name253, true},
      {name253 + "b", false},
      {label63 + "a.example", false},
      {"", false},
      {".", false},
      {"corp.example.", false},
      {"corp..example", false},
      {".corp.example", false},
      {"-a.example", false},
      {"a-.example", false},
      {"a b.example", false},
      {"a\n.example", false},
      {"a\\046b.example", false},
      {"h\xc3\xb6.example", false},
      {"192.0.2.1", false},
      {"::1", false},
      {"muster.8688", false},
  };
  for (const auto& row : rows) EXPECT_EQ(is_domain_name(row.text), row.good) << row.text;
}

TEST(Server, NamesAndAddressesWithAndWithoutAPort) {
  struct Row {
    std::string text, name;
    std::uint16_t port;
  };
  const std::vector<Row> rows = {
      {"ns1.corp.example", "ns1.corp.example", 53},
      {"ns1.corp.example:5353", "ns1.corp.example", 5353},
      {"192.0.2.53", "192.0.2.53", 53},
      {"192.0.2.53:65535", "192.0.2.53", 65535},
      {"2001:db8::53", "2001:db8::53", 53},
      {"[2001:db8::53]", "2001:db8::53", 53},
      {"[::1]:5353", "::1", 5353},
  };
  for (const auto& row : rows) {
    const auto server = Server::parse(row.text);
    ASSERT_TRUE(server) << row.text;
    EXPECT_EQ(server->name, row.name);
    EXPECT_EQ(server->port, row.port);
    EXPECT_EQ(Server::parse(server->text())->text(), server->text());
  }
  for (const std::string text :
       {"", ":53", "ns1:", "ns1:0", "ns1:65536", "ns1:+53", "ns1:53x", "[::1", "[::1]53",
        "[::1]:", "[]", "ns 1", "udp://ns1", "192.0.2", "1::2::x", "[ns1]:53:"}) {
    EXPECT_FALSE(Server::parse(text)) << text;
  }
}

RC_GTEST_PROP(HostRecord, ItsTextIsRead,
              (std::uint16_t priority, std::uint16_t weight, std::uint16_t port)) {
  const HostRecord record{
      .service = *rc::gen::element<std::string>("_muster._tcp", "_muster-tls._tcp"),
      .zone = "corp.example",
      .srv = {
          .priority = priority, .weight = weight, .port = port, .target = "muster1.corp.example"}};
  RC_ASSERT(HostRecord::parse(record.text()) == record);
}

TEST(HostRecord, AnythingElseIsNone) {
  const std::string good = "_muster._tcp corp.example 0 10 8688 muster1.corp.example";
  ASSERT_TRUE(HostRecord::parse(good));
  for (const auto& text :
       {std::string(), good + " ", good + " x", " " + good, good.substr(0, good.rfind(' ')),
        std::string("_muster._tcp corp.example 0 10 65536 muster1.corp.example"),
        std::string("_muster._tcp corp.example 0 -1 8688 muster1.corp.example"),
        std::string("_muster._tcp corp.example 0  8688 muster1.corp.example"),
        std::string("_muster._tcp corp.example 0 10 8688 192.0.2.1")}) {
    EXPECT_FALSE(HostRecord::parse(text)) << text;
  }
}

}  // namespace
}  // namespace muster::publish
