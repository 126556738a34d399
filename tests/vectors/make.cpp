// Makes the vectors of this directory anew: make_vectors DIRECTORY. Not run by any test; the files
// are committed, and made again only when a document gains a claim. Keys are new at each run, so
// every signature changes.
#include <cstdio>

#include "core/ticket.h"
#include "make.h"
#include "wire/event.h"
#include "wire/exchange.h"
#include "wire/log_export.h"

namespace muster::wire {
namespace {

using sample::filled;
using sample::kToday;
using sample::World;
void add_activations(Documents& out, const World& world) {
  const World stranger;
  const auto add = [&](std::string_view name, std::string_view expect, std::string_view why,
                       const std::function<void(Activation&, HostKey&)>& change) {
    auto activation = world.activation();
    auto key = world.host_key();
    change(activation, key);
    out.add(fmt::format("activation: {}", name), "activation", world.sign(activation, key), expect,
            why);
  };
  add("in the last second of the host key", "accepted", "exp of the host key is not included",
      [](auto& a, auto& key) {
        a.issued = key.expires - seconds(1);
        take_terms(a, key.policy);
      });
  add("when the host key has ended", "host_key_expired", "judged at iat", [](auto& a, auto& key) {
    a.issued = key.expires;
    take_terms(a, key.policy);
  });
  add("before the host key began", "host_key_expired", "by more than clock_skew_min",
      [](auto& a, auto& key) {
        a.issued = key.issued - key.policy.clock_skew - seconds(1);
        take_terms(a, key.policy);
      });
  add("host key for another product", "wrong_product", "same vendor",
      [](auto&, auto& key) { key.product = "acme-render"; });
  add("for another product", "wrong_product", "aud", [](auto& a, auto&) { a.product = "x"; });
  add("names another host key", "wrong_host_key", "iss is not the sub of host_key",
      [](auto& a, auto&) { a.host_key_id = "iiiiiiiiiiiiiiiiiiiiii"; });
  add("longer than validity", "wrong_policy", "exp - iat > validity_min",
      [](auto& a, auto&) { a.expires += seconds(1); });
  add("below the threshold", "wrong_policy", "count < threshold",
      [](auto& a, auto&) { a.count = 24; });
  add("more rights than granted", "wrong_policy", "entitlements are the host key's",
      [](auto& a, auto&) { a.entitlements = R"({"all":true})"; });
  add("with entitlements", "accepted", "numbers are kept as they were written",
      [](auto& a, auto& key) {
        key.policy.entitlements = R"({"plan":"gold","scale":1.50})";
        take_terms(a, key.policy);
      });
  out.add("activation: another vendor with the same product id", "activation",
          stranger.sign(stranger.activation(), stranger.host_key()), "unknown_vendor",
          "everything fits, but the root is not the product file's");
  World other_host = world;
  other_host.host = stranger.host;
  out.add("activation: signed by another host", "activation",
          sign_activation(world.activation(), activation_header(world.sign(world.host_key())),
                          *stranger.host.signer())
              .value(),
          "bad_signature", "the host key names another key");
  auto signed_once = world.sign(world.activation(), world.host_key());
  const Document good{"activation", kTypActivation, signed_once, &world.host};
  const auto host_key = world.sign(world.host_key());
  auto cut_key = host_key.substr(0, host_key.size() - 20);
  out.add("activation: a cut host key inside", "activation",
          good.edited(
              [&](std::string& head) {
                head = fmt::format(R"({{"alg":"ES256","typ":"{}","host_key":"{}"}})",
                                   kTypActivation, cut_key);
              },
              kAsItIs),
          "document_malformed", "host_key of the header");
  out.add("activation: no host key inside", "activation",
          good.edited(
              [](std::string& head) {
                head = fmt::format(R"({{"alg":"ES256","typ":"{}"}})", kTypActivation);
              },
              kAsItIs),
          "missing_claim", "host_key of the header");
}

void make_documents(const std::string& dir) {
  const World world;
  const World stranger;
  const auto product = sign_product_file(world.product(), *world.root.signer()).value();
  const HostRequest request{world.host.public_key(), "host.corp.example", kToday};
  const Checkpoint checkpoint{.host = world.host.public_key().thumbprint(),
                              .epoch = 1,
                              .seq = 2000,
                              .hash = filled<32>(1),
                              .previous_seq = 1000,
                              .previous = filled<32>(2),
                              .issued = kToday};
  const std::pair<Document, std::string_view> good[] = {
      {{"product", kTypProduct, product, &world.root}, "rearm_limit"},
      {{"host_key", kTypHostKey, world.sign(world.host_key()), &world.root}, "threshold"},
      {{"host_request", kTypHostRequest, *sign_host_request(request, *world.host.signer()),
        &world.host},
       "iat"},
      {{"activation", kTypActivation, world.sign(world.activation(), world.host_key()),
        &world.host},
       "count"},
      {{"checkpoint", kTypCheckpoint, *sign_checkpoint(checkpoint, *world.host.signer()),
        &world.host},
       "seq"}};
  Documents out;
  for (const auto& [document, claim] : good) {
    out.add(fmt::format("{}: as it should be", document.kind), document.kind, document.text,
            "accepted", "");
    out.add_refusals(document, claim);
  }
  const auto& key = good[1].first;
  const auto key_with = [&](const std::string& from, const std::string& to) {
    return key.edited(kAsItIs, replace(from, to));
  };
  out.add("host_key: of another vendor", "host_key", stranger.sign(stranger.host_key()),
          "unknown_vendor", "kid is none of the vendor's keys");
  out.add("host_key: threshold 0", "host_key", key_with(R"("threshold":25)", R"("threshold":0)"),
          "policy_invalid", "1 to 5000");
  out.add("host_key: retention below two renewals", "host_key",
          key_with(R"("retention_min":43200)", R"("retention_min":20159)"), "policy_invalid",
          "20160 or more");
  out.add("host_key: ends before it begins", "host_key",
          key_with(fmt::format(R"("iat":{})", kToday.time_since_epoch().count()),
                   R"("iat":1999999999)"),
          "missing_claim", "exp is not later than iat");
  out.add("host_key: a point that is not on the curve", "host_key",
          key_with("\"y\":\"" + world.host.public_key().jwk().substr(81, 43),
                   "\"y\":\"" + std::string(43, 'A')),
          "document_malformed", "cnf.jwk");
  auto unlisted = world.product();
  unlisted.vendor_keys = {stranger.root.public_key()};
  out.add("product: does not list its signer", "product",
          *sign_product_file(unlisted, *world.root.signer()), "unknown_vendor", "vendor_keys");
  add_activations(out, world);
  save(dir + "/documents.json",
       {member("about",
               "Documents of Muster (docs/protocol.md, Documents). activation is judged with the "
               "product file, host_key with vendor_jwk, checkpoint with host_jwk, the others by "
               "themselves. expect is accepted or the code of the refusal."),
        "\"vendor_jwk\":" + world.root.public_key().jwk(),
        "\"host_jwk\":" + world.host.public_key().jwk(), member("product_file", product),
        out.text()});
}

List request_vectors() {
  List requests("requests");
  const std::string members =
      R"("cmid":"0B6F2C1E-5A0D-4F6B-9A51-8F1F6D2C7E10","nonce":"BwcHBwcHBwcHBwcHBwcHBw",)"
      R"("time":"2026-01-05T09:00:00.75+01:00")";
  const auto request = [&](std::string_view name, std::string_view body, std::string_view expect) {
    auto writer = requests.add();
    writer.text("name", name).text("expect", expect).text("body", body);
    if (const auto read = decode_request(body)) writer.text("canonical", encode_request(*read));
    writer.end();
  };
  const auto with = [&](std::string_view more) {
    return fmt::format(R"({{"product":"acme-cad",{}{}}})", members, more);
  };
  request("the least", with(""), "accepted");
  request("everything",
          with(R"(,"vendor":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",)"
               R"("ticket":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF",)"
               R"("facts":{"product_uuid":"CQkJCQkJCQkJCQkJCQkJCQ","machine_id":)"
               R"("CAgICAgICAgICAgICAgICA"},"generation":"g","name":"bj\u00f6rn's desk",)"
               R"("virtual":false,"state":1,"minutes_left":259200)"),
          "accepted");
  request("null where a member may be absent", with(R"(,"ticket":null,"facts":null,"name":null)"),
          "accepted");
  request("a member that is not known", with(R"(,"later":{"a":[1]})"), "accepted");
  request("a member twice", with(R"(,"name":"a","name":"b")"), "repeated_member");
  request("a member twice inside one that is not known", with(R"(,"later":{"a":1,"a":1})"),
          "repeated_member");
  request("a fact twice",
          with(R"(,"facts":{"set":"CAgICAgICAgICAgICAgICA",)"
               R"("set":"CAgICAgICAgICAgICAgICA"})"),
          "repeated_member");
  request("no product", "{" + members + "}", "malformed_request");
  request("a product in capitals", R"({"product":"Acme",)" + members + "}", "malformed_request");
  request("the nil UUID",
          R"({"product":"a","cmid":"00000000-0000-0000-0000-000000000000","nonce":)"
          R"("BwcHBwcHBwcHBwcHBwcHBw","time":"2026-01-05T08:00:00Z"})",
          "malformed_request");
  request("a padded ticket", with(R"(,"ticket":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=")"),
          "malformed_request");
  request("a short fact", with(R"(,"facts":{"set":"CAgI"})"), "malformed_request");
  request("a control character in the name", with(R"(,"name":"a\u001bb")"), "malformed_request");
  request("state 7", with(R"(,"state":7)"), "malformed_request");
  request("minutes_left a fraction", with(R"(,"minutes_left":1.0)"), "malformed_request");
  request("cut", with("").substr(0, 60), "malformed_request");
  request("seventeen deep", with(R"(,"x":)" + std::string(16, '[') + std::string(16, ']')),
          "malformed_request");
  return requests;
}

