// The grammar of `identity` and `licence` (one JSON object, no spaces, one newline after it):
//   {"muster_state":"identity"|"licence","version":1,"checksum":"<32 bytes>","state":{...}}
//   checksum   SHA-256 of the text of `state`, base64url: finds damage, not malice
//   state      {"host"?,"set"?,"groups":[...],"products":[...]}
//   group      {"vendor_id","group","cmid","system":{kind:16 bytes},"facts":{...},"ticket"?,
//               "nonce"?,"newest_seen","newest_signed"?,"clock_skew_min","pending"?}
//   pending    {"kind","boot","init","system","facts"}
//   product    {"product","vendor_id","group","file","file_issued","installed","grace_start",
//               "rearms_used","grace_pending","numbers","host"?,"answered"?,"last"?,"mak"?,
//               "mak_asked"?}
//   numbers    {"signed_at","additional_grace_min","retry_interval_min","renewal_interval_min",
//               "rearm_limit"}
//   last       {"time","host","activated","error","count"?,"threshold"?,"retry_after_s"?}
//   mak        {"secret"?,"end","no_place"}
//   mak_asked  {"secret","nonce"}
// `licence` lacks set, ticket, nonce, secret and mak_asked. Times are RFC 3339, bytes base64url;
// what is marked `?` may be absent.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "client/state.h"
#include "wire/json.h"

