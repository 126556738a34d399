#include "host/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace muster::host {
namespace {

using State = RequestReader::State;

struct Outcome {
  State state = State::need_more;
  Request request;
  ErrorCode failure = ErrorCode::internal;
  bool keep_alive = false;
  int continues = 0;
};

// Feeds `bytes` in pieces of `piece` bytes until a request is done or fails.
Outcome read(std::string_view bytes, std::size_t piece = 1'000'000, HttpLimits limits = {}) {
  RequestReader reader(limits);
  reader.begin();
  Outcome out;
  while (!bytes.empty()) {
    const auto room = reader.prepare();
    const auto size = std::min({room.size(), bytes.size(), piece});
    std::memcpy(room.data(), bytes.data(), size);
    reader.received(size);
    bytes.remove_prefix(size);
    out.state = reader.go_on();
    if (out.state == State::need_continue) ++out.continues;
    if (out.state == State::done || out.state == State::failed) break;
  }
  out.request = reader.request();
  if (out.state == State::failed) out.failure = reader.failure().code;
  if (out.state == State::done) out.keep_alive = reader.keep_alive();
  return out;
}

constexpr std::string_view kPost =
    "POST /v1/activations HTTP/1.1\r\nHost: muster:8688\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}";

TEST(RequestReader, AWholeRequestIsRead) {
  const auto out = read(kPost);
  ASSERT_EQ(out.state, State::done);
  EXPECT_EQ(out.request.method, Method::post);
  EXPECT_EQ(out.request.path(), "/v1/activations");
  EXPECT_EQ(out.request.host, "muster:8688");
  EXPECT_EQ(out.request.content_type, "application/json");
  EXPECT_EQ(out.request.body, "{}");
  EXPECT_TRUE(out.keep_alive);
}

TEST(RequestReader, ChunkedBodiesEndHoweverTheBytesAreCut) {
  const std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"0\r\n\r\n", ""},
      {"2\r\n{}\r\n0\r\n\r\n", "{}"},
      {"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "{}"},
      {"2;a=b\r\n{}\r\n0\r\nHost: evil\r\nAuthorization: Bearer x\r\n\r\n", "{}"},
  };
  for (const auto& [bytes, body] : bodies) {
    const std::string whole = std::string(head) + bytes;
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
      const auto out = read(whole, piece);
      ASSERT_EQ(out.state, State::done) << bytes << " in pieces of " << piece;
      EXPECT_EQ(out.request.body, body);
      EXPECT_EQ(out.request.host, "a") << "a trailer is no header";
      EXPECT_EQ(out.request.authorization, "");
    }
  }
}