List answer_vectors() {
  const World world;
  List answers("answers");
  const auto answer = [&](std::string_view name, const ActivationAnswer& value) {
    answers.add().text("name", name).text("body", encode_answer(value)).end();
  };
  ActivationAnswer activated{.activated = true,
                             .count = 25,
                             .threshold = 25,
                             .activation = world.sign(world.activation(), world.host_key()),
                             .ticket = filled<24>(5),
                             .retry_after = seconds(604'800),
                             .error = {},
                             .error_name = {},
                             .error_title = {},
                             .error_hint = {},
                             .time = kToday};
  answer("activated", activated);
  auto refused = activated;
  refused.activated = false;
  refused.activation.reset();
  refused.count = 24;
  refused.retry_after = seconds(7214);
  refused.error = ErrorCode::count_insufficient;
  answer("count insufficient", refused);
  refused.count.reset();
  refused.ticket.reset();
  refused.error = ErrorCode::clock_skew;
  answer("clock skew: count and ticket are null", refused);
  refused.threshold.reset();
  refused.error = ErrorCode::product_not_served;
  answer("product not served: threshold is null too", refused);
  return answers;
}

List problem_vectors() {
  List problems("problems");
  for (const auto code :
       {ErrorCode::malformed_request, ErrorCode::too_many_requests, ErrorCode::store_unavailable}) {
    problems.add().text("code", entry(code).name).text("body", encode_problem({code, "why"})).end();
  }
  return problems;
}

void make_exchange(const std::string& dir) {
  save(dir + "/exchange.json",
       {member("about",
               "Bodies of POST /v1/activations. canonical is what the body says, written by us."),
        request_vectors().text(), answer_vectors().text(), problem_vectors().text()});
}

void make_facts_and_tickets(const std::string& dir) {
  const std::string vendor = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
  List facts("facts");
  for (const auto& [kind, value] : {std::pair("machine_id", "8c3c2f0c8f2b4a0d9d8b1f3c5e7a9b01"),
                                    {"product_uuid", "4c4c4544-0042-3510-8051-b7c04f4d3132"},
                                    {"set", "desk-017"}}) {
    facts.add()
        .text("vendor_id", vendor)
        .text("kind", kind)
        .text("value", value)
        .bytes("fact", hash_fact(vendor, kind, value))
        .end();
  }
  List tickets("tickets");
  const auto cmid = *Cmid::parse(sample::kCmid);
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{258}}) {
    auto writer = tickets.add();
    writer.bytes("ticket_key", filled<32>(3)).text("vendor_id", vendor).text("group", "desktop");
    writer.cmid("cmid", cmid).number("number", static_cast<std::int64_t>(number));
    writer.bytes("ticket", core::make_ticket(filled<32>(3), {vendor, "desktop"}, cmid, number));
    writer.end();
  }
  save(dir + "/facts_and_tickets.json",
       {member("about", "Machine facts, and tickets (which only hosts make and read)."),
        facts.text(), tickets.text()});
}