namespace muster::client {
namespace {

using wire::json::Claims;
using wire::json::Kind;
using wire::json::Tree;
using wire::json::Value;
using wire::json::Writer;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kStateMost = 16 * 1024 * 1024;
constexpr std::size_t kFileMost = 1024 * 1024;
constexpr std::size_t kTextMost = 4096;
constexpr auto kCode = ErrorCode::state_corrupt;

std::string_view file_name(StateFile file) {
  return file == StateFile::identity ? "identity" : "licence";
}

// ---- writing

void write_facts(std::string& out, const Facts& facts) {
  Writer object(out);
  for (const auto& fact : facts) object.bytes(fact.kind, fact.value);
  object.end();
}

void write_pending(std::string& out, const PendingChange& pending) {
  Writer object(out);
  object.text("kind", name_of(pending.kind)).text("boot", pending.boot.id);
  object.text("init", pending.boot.init);
  write_facts(object.key("system"), pending.system);
  write_facts(object.key("facts"), pending.facts);
  object.end();
}

void write_group(std::string& out, const GroupState& group, StateFile file) {
  Writer object(out);
  object.text("vendor_id", group.vendor_id).text("group", group.group).cmid("cmid", group.cmid);
  write_facts(object.key("system"), group.system);
  write_facts(object.key("facts"), group.facts);
  if (file == StateFile::identity) {
    if (group.ticket) object.bytes("ticket", *group.ticket);
    if (group.nonce) object.bytes("nonce", *group.nonce);
  }
  object.time("newest_seen", group.newest_seen);
  if (group.newest_signed) object.time("newest_signed", *group.newest_signed);
  object.duration("clock_skew_min", group.clock_skew);
  if (group.pending.kind != Pending::none) write_pending(object.key("pending"), group.pending);
  object.end();
}

void write_last(std::string& out, const LastAttempt& last) {
  Writer object(out);
  object.time("time", last.time).text("host", last.host).truth("activated", last.activated);
  object.text("error", last.error);
  if (last.count) object.number("count", *last.count);
  if (last.threshold) object.number("threshold", *last.threshold);
  if (last.retry_after) object.number("retry_after_s", last.retry_after->count());
  object.end();
}

void write_numbers(std::string& out, const Numbers& numbers) {
  Writer object(out);
  object.time("signed_at", numbers.signed_at);
  object.duration("additional_grace_min", numbers.additional_grace);
  object.duration("retry_interval_min", numbers.retry_interval);
  object.duration("renewal_interval_min", numbers.renewal_interval);
  object.number("rearm_limit", numbers.rearm_limit);
  object.end();
}

void write_mak(std::string& out, const MakState& mak, StateFile file) {
  Writer object(out);
  if (mak.secret && file == StateFile::identity) object.bytes("secret", *mak.secret);
  object.text("end", mak.end).truth("no_place", mak.no_place);
  object.end();
}

void write_product(std::string& out, const ProductState& product, StateFile file) {
  Writer object(out);
  object.text("product", product.product).text("vendor_id", product.vendor_id);
  object.text("group", product.group).text("file", product.file);
  object.time("file_issued", product.file_issued);
  object.truth("installed", product.installed).time("grace_start", product.grace_start);
  object.number("rearms_used", product.rearms_used).truth("grace_pending", product.grace_pending);
  write_numbers(object.key("numbers"), product.numbers);
  if (product.host) object.text("host", *product.host);
  if (product.answered) object.text("answered", *product.answered);
  if (product.last) write_last(object.key("last"), *product.last);
  if (product.mak) write_mak(object.key("mak"), *product.mak, file);
  if (product.mak_asked && file == StateFile::identity) {
    Writer asked(object.key("mak_asked"));
    asked.bytes("secret", product.mak_asked->secret).bytes("nonce", product.mak_asked->nonce);
    asked.end();
  }
  object.end();
}

std::string state_text(const State& state, StateFile file) {
  std::string out;
  Writer object(out);
  if (state.host) object.text("host", *state.host);
  if (state.set && file == StateFile::identity) object.text("set", *state.set);
  auto list = [&](std::string_view name, const auto& values, auto write) {
    std::string& text = object.key(name);
    text.push_back('[');
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text.push_back(',');
      write(text, values[i]);
    }
    text.push_back(']');
  };
  list("groups", state.groups, [&](auto& text, const auto& one) { write_group(text, one, file); });
  list("products", state.products,
       [&](auto& text, const auto& one) { write_product(text, one, file); });
  object.end();
  return out;
}

// ---- reading

std::optional<std::string> maybe_text(Claims& object, std::string_view name) {
  if (!object.has(name)) return std::nullopt;
  return object.text(name, kTextMost);
}

Facts read_facts(const Tree& tree, Claims& object, std::string_view name) {
  Facts out;
  const Value* facts = object.member(name, Kind::object);
  if (facts == nullptr) return out;
  for (const Value* one = tree.first(*facts); one != nullptr; one = tree.next(*one)) {
    const auto bytes =
        one->kind == Kind::string ? array_from_base64url<16>(one->text) : std::nullopt;
    if (!bytes || !out.add(std::string(one->key), *bytes)) {
      object.refuse(name, "at most 8 facts of 16 bytes expected");
      return {};
    }
  }
  return out;
}

PendingChange read_pending(const Tree& tree, Claims& group) {
  PendingChange out;
  if (!group.has("pending")) return out;
  Claims object = group.object("pending");
  const auto kind = object.nonempty("kind", 64);
  for (const auto one : {Pending::rearm, Pending::generalize, Pending::generalize_keep_id}) {
    if (kind == name_of(one)) out.kind = one;
  }
  if (out.kind == Pending::none) object.refuse("kind", "rearm or generalize expected");
  out.boot.id = object.text("boot", kTextMost);
  out.boot.init = object.text("init", kTextMost);
  out.system = read_facts(tree, object, "system");
  out.facts = read_facts(tree, object, "facts");
  group.take(object);
  return out;
}

GroupState read_group(const Tree& tree, Claims& object) {
  GroupState out;
  out.vendor_id = object.thumbprint("vendor_id");
  out.group = object.id("group");
  out.cmid = object.cmid("cmid");
  out.system = read_facts(tree, object, "system");
  out.facts = read_facts(tree, object, "facts");
  if (object.has("ticket")) out.ticket = object.bytes<24>("ticket");
  if (object.has("nonce")) out.nonce = object.bytes<16>("nonce");
  out.newest_seen = object.time("newest_seen");
  if (object.has("newest_signed")) out.newest_signed = object.time("newest_signed");
  out.clock_skew = object.duration("clock_skew_min");
  out.pending = read_pending(tree, object);
  return out;
}

LastAttempt read_last(Claims& product) {
  LastAttempt out;
  Claims object = product.object("last");
  out.time = object.time("time");
  out.host = object.text("host", kTextMost);
  out.activated = object.truth("activated");
  out.error = object.text("error", kTextMost);
  if (object.has("count")) out.count = object.count("count");
  if (object.has("threshold")) out.threshold = object.count("threshold");
  if (object.has("retry_after_s")) {
    out.retry_after = seconds(object.number("retry_after_s", 0, std::int64_t{200} * 365 * 86400));
  }
  product.take(object);
  return out;
}

MakState read_mak(Claims& product) {
  MakState out;
  Claims object = product.object("mak");
  if (object.has("secret")) out.secret = object.bytes<32>("secret");
  out.end = object.nonempty("end", 64);
  out.no_place = object.truth("no_place");
  product.take(object);
  return out;
}

Numbers read_numbers(Claims& product) {
  Numbers out;
  Claims object = product.object("numbers");
  out.signed_at = object.time("signed_at");
  out.additional_grace = object.duration("additional_grace_min");
  out.retry_interval = object.duration("retry_interval_min");
  out.renewal_interval = object.duration("renewal_interval_min");
  out.rearm_limit = object.count("rearm_limit");
  product.take(object);
  return out;
}

ProductState read_product(const Tree&, Claims& object) {
  ProductState out;
  out.product = object.id("product");
  out.vendor_id = object.thumbprint("vendor_id");
  out.group = object.id("group");
  out.file = object.nonempty("file", kFileMost);
  out.file_issued = object.time("file_issued");
  out.installed = object.truth("installed");
  out.grace_start = object.time("grace_start");
  out.rearms_used = object.count("rearms_used");
  out.grace_pending = object.truth("grace_pending");
  out.numbers = read_numbers(object);
  out.host = maybe_text(object, "host");
  out.answered = maybe_text(object, "answered");
  if (object.has("last")) out.last = read_last(object);
  if (object.has("mak")) out.mak = read_mak(object);
  if (object.has("mak_asked")) {
    Claims asked = object.object("mak_asked");
    out.mak_asked = MakAsked{asked.bytes<32>("secret"), asked.bytes<16>("nonce")};
    object.take(asked);
  }
  return out;
}

template <class T>
Expected<std::vector<T>> read_list(const Tree& tree, Claims& state, std::string_view name,
                                   T (*read)(const Tree&, Claims&)) {
  std::vector<T> out;
  const Value* list = state.member(name, Kind::array);
  if (list == nullptr) return state.failure();
  for (const Value* one = tree.first(*list); one != nullptr; one = tree.next(*one)) {
    Claims object(tree, *one, kCode);
    out.push_back(read(tree, object));
    if (!object.ok()) return object.failure();
  }
  return out;
}

Expected<void> check_whole(State& state) {
  for (const auto& product : state.products) {
    if (state.find_group(product.vendor_id, product.group) == nullptr) {
      return fail(kCode, fmt::format("product {} has no group {}", product.product, product.group));
    }
    if (state.find_product(product.vendor_id, product.product) != &product) {
      return fail(kCode, fmt::format("product {} stands twice", product.product));
    }
    if (product.installed && state.installed(product.product) != &product) {
      return fail(kCode, fmt::format("product {} is installed twice", product.product));
    }
  }
  for (const auto& group : state.groups) {
    if (state.find_group(group.vendor_id, group.group) != &group) {
      return fail(kCode, fmt::format("group {} stands twice", group.group));
    }
  }
  return {};
}

Expected<State> read_state(const Tree& tree, Claims& object) {
  State out;
  out.host = maybe_text(object, "host");
  out.set = maybe_text(object, "set");
  auto groups = read_list<GroupState>(tree, object, "groups", read_group);
  if (!groups) return std::unexpected(groups.error());
  auto products = read_list<ProductState>(tree, object, "products", read_product);
  if (!products) return std::unexpected(products.error());
  if (!object.ok()) return object.failure();
  out.groups = std::move(*groups);
  out.products = std::move(*products);
  if (auto ok = check_whole(out); !ok) return std::unexpected(ok.error());
  return out;
}

Expected<State> decode(std::string_view text, StateFile file) {
  Tree tree;
  if (auto ok = tree.parse(text, kStateMost); !ok) return std::unexpected(ok.error());
  Claims whole(tree, tree.root(), kCode);
  const auto kind = whole.text("muster_state", 64);
  const auto version = whole.number("version", 1, INT64_MAX);
  if (!whole.ok()) return whole.failure();
  if (kind != file_name(file)) {
    return fail(kCode, fmt::format("it says '{}', not '{}'", kind, file_name(file)));
  }
  if (version > kVersion) return fail(ErrorCode::state_newer, fmt::format("version {}", version));
  const auto checksum = whole.bytes<32>("checksum");
  const auto body = whole.object_text("state");
  Claims state = whole.object("state");
  if (!whole.ok()) return whole.failure();
  if (checksum != sha256(as_bytes(body))) return fail(kCode, "its checksum does not fit");
  return read_state(tree, state);
}

}  // namespace

std::string encode_state(const State& state, StateFile file) {
  const auto body = state_text(state, file);
  std::string out;
  Writer whole(out);
  whole.text("muster_state", file_name(file)).number("version", kVersion);
  whole.bytes("checksum", sha256(as_bytes(body))).raw("state", body);
  whole.end();
  out.push_back('\n');
  return out;
}

Expected<State> decode_state(std::string_view text, StateFile file, std::string_view name) {
  auto out = decode(text, file);
  if (out) return out;
  const auto code = out.error().code == ErrorCode::state_newer ? ErrorCode::state_newer
                                                               : ErrorCode::state_corrupt;
  return fail(code, fmt::format("{}: {}", name,
                                out.error().detail.empty() ? "not readable" : out.error().detail));
}

}  // namespace muster::client
