// Makes mak.json anew: make_mak_vectors DIRECTORY. As make.cpp: by hand, and only when a document
// gains a claim.
#include "make.h"

namespace muster::wire {
namespace {

using sample::kToday;
using sample::World;

void add_keys(Documents& out, const World& world) {
  const World stranger;
  const auto text = world.sign(world.mak());
  const Document good{"mak", kTypMak, text, &world.root};
  out.add("mak: as it should be", "mak", text, "accepted", "");
  out.add_refusals(good, "limit");
  auto least = world.mak();
  least.hint.clear();
  least.policy = {.limit = 1,
                  .reactivation = Reactivation::counts,
                  .match = Match::all,
                  .release = Release::never,
                  .expires = kToday + seconds(1)};
  out.add("mak: the strictest", "mak", world.sign(least), "accepted", "");
  const auto with = [&](std::string_view name, const std::string& from, const std::string& to,
                        std::string_view expect, std::string_view why) {
    out.add(fmt::format("mak: {}", name), "mak", good.edited(kAsItIs, replace(from, to)), expect,
            why);
  };
  with("limit 0", R"("limit":100)", R"("limit":0)", "policy_invalid", "1 to 1000000");
  with("match is no word", R"("match":"most")", R"("match":"some")", "missing_claim", "match");
  with("a ledger that is none", R"("ledger":"1d)", R"("ledger":"zz)", "missing_claim", "ledger");
  with("an end that no key has", fmt::format(R"("end":"{}")", world.mak_key().end()),
       R"("end":"2222O")", "missing_claim", "O is not in the alphabet");
  with("ends before it begins", R"("iat":)", R"("exp":1,"iat":)", "missing_claim", "exp");
  out.add("mak: of another vendor", "mak", stranger.sign(stranger.mak()), "unknown_vendor",
          "kid is none of the vendor's keys");
  const auto& jwk = world.root.public_key().jwk();
  out.add("mak: another key in the header", "mak",
          good.edited(replace(jwk, stranger.root.public_key().jwk()), kAsItIs), "missing_claim",
          "kid is not the thumbprint of jwk");
}

using Change = std::function<void(MakActivation&, HostKey&, Mak&)>;

void add_activations(Documents& out, const World& world) {
  const World stranger;
  const auto add = [&](std::string_view name, std::string_view expect, std::string_view why,
                       const Change& change) {
    auto activation = world.mak_activation();
    auto key = world.host_key();
    auto mak = world.mak();
    change(activation, key, mak);
    out.add(fmt::format("mak_activation: {}", name), "mak_activation",
            world.sign(activation, key, mak), expect, why);
  };
  add("as it should be", "accepted", "", [](auto&, auto&, auto&) {});
  const auto text = world.sign(world.mak_activation(), world.host_key(), world.mak());
  out.add_refusals({"mak_activation", kTypMakActivation, text, &world.host}, "place");
  add("in the last second of the host key", "accepted", "and for ever after it",
      [](auto& a, auto& key, auto&) {
        a.issued = key.expires - seconds(1);
        take_terms(a, key.policy);
      });
  add("when the host key has ended", "host_key_expired", "judged at iat",
      [](auto& a, auto& key, auto&) {
        a.issued = key.expires;
        take_terms(a, key.policy);
      });
  add("the last place", "accepted", "100 of 100", [](auto& a, auto&, auto&) { a.place = 100; });
  add("one place more", "wrong_policy", "101 of 100", [](auto& a, auto&, auto&) { a.place = 101; });
  add("no place", "wrong_policy", "places begin at 1", [](auto& a, auto&, auto&) { a.place = 0; });
  add("turn 0", "missing_claim", "turns begin at 1", [](auto& a, auto&, auto&) { a.turn = 0; });
  add("bound to nothing", "missing_claim", "facts", [](auto& a, auto&, auto&) { a.facts = {}; });
  add("of another key", "wrong_policy", "mak is not the sub of the key's document",
      [](auto& a, auto&, auto&) { a.mak = "iiiiiiiiiiiiiiiiiiiiii"; });
  add("sold in the key's last second", "accepted", "exp of the key is not included",
      [](auto& a, auto&, auto& mak) { mak.policy.expires = a.sold + seconds(1); });
  add("sold when the key had expired", "wrong_policy", "judged at sold, not at iat",
      [](auto& a, auto&, auto& mak) { mak.policy.expires = a.sold; });
  add("sold after it was made", "wrong_policy", "sold > iat",
      [](auto& a, auto&, auto&) { a.sold = a.issued + seconds(1); });
  add("key for another product", "wrong_product", "same vendor",
      [](auto&, auto&, auto& mak) { mak.product = "acme-render"; });
  add("more rights than granted", "wrong_policy", "entitlements are the host key's",
      [](auto& a, auto&, auto&) { a.entitlements = R"({"all":true})"; });
  auto forged = world.mak();
  forged.policy.limit = MakPolicy::kLimitMost;
  out.add("mak_activation: a key of the host's own making", "mak_activation",
          sign_mak_activation(
              world.mak_activation(),
              mak_activation_header(world.sign(world.host_key()), stranger.sign(forged)),
              *world.host.signer())
              .value(),
          "unknown_vendor", "the limit is the vendor's to set");
  out.add("mak_activation: no key inside", "mak_activation",
          sign_mak_activation(
              world.mak_activation(),
              PreparedHeader(fmt::format(R"({{"alg":"ES256","typ":"{}","host_key":"{}"}})",
                                         kTypMakActivation, world.sign(world.host_key()))),
              *world.host.signer())
              .value(),
          "missing_claim", "mak of the header");
}

// A key's text, what a machine shows for it, and what is signed and kept.
List key_texts(const World& world) {
  List keys("keys");
  const auto vendor = world.root.public_key().thumbprint();
  const auto add = [&](std::string_view text) {
    auto writer = keys.add();
    const auto key = MakKey::parse(text);
    writer.text("text", text).text("expect", key ? "accepted" : "mak_mistyped");
    if (key) {
      const auto secret = key->secret(vendor);
      writer.text("canonical", key->text()).bytes("secret", secret);
      writer.bytes("hash", mak_hash(secret));
    }
    writer.end();
  };
  const auto good = world.mak_key().text();
  add(good);
  auto lower = good;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::erase(lower, '-');
  add(lower);
  auto swapped = good;
  std::swap(swapped[4], swapped[6]);
  add(swapped);
  auto wrong = good;
  wrong[12] = wrong[12] == 'Z' ? 'Y' : 'Z';
  add(wrong);
  auto not_there = good;
  not_there[12] = 'O';
  add(not_there);
  add(good.substr(0, 23));
  return keys;
}

}  // namespace
}  // namespace muster::wire

int main(int argc, char** argv) {
  using namespace muster::wire;
  if (argc != 2) return 2;
  const sample::World world;
  Documents out;
  add_keys(out, world);
  add_activations(out, world);
  save(std::string(argv[1]) + "/mak.json",
       {member("about",
               "Multiple activation keys (docs/protocol.md). mak is judged with vendor_jwk, "
               "mak_activation with the product file; keys are of the vendor with vendor_jwk. "
               "expect is accepted or the code of the refusal."),
        "\"vendor_jwk\":" + world.root.public_key().jwk(),
        member("product_file", sign_product_file(world.product(), *world.root.signer()).value()),
        out.text(), key_texts(world).text()});
  return 0;
}
