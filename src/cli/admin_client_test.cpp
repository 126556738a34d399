#include "cli/admin_client.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

TEST(AdminTarget, UrlsAreReadAndSaidAgain) {
  const std::pair<std::string_view, std::string_view> good[] = {
      {"http://127.0.0.1:8689", "http://127.0.0.1:8689"},
      {"http://muster.corp.example/", "http://muster.corp.example:8689"},
      {"https://muster.corp.example", "https://muster.corp.example:8689"},
      {"https://[::1]:1", "https://[::1]:1"},
      {"http://[fe80::1]", "http://[fe80::1]:8689"},
      {"unix:/run/admin.sock", "unix:/run/admin.sock"},
      {"unix:///run/admin.sock", "unix:/run/admin.sock"},
      {"unix:admin.sock", "unix:admin.sock"},
  };
  for (const auto& [url, said] : good) {
    const auto target = parse_admin_url(url);
    ASSERT_TRUE(target) << url;
    EXPECT_EQ(target->text(), said);
    EXPECT_EQ(target->host.tls, url.starts_with("https"));
  }
  for (const auto url :
       {"", "unix:", "http://", "http://:1", "ftp://x", "x:1", "http://x:y",
        "http://x:", "http://x:65536", "http://x:0", "http://x/path", "http://a@b"}) {
    EXPECT_FALSE(parse_admin_url(url)) << url;
  }
}

TEST(AdminCall, NobodyThereIsNoHost) {
  for (const auto url : {"unix:/nowhere/admin.sock", "http://127.0.0.1:1"}) {
    const auto answer = admin_get(*parse_admin_url(url), "/v1/status");
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, ErrorCode::no_host);
    EXPECT_NE(answer.error().detail.find(url), std::string::npos) << answer.error().detail;
  }
  const auto long_name = "unix:/" + std::string(200, 'x');
  EXPECT_EQ(admin_get(*parse_admin_url(long_name), "/").error().code, ErrorCode::usage);
}

TEST(AdminCall, ASocketMayLieInADirectoryOfAnyLength) {
  const auto url = "unix:/tmp/" + std::string(150, 'x') + "/admin.sock";
  EXPECT_EQ(admin_get(*parse_admin_url(url), "/").error().code, ErrorCode::no_host);
}

}  // namespace
}  // namespace muster::cli