// A log of six events with checkpoints after the third and the sixth.
class SampleLog {
 public:
  SampleLog() {
    Event start = event(1, "start");
    start.actor = "host";
    append(start);
    append(activation(2, 1, ErrorCode::count_insufficient));
    append(activation(3, 2, std::nullopt));
    checkpoint();
    Event unknown = event(4, "activation");
    unknown.product = "acme-moon";
    unknown.cmid = Cmid::parse(sample::kCmid);
    unknown.error = "product_not_served";
    append(unknown);
    Event key = event(5, "key_installed");
    key.actor = "socket:0";
    key.detail = R"({"product":"acme-cad"})";
    append(key);
    append(event(6, "stop"));
    checkpoint();
  }
  [[nodiscard]] std::string header(bool with_newest) const {
    LogHeader out{.host = host_.public_key().thumbprint(),
                  .host_jwk = host_.public_key().jwk(),
                  .epoch = 1,
                  .from = 1,
                  .previous = {},
                  .newest = with_newest ? newest_ : ""};
    return encode_log_header(out);
  }
  std::vector<std::string> lines;   // without the first
  std::vector<Bytes32> hashes;      // of the events
  std::vector<std::string> events;  // their lines

 private:
  [[nodiscard]] Event event(std::uint64_t seq, std::string_view type) const {
    Event out;
    out.host = host_.public_key().thumbprint();
    out.epoch = 1;
    out.seq = seq;
    out.time = kToday + seconds(seq);
    out.type = type;
    out.prev = hashes.empty() ? Bytes16{} : first16(hashes.back());
    return out;
  }
  [[nodiscard]] Event activation(std::uint64_t seq, std::uint32_t count,
                                 std::optional<ErrorCode> error) const {
    Event out = event(seq, "activation");
    out.vendor = out.host;
    out.product = "acme-cad";
    out.group = "desktop";
    out.cmid = Cmid::parse(sample::kCmid);
    out.activated = !error;
    out.count = count;
    out.threshold = 2;
    if (error) out.error = entry(*error).name;
    out.evidence = error ? "new" : "renewal";
    out.ticket = seq - 1;
    out.client_time = kToday;
    out.state = LicenceState::initial_grace;
    out.minutes_left = 43'200;
    out.is_virtual = true;
    out.machine = filled<16>(1);
    out.name = hash_name(filled<32>(2), "desk-017.corp.example");
    out.address = hash_name(filled<32>(2), "192.0.2.17");
    out.nonce = filled<16>(static_cast<std::uint8_t>(seq));
    out.machine_prev = error ? 0 : seq - 1;
    return out;
  }
  void append(const Event& event) {
    std::string line;
    append_event_line(line, event);
    hashes.push_back(chain_hash(hashes.empty() ? Bytes32{} : hashes.back(), line));
    lines.push_back(line);
    events.push_back(line);
  }
  void checkpoint() {
    newest_ = sign_checkpoint({.host = host_.public_key().thumbprint(),
                               .epoch = 1,
                               .seq = hashes.size(),
                               .hash = hashes.back(),
                               .previous_seq = newest_seq_,
                               .previous = newest_.empty() ? Bytes32{} : sha256(as_bytes(newest_)),
                               .issued = kToday + std::chrono::hours(1)},
                              *host_.signer())
                  .value();
    newest_seq_ = hashes.size();
    lines.push_back(encode_checkpoint_line(newest_));
  }