// The last chunk's head alone, then one byte: Beast 1.81 asserts there.
TEST(RequestReader, ALastChunkMayComeInTwoPieces) {
  RequestReader reader(HttpLimits{});
  reader.begin();
  for (const std::string_view bytes :
       {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n", "\r"}) {
    std::memcpy(reader.prepare().data(), bytes.data(), bytes.size());
    reader.received(bytes.size());
    EXPECT_EQ(reader.go_on(), State::need_more);
  }
  *reader.prepare().data() = '\n';
  reader.received(1);
  EXPECT_EQ(reader.go_on(), State::done);
}

TEST(RequestReader, PipelinedRequestsComeOneAfterTheOther) {
  RequestReader reader(HttpLimits{});
  const std::string bytes = std::string(kPost) + "\r\nGET /healthz HTTP/1.1\r\nHost: b\r\n\r\nGET";
  std::memcpy(reader.prepare().data(), bytes.data(), bytes.size());
  reader.received(bytes.size());
  reader.begin();
  ASSERT_EQ(reader.go_on(), State::done);
  EXPECT_EQ(reader.request().body, "{}");
  reader.begin();
  ASSERT_EQ(reader.go_on(), State::done);
  EXPECT_EQ(reader.request().path(), "/healthz");
  EXPECT_EQ(reader.request().body, "");
  reader.begin();
  EXPECT_EQ(reader.go_on(), State::need_more);
  EXPECT_TRUE(reader.started());
}

TEST(RequestReader, WhatIsNotARequestIsRefused) {
  const std::string big(9000, 'x');
  const auto header = [](std::string_view fields) {
    return "POST /v1/activations HTTP/1.1\r\n" + std::string(fields) + "\r\n";
  };
  struct Row {
    std::string bytes;
    ErrorCode code;
  };
  const std::vector<Row> rows = {
      {"\x16\x03\x01 hello", ErrorCode::malformed_request},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", ErrorCode::malformed_request},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::malformed_request},
      {header(""), ErrorCode::malformed_request},
      {header("Host: a\r\nHost: b\r\n"), ErrorCode::malformed_request},
      {header("Host: a\r\nOrigin: a\r\nOrigin: b\r\n"), ErrorCode::malformed_request},
      {header("Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n"),
       ErrorCode::malformed_request},
      {header("Host: a\r\nContent-Length: -1\r\n"), ErrorCode::malformed_request},
      {header("Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
       ErrorCode::malformed_request},
      {header("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
       ErrorCode::malformed_request},
      {header("Host: a\r\nTransfer-Encoding: chunked, gzip\r\n"), ErrorCode::malformed_request},
      {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
       ErrorCode::malformed_request},
      {header("Host: a\r\nContent-Length: 16385\r\n"), ErrorCode::body_too_large},
      {header("Host: a\r\nTransfer-Encoding: chunked\r\n") + "4001\r\n", ErrorCode::body_too_large},
      {header("Host: a\r\nX: " + big + "\r\n"), ErrorCode::header_too_large},
      {"GET /" + big + " HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::header_too_large},
  };
  for (const auto& row : rows) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
      const auto out = read(row.bytes, piece);
      EXPECT_EQ(out.state, State::failed) << row.bytes.substr(0, 80) << " piece " << piece;
      EXPECT_EQ(entry(out.failure).name, entry(row.code).name) << row.bytes.substr(0, 80);
    }
  }
}

TEST(RequestReader, AHeaderThatTricklesInIsAddedUp) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 200; ++i)
    bytes += "X-Field-" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n";
  const auto out = read(bytes, 60);
  EXPECT_EQ(out.state, State::failed);
  EXPECT_EQ(out.failure, ErrorCode::header_too_large);
}

TEST(RequestReader, ABodyOfExactlyTheLimitPasses) {
  const std::string body(16 * 1024, 'x');
  const auto out = read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16384\r\n\r\n" + body, 1000);
  ASSERT_EQ(out.state, State::done);
  EXPECT_EQ(out.request.body, body);
}

TEST(RequestReader, AClientThatWaitsIsToldToGoOnOnce) {
  const std::string_view head =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  RequestReader reader(HttpLimits{});
  reader.begin();
  std::memcpy(reader.prepare().data(), head.data(), head.size());
  reader.received(head.size());
  EXPECT_EQ(reader.go_on(), State::need_continue);
  std::memcpy(reader.prepare().data(), "{", 1);
  reader.received(1);
  EXPECT_EQ(reader.go_on(), State::need_more);
  std::memcpy(reader.prepare().data(), "}", 1);
  reader.received(1);
  EXPECT_EQ(reader.go_on(), State::done);
}

TEST(RequestReader, AnAbsoluteTargetNamesTheHost) {
  const auto out =
      read("GET http://muster.example:8688/v1/host?a=b HTTP/1.1\r\nHost: other\r\n\r\n");
  ASSERT_EQ(out.state, State::done);
  EXPECT_EQ(out.request.host, "muster.example:8688");
  EXPECT_EQ(out.request.path(), "/v1/host");
  EXPECT_EQ(out.request.query(), "a=b");
}

TEST(RequestReader, AnOldClientNeedsNoHostAndIsNotKept) {
  const auto out = read("GET /healthz HTTP/1.0\r\n\r\n");
  ASSERT_EQ(out.state, State::done);
  EXPECT_FALSE(out.request.has_host);
  EXPECT_FALSE(out.keep_alive);
}

}  // namespace
}  // namespace muster::host
