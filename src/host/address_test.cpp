#include "host/address.h"

#include <gtest/gtest.h>

#include "host/proxy_protocol.h"

namespace muster::host {
namespace {

TEST(Address, OneAddressHasOneName) {
  EXPECT_EQ(Address::parse("::ffff:10.0.0.1"), Address::parse("10.0.0.1"));
  EXPECT_EQ(Address::parse("10.0.0.1")->text(), "10.0.0.1");
  EXPECT_EQ(Address::parse("2001:DB8:0::1")->text(), "2001:db8::1");
  for (const auto* text :
       {"", "10.0.0", "10.0.0.256", "localhost", "[::1]", "fe80::1%eth0", "::1 "}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
  EXPECT_TRUE(Address::parse("127.8.9.1")->is_loopback());
  EXPECT_TRUE(Address::parse("::1")->is_loopback());
  EXPECT_FALSE(Address::parse("10.0.0.1")->is_loopback());
  EXPECT_TRUE(Address::parse("0.0.0.0")->is_unspecified());
  EXPECT_TRUE(Address::parse("::")->is_unspecified());
}

TEST(Address, WhereToListen) {
  EXPECT_EQ(AddressPort::parse("127.0.0.1:8688")->port, 8688);
  EXPECT_EQ(AddressPort::parse("[::1]:0")->address.text(), "::1");
  EXPECT_EQ(AddressPort::parse("localhost:1")->address.text(), "127.0.0.1");
  for (const auto* text : {"", "8688", ":8688", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "::1:8688", "127.0.0.1:+1", "host.example:8688", "127.0.0.1:80a"}) {
    const auto parsed = AddressPort::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::config_invalid);
  }
}

TEST(Networks, AnAddressIsInOrOut) {
  const std::vector<std::string> entries{"10.0.0.0/8", "192.0.2.7", "fd00::/8", "203.0.113.128/25"};
  const auto networks = Networks::parse(entries);
  ASSERT_TRUE(networks);
  for (const auto* in :
       {"10.0.0.0", "10.255.255.255", "192.0.2.7", "fdff::1", "203.0.113.128", "::ffff:10.1.2.3"}) {
    EXPECT_TRUE(networks->contains(*Address::parse(in))) << in;
  }
  for (const auto* out : {"11.0.0.0", "192.0.2.6", "fe00::1", "203.0.113.127", "::1", "a00::"}) {
    EXPECT_FALSE(networks->contains(*Address::parse(out))) << out;
  }
}

TEST(Networks, ASlipIsSeen) {
  for (const std::string entry :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "x", ""}) {
    const auto parsed = Networks::parse({&entry, 1});
    ASSERT_FALSE(parsed) << entry;
    EXPECT_NE(parsed.error().detail.find(entry), std::string::npos);
  }
  const std::string everybody = "0.0.0.0/0";
  EXPECT_TRUE(Networks::parse({&everybody, 1})->contains(*Address::parse("8.8.8.8")));
  EXPECT_FALSE(Networks::parse({&everybody, 1})->contains(*Address::parse("2001:db8::1")));
}

using State = ProxyHeader::State;

TEST(ProxyHeader, WhoseConnectionItIs) {
  const std::string v4(
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x9c\x40\x21\xf0", 28);
  std::string v6("\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24", 16);
  v6 += std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16) + std::string(20, '\0');
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
  struct Row {
    std::string bytes;
    std::string source;  // empty: the proxy's own
  };
  const std::vector<Row> rows = {
      {"PROXY TCP4 203.0.113.9 10.0.0.1 40000 8688\r\n", "203.0.113.9"},
      {"PROXY TCP6 2001:db8::1 2001:db8::2 40000 8688\r\n", "2001:db8::1"},
      {"PROXY UNKNOWN\r\n", ""},
      {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ""},
      {v4, "203.0.113.9"},
      {v6, "2001:db8::1"},
      {local, ""},
  };
  for (const auto& row : rows) {
    const auto header = parse_proxy_header(row.bytes + "GET / HTTP/1.1\r\n");
    ASSERT_EQ(header.state, State::done) << row.bytes;
    EXPECT_EQ(header.size, row.bytes.size());
    EXPECT_EQ(header.source ? header.source->text() : "", row.source);
    for (std::size_t size = 0; size < row.bytes.size(); ++size) {
      EXPECT_EQ(parse_proxy_header(row.bytes.substr(0, size)).state, State::need_more)
          << row.bytes << " cut at " << size;
    }
  }
}

TEST(ProxyHeader, AnythingElseIsRefused) {
  const std::string sig("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const std::string& bytes : {
           std::string("GET / HTTP/1.1\r\n"),
           std::string("PROXY TCP4 203.0.113.9 10.0.0.1 40000\r\n"),
           std::string("PROXY TCP4 2001:db8::1 10.0.0.1 40000 8688\r\n"),
           std::string("PROXY TCP4 203.0.113.9 10.0.0.1 40000 99999\r\n"),
           std::string("PROXY TCP5 203.0.113.9 10.0.0.1 40000 8688\r\n"),
           "PROXY " + std::string(200, 'x'),
           sig + std::string("\x11\x11\0\x0c", 4) + std::string(12, 'x'),  // version 1 in binary
           sig + std::string("\x21\x11\0\x04", 4) + std::string(12, 'x'),  // too short for IPv4
           sig + std::string("\x21\x11\xff\xff", 4),                       // longer than we read
           sig + std::string("\x22\x11\0\x0c", 4) + std::string(12, 'x'),  // an unknown command
       }) {
    EXPECT_EQ(parse_proxy_header(bytes).state, State::bad) << bytes;
  }
}

}  // namespace
}  // namespace muster::host
