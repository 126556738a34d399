// Holds the committed vectors against this version: what was signed once is still accepted, and
// each refusal still has its reason. The list of documents below must be whole, so that a vector
// cannot be lost unnoticed.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "base/digest.h"
#include "core/ticket.h"
#include "wire/event.h"
#include "wire/exchange.h"
#include "wire/json.h"
#include "wire/log_export.h"
#include "wire/mak.h"
#include "wire/mak_file.h"
#include "wire/mak_key.h"
#include "wire/usage_report.h"

namespace muster::wire {
namespace {

constexpr std::size_t kFileMost = 4 * 1024 * 1024;
constexpr int kMakVectors = 55;

class File {
 public:
  explicit File(const std::string& name) {
    std::ifstream in(std::string(MUSTER_SOURCE_DIR) + "/tests/vectors/" + name);
    text_.assign(std::istreambuf_iterator<char>(in), {});
    const auto ok = tree_.parse(text_, kFileMost);
    if (!ok) throw std::runtime_error(name + ": " + ok.error().sentence());
  }
  [[nodiscard]] std::string_view text(std::string_view name) const {
    return tree_.find(tree_.root(), name)->text;
  }
  [[nodiscard]] PublicKey key(std::string_view name) const {
    std::string jwk;
    tree_.append(jwk, *tree_.find(tree_.root(), name));
    return PublicKey::from_jwk(jwk).value();
  }
  // Calls each(vector) for every object of a list and says how many there were.
  template <class Each>
  [[nodiscard]] int each(std::string_view list, Each call) const {
    int count = 0;
    const auto* at = tree_.first(*tree_.find(tree_.root(), list));
    for (; at != nullptr; at = tree_.next(*at), ++count) {
      call([&](std::string_view name) {
        const auto* value = tree_.find(*at, name);
        return value == nullptr ? std::string_view() : value->text;
      });
    }
    return count;
  }