  PrivateKey host_ = PrivateKey::generate().value();
  std::string newest_;
  std::uint64_t newest_seq_ = 0;
};

void make_log(const std::string& dir) {
  const SampleLog log;
  List chain("chain");
  for (std::size_t i = 0; i < log.events.size(); ++i) {
    chain.add().text("line", log.events[i]).bytes("hash", log.hashes[i]).end();
  }
  List exports("exports");
  const auto add = [&](std::string_view name, std::string_view expect, bool with_newest,
                       const std::function<void(std::vector<std::string>&)>& change) {
    auto lines = log.lines;
    change(lines);
    lines.insert(lines.begin(), log.header(with_newest));
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    exports.add().text("name", name).text("expect", expect).text("export", text).end();
  };
  // Lines: events 1 2 3, checkpoint 3, events 4 5 6, checkpoint 6.
  add("as it should be", "accepted", true, [](auto&) {});
  add("a changed byte", "event 2: its line was changed", true,
      [](auto& lines) { replace("acme-cad", "acme-cat")(lines[1]); });
  add("a changed byte before a checkpoint", "event 3: its line was changed", true,
      [](auto& lines) { replace("\"count\":2", "\"count\":9")(lines[2]); });
  add("a dropped line", "event 5 is missing", true,
      [](auto& lines) { lines.erase(lines.begin() + 5); });
  add("swapped lines", "events 4 and 5 are in the wrong order", true,
      [](auto& lines) { std::swap(lines[4], lines[5]); });
  add("a cut tail, by the first line's checkpoint",
      "the log was cut after event 4, and a checkpoint proves event 6", true,
      [](auto& lines) { lines.resize(5); });
  add("a cut tail before a checkpoint",
      "the log was cut after event 5, and a checkpoint proves event 6", false,
      [](auto& lines) { lines.erase(lines.begin() + 6); });
  add("a cut tail that nothing in the export shows", "accepted", false,
      [](auto& lines) { lines.resize(5); });
  add("a checkpoint that skips one", "checkpoint 3 is missing", true,
      [](auto& lines) { lines.erase(lines.begin() + 3); });
  save(
      dir + "/log.json",
      {member("about",
              "The chain of a host's events, and exports of its log. hash is the chain's after the "
              "line; expect is accepted or what is wrong."),
       chain.text(), exports.text()});
}

}  // namespace
}  // namespace muster::wire

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_vectors DIRECTORY\n", stderr);
    return 2;
  }
  muster::wire::make_documents(argv[1]);
  muster::wire::make_exchange(argv[1]);
  muster::wire::make_facts_and_tickets(argv[1]);
  muster::wire::make_log(argv[1]);
}
