#include "client/host_url.h"

#include <gmock/gmock.h>

#include <vector>

namespace muster::client {
namespace {

TEST(HostUrl, IsShownInOneForm) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"host", "http://host:8688"},
      {"Host.Example:9000", "http://host.example:9000"},
      {"http://127.0.0.1:8688", "http://127.0.0.1:8688"},
      {"http://127.0.0.1:8688/", "http://127.0.0.1:8688"},
      {"HTTPS://host.example", "https://host.example:8688"},
      {"https://[2001:DB8::1]:443", "https://[2001:db8::1]:443"},
      {"[::1]", "http://[::1]:8688"},
  };
  for (const auto& [text, base] : rows) {
    const auto got = parse_host_url(text);
    ASSERT_TRUE(got) << text;
    EXPECT_EQ(got->base(), base);
    const auto again = parse_host_url(got->base());
    ASSERT_TRUE(again) << base;
    EXPECT_EQ(*again, *got);
  }
}

TEST(HostUrl, WhatIsNoHostIsRefused) {
  for (const auto* text : {"",
                           "/",
                           "http://",
                           "ftp://host",
                           "http://host/path",
                           "http://user@host",
                           "host:0",
                           "host:65536",
                           "host:",
                           "host:12x",
                           "host name",
                           "http://host?x",
                           "::1",
                           "[::1",
                           "[::1]x",
                           "[host]",
                           "-host",
                           "http://http://host",
                           "host\n",
                           "h\xc3\xb6st"}) {
    const auto got = parse_host_url(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, ErrorCode::usage);
  }
}

}  // namespace
}  // namespace muster::client
