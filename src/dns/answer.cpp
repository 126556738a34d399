// A message of RFC 1035 by the C library's reader; an SRV record's data (RFC 2782):
//   priority (2 bytes) weight (2) port (2) target (a name, which may be compressed)
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "dns/srv.h"

namespace muster::dns {
namespace {

using Outcome = SrvLookup::Outcome;

constexpr std::size_t kDataLeast = 7;  // numbers, and the root as the shortest name
constexpr std::size_t kNameAt = 6;
constexpr int kAliasesMost = 8;
constexpr std::size_t kRecordsMost = 256;

std::string plain(std::string_view name) {
  auto out = lower(name);
  while (out.ends_with('.')) out.pop_back();
  return out;
}

// As ns_name_uncompress writes it, an odd byte stands behind a backslash, which no host's name has.
bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '-' && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

// The name that fills a record's data from `at` on, to its very end.
std::optional<std::string> name_in(const ns_msg& message, const ns_rr& record, std::size_t at) {
  std::array<char, NS_MAXDNAME> text{};
  const auto* data = ns_rr_rdata(record) + at;
  const int used =
      ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), data, text.data(), text.size());
  if (used < 0 || static_cast<std::size_t>(used) + at != ns_rr_rdlen(record)) return std::nullopt;
  return plain(text.data());
}

struct Answers {
  std::vector<std::pair<std::string, std::string>> aliases;  // name -> what it stands for
  std::vector<std::pair<std::string, Srv>> records;          // target "": the root
  bool whole = true;                                         // every record could be read
};

void take(const ns_msg& message, const ns_rr& record, Answers& out) {
  if (ns_rr_class(record) != ns_c_in) return;
  const std::size_t size = ns_rr_rdlen(record);
  const auto owner = plain(ns_rr_name(record));
  if (ns_rr_type(record) == ns_t_cname) {
    if (auto name = name_in(message, record, 0)) out.aliases.emplace_back(owner, std::move(*name));
  }
  if (ns_rr_type(record) != ns_t_srv) return;
  auto target = size >= kDataLeast ? name_in(message, record, kNameAt) : std::nullopt;
  if (!target || out.records.size() == kRecordsMost) {
    out.whole = false;
    return;
  }
  const auto* data = ns_rr_rdata(record);
  const auto number = [&](std::size_t at) {
    return static_cast<std::uint16_t>(ns_get16(data + at));
  };
  out.records.emplace_back(owner, Srv{number(0), number(2), number(4), std::move(*target)});
}

Answers answers_of(ns_msg& message) {
  Answers out;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) {
      out.whole = false;
      break;
    }
    take(message, record, out);
  }
  return out;
}

std::string stands_for(const Answers& answers, std::string name) {
  for (int i = 0; i < kAliasesMost; ++i) {
    const auto alias =
        std::ranges::find(answers.aliases, name, [](const auto& one) { return one.first; });
    if (alias == answers.aliases.end()) break;
    name = alias->second;
  }
  return name;
}

SrvLookup of_name(const Answers& answers, const std::string& name) {
  SrvLookup out;
  bool root = false;
  bool useless = !answers.whole;
  for (const auto& [owner, record] : answers.records) {
    if (owner != name) continue;
    if (record.target.empty()) {
      root = true;
    } else if (record.port == 0 || !is_host_name(record.target)) {
      useless = true;
    } else if (std::ranges::find(out.records, record) == out.records.end()) {
      out.records.push_back(record);
    }
  }
  if (!out.records.empty()) {
    out.outcome = Outcome::found;
  } else if (root) {
    out.outcome = Outcome::not_offered;
  } else {
    out.outcome = useless ? Outcome::bad_answer : Outcome::no_record;
  }
  return out;
}

}  // namespace

SrvLookup read_srv_answer(std::span<const std::uint8_t> message, std::string_view name) {
  ns_msg parsed{};
  const auto size = static_cast<int>(std::min<std::size_t>(message.size(), NS_MAXMSG));
  // A counted record that is not there, or a name that is none, and nothing of it is read.
  if (ns_initparse(message.data(), size, &parsed) != 0 || ns_msg_getflag(parsed, ns_f_qr) == 0) {
    return {Outcome::bad_answer};
  }
  switch (ns_msg_getflag(parsed, ns_f_rcode)) {
    case ns_r_noerror: break;
    case ns_r_nxdomain: return {Outcome::no_name};
    case ns_r_formerr: return {Outcome::bad_answer};
    default: return {Outcome::no_answer};
  }
  const auto answers = answers_of(parsed);
  return of_name(answers, stands_for(answers, plain(name)));
}

}  // namespace muster::dns