 private:
  std::string text_;
  json::Tree tree_;
};

template <class T>
std::string verdict(const Expected<T>& result) {
  return result ? "accepted" : std::string(entry(result.error().code).name);
}

TEST(Vectors, of_documents) {
  const File file("documents.json");
  const auto vendor = file.key("vendor_jwk");
  const auto host = file.key("host_jwk");
  const auto product = read_product_file(file.text("product_file")).value();
  EXPECT_EQ(product.vendor_id, vendor.thumbprint());
  std::map<std::string, int, std::less<>> refusals;
  const auto judge = [&](std::string_view kind, std::string_view text) -> std::string {
    if (kind == "product") return verdict(read_product_file(text));
    if (kind == "host_key") return verdict(read_host_key(text, {vendor}));
    if (kind == "host_request") return verdict(read_host_request(text));
    if (kind == "activation") return verdict(verify_activation(text, product));
    if (kind == "checkpoint") return verdict(verify_checkpoint(text, host));
    return "no such document";
  };
  const int count = file.each("vectors", [&](auto get) {
    EXPECT_EQ(judge(get("document"), get("text")), get("expect"))
        << get("name") << " (" << get("why") << ")";
    ++refusals[std::string(get("expect"))];
  });
  EXPECT_EQ(count, 100);
  for (const auto* code : {"accepted", "wrong_algorithm", "wrong_type", "document_malformed",
                           "missing_claim", "bad_signature", "unknown_vendor", "host_key_expired",
                           "wrong_product", "wrong_host_key", "wrong_policy", "policy_invalid"}) {
    EXPECT_GT(refusals[code], 0) << code;
  }
}

TEST(Vectors, of_usage_reports) {
  const File file("report.json");
  const auto host = file.key("host_jwk");
  std::map<std::string, int, std::less<>> refusals;
  const int count = file.each("vectors", [&](auto get) {
    EXPECT_EQ(verdict(verify_report(get("text"), host)), get("expect"))
        << get("name") << " (" << get("why") << ")";
    ++refusals[std::string(get("expect"))];
  });
  EXPECT_EQ(count, 26);
  for (const auto* code : {"accepted", "wrong_algorithm", "wrong_type", "document_malformed",
                           "missing_claim", "bad_signature"}) {
    EXPECT_GT(refusals[code], 0) << code;
  }
}

TEST(Vectors, of_multiple_activation_keys) {
  const File file("mak.json");
  const auto vendor = file.key("vendor_jwk");
  const auto product = read_product_file(file.text("product_file")).value();
  std::map<std::string, int, std::less<>> refusals;
  const int count = file.each("vectors", [&](auto get) {
    const auto text = get("text");
    const auto found = get("document") == "mak" ? verdict(read_mak(text, {vendor}))
                                                : verdict(verify_mak_activation(text, product));
    EXPECT_EQ(found, get("expect")) << get("name") << " (" << get("why") << ")";
    ++refusals[std::string(get("expect"))];
  });
  EXPECT_EQ(count, kMakVectors);
  for (const auto* code : {"accepted", "wrong_algorithm", "wrong_type", "document_malformed",
                           "missing_claim", "bad_signature", "unknown_vendor", "host_key_expired",
                           "wrong_product", "wrong_policy", "policy_invalid"}) {
    EXPECT_GT(refusals[code], 0) << code;
  }
  EXPECT_EQ(file.each("keys",
                      [&](auto get) {
                        const auto key = MakKey::parse(get("text"));
                        EXPECT_EQ(verdict(key), get("expect"));
                        if (!key) return;
                        const auto secret = key->secret(vendor.thumbprint());
                        EXPECT_EQ(key->text(), get("canonical"));
                        EXPECT_EQ(base64url(secret), get("secret"));
                        EXPECT_EQ(base64url(mak_hash(secret)), get("hash"));
                      }),
            6);
}

TEST(Vectors, of_files_for_machines_without_a_network) {
  const File file("mak_files.json");
  const auto request = [](std::string_view text) {
    return encode_mak_request(read_mak_request_file(text).value());
  };
  EXPECT_EQ(file.each("requests",
                      [&](auto get) {
                        const auto text = get("text");
                        EXPECT_EQ(verdict(read_mak_request_file(text)), get("expect"))
                            << get("name") << " (" << get("why") << ")";
                        if (get("same_as").empty()) return;
                        EXPECT_EQ(request(text), request(get("same_as"))) << get("name");
                      }),
            12);
  EXPECT_EQ(file.each("answers",
                      [&](auto get) {
                        EXPECT_EQ(verdict(read_mak_answer_file(get("text"))), get("expect"))
                            << get("name") << " (" << get("why") << ")";
                      }),
            10);
}

TEST(Vectors, of_the_exchange) {
  const File file("exchange.json");
  EXPECT_EQ(file.each("requests",
                      [](auto get) {
                        const auto request = decode_request(get("body"));
                        EXPECT_EQ(verdict(request), get("expect")) << get("name");
                        EXPECT_EQ(request ? encode_request(*request) : "", get("canonical"));
                      }),
            17);
  EXPECT_EQ(file.each("answers",
                      [](auto get) {
                        const auto answer = decode_answer(get("body"));
                        ASSERT_TRUE(answer) << get("name");
                        EXPECT_EQ(encode_answer(*answer), get("body"));
                      }),
            4);
  EXPECT_EQ(file.each("problems",
                      [](auto get) {
                        const auto error = decode_problem(get("body"));
                        EXPECT_EQ(entry(error.code).name, get("code"));
                        EXPECT_EQ(encode_problem(error), get("body"));
                      }),
            3);
}

TEST(Vectors, of_facts_and_tickets) {
  const File file("facts_and_tickets.json");
  EXPECT_EQ(file.each("facts",
                      [](auto get) {
                        EXPECT_EQ(base64url(hash_fact(get("vendor_id"), get("kind"), get("value"))),
                                  get("fact"));
                      }),
            3);
  EXPECT_EQ(file.each("tickets",
                      [](auto get) {
                        const auto key = *array_from_base64url<32>(get("ticket_key"));
                        const GroupKey group{std::string(get("vendor_id")),
                                             std::string(get("group"))};
                        const auto number = std::stoull(std::string(get("number")));
                        const auto ticket =
                            core::make_ticket(key, group, *Cmid::parse(get("cmid")), number);
                        EXPECT_EQ(base64url(ticket), get("ticket"));
                      }),
            3);
}

TEST(Vectors, of_the_log) {
  const File file("log.json");
  Bytes32 hash{};
  EXPECT_EQ(file.each("chain",
                      [&](auto get) {
                        const auto event = parse_event_line(get("line"));
                        ASSERT_TRUE(event) << get("line");
                        EXPECT_EQ(event->prev, first16(hash));
                        std::string again;
                        append_event_line(again, *event);
                        EXPECT_EQ(again, get("line"));
                        hash = chain_hash(hash, get("line"));
                        EXPECT_EQ(base64url(hash), get("hash"));
                      }),
            6);
  EXPECT_EQ(file.each("exports",
                      [](auto get) {
                        std::istringstream in{std::string(get("export"))};
                        const auto report = verify_log(in, std::nullopt, 0, {});
                        EXPECT_EQ(report ? "accepted" : report.error().detail, get("expect"))
                            << get("name");
                      }),
            9);
}

}  // namespace
}  // namespace muster::wire
