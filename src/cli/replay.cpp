#include "cli/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <vector>

#include "base/siphash.h"
#include "cli/output.h"
#include "core/decide.h"
#include "core/key_book.h"
#include "store/chain.h"
#include "store/store.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

namespace json = wire::json;

// A line as it was understood.
struct Request {
  Instant time{};
  std::string product;
  Cmid cmid;
  std::optional<Instant> client_time;
  Facts facts;
  std::uint64_t ticket_line = 0;  // 0: none
  bool by_mak = false, release = false;
};

// Tables are never shown to a stranger who could aim at them: the key may be a constant.
constexpr Bytes16 kHashKey{'m', 'u', 's', 't', 'e', 'r', ' ', 'r', 'e', 'p', 'l', 'a', 'y'};

struct BytesHash {
  std::size_t operator()(const Bytes16& value) const { return siphash(kHashKey, value); }
};

// A count group and the machines that were seen in it: what a host keeps in its store.
class GroupState {
 public:
  GroupState() : group(kHashKey) {}

  core::Group group;

  [[nodiscard]] const core::Machine* find(const Cmid& cmid) const {
    const auto at = index_.find(cmid.bytes);
    return at == index_.end() ? nullptr : &machines_[at->second];
  }

  [[nodiscard]] const Cmid& cmid_of(std::uint32_t made) const { return machines_[made].cmid; }

  // As a store's read_by_fact gives them: of the rows made first and last, those heard of most
  // recently.
  [[nodiscard]] std::vector<core::Machine> with_fact(const Bytes16& fact) const {
    std::vector<core::Machine> out;
    const auto at = by_fact_.find(fact);
    if (at == by_fact_.end()) return out;
    auto near = at->second;
    if (near.size() > store::kFactFirst + store::kFactLast) {
      near.erase(near.begin() + store::kFactFirst, near.end() - store::kFactLast);
    }
    std::ranges::sort(near, std::ranges::greater{}, [&](std::uint32_t made) {
      return std::pair(machines_[made].last_seen, made);
    });
    if (near.size() > store::kFactMost) near.resize(store::kFactMost);
    for (const auto made : near) out.push_back(machines_[made]);
    return out;
  }

  // Returns the machine's number, in the order in which they were made.
  std::uint32_t put(core::Machine machine) {
    const auto [at, is_new] =
        index_.try_emplace(machine.cmid.bytes, static_cast<std::uint32_t>(machines_.size()));
    const auto made = at->second;
    const auto before = is_new ? std::nullopt : machines_[made].facts.primary();
    const auto after = machine.facts.primary();
    if (before != after) {
      if (before) std::erase(by_fact_[*before], made);
      if (after) {
        auto& list = by_fact_[*after];
        list.insert(std::ranges::lower_bound(list, made), made);
      }
    }
    if (is_new) {
      machines_.push_back(std::move(machine));
    } else {
      machines_[made] = std::move(machine);
    }
    return made;
  }

 private:
  std::deque<core::Machine> machines_;
  std::unordered_map<Bytes16, std::uint32_t, BytesHash> index_;                 // by CMID
  std::unordered_map<Bytes16, std::vector<std::uint32_t>, BytesHash> by_fact_;  // ascending
};

}  // namespace

class Replay::Engine {
 public:
  explicit Engine(PolicyFile policies) {
    for (auto& [id, product] : policies) {
      if (!groups_by_name_.contains(product.group)) {
        groups_by_name_.emplace(product.group, static_cast<std::uint32_t>(groups_.size()));
        groups_.emplace_back();
      }
      std::optional<core::KeyBook> ledger;
      if (product.mak) ledger.emplace(*product.mak, store::kPlacesNear);
      products_.emplace(id, Served{groups_by_name_.at(product.group), std::move(product.policy),
                                   std::move(ledger)});
    }
    tickets_.emplace_back();  // lines are numbered from 1
  }

  void answer(std::string_view line, std::string& out) {
    tickets_.emplace_back();
    auto request = read(line);
    if (!request) {
      refuse(request.error(), out);
      return;
    }
    newest_ = request->time;
    const auto at = products_.find(request->product);
    if (request->by_mak || request->release) {
      write_mak(*request, at == products_.end() ? nullptr : &at->second, out);
    } else if (at == products_.end()) {
      write(*request, core::not_served(), nullptr, out);
    } else {
      write(*request, decide(*request, at->second), &at->second.policy, out);
    }
  }

  [[nodiscard]] std::uint64_t lines() const { return tickets_.size() - 1; }
  [[nodiscard]] std::uint64_t not_valid() const { return not_valid_; }

 private:
  struct Served {
    std::uint32_t group;
    Policy policy;
    std::optional<core::KeyBook> ledger;  // of its multiple activation key
  };
  // The ticket that a line's answer carried; number 0: it carried none.
  struct Given {
    std::uint32_t group = 0, machine = 0;
    std::uint64_t number = 0;
  };

  Expected<Request> read(std::string_view line) {
    // A request's own error says which code; the tree's malformed_document is about documents.
    if (auto parsed = tree_.parse(line, kLineMost); !parsed) {
      const bool repeated = parsed.error().code == ErrorCode::repeated_member;
      return fail(repeated ? ErrorCode::repeated_member : ErrorCode::malformed_request,
                  parsed.error().detail);
    }
    json::Claims members(tree_, tree_.root(), ErrorCode::malformed_request);
    Request out;
    out.time = members.time("time");
    out.product = members.id("product");
    out.cmid = members.cmid("cmid");
    if (members.has("client_time")) out.client_time = members.time("client_time");
    if (members.has("machine")) {
      out.facts.add("set", hash_fact("", "set", members.nonempty("machine", 255)));
    }
    if (members.has("ticket")) {
      out.ticket_line = static_cast<std::uint64_t>(members.number("ticket", 1, INT64_MAX));
    }
    if (members.has("mak")) out.by_mak = members.truth("mak");
    if (members.has("release")) out.release = members.truth("release");
    if (out.by_mak && out.facts.empty()) members.refuse("machine", "missing");
    if (out.by_mak && out.release) members.refuse("release", "not together with mak");
    if (!members.ok()) return members.failure();
    if (out.time < newest_) {
      return fail(ErrorCode::malformed_request,
                  fmt::format("time runs backwards: {} comes after {}", format_time(out.time),
                              format_time(newest_)));
    }
    if (auto ok = check_ticket(out.ticket_line); !ok) return std::unexpected(ok.error());
    return out;
  }

  // A ticket that nobody was given cannot be shown.
  [[nodiscard]] Expected<void> check_ticket(std::uint64_t line) const {
    if (line >= lines()) {
      return fail(ErrorCode::malformed_request,
                  fmt::format("ticket: line {} is not an earlier line", line));
    }
    if (line != 0 && tickets_[line].number == 0) {
      return fail(ErrorCode::malformed_request,
                  fmt::format("ticket: the answer to line {} carried none", line));
    }
    return {};
  }

  [[nodiscard]] core::Shown shown_by(const Request& request, std::uint32_t group) const {
    if (request.ticket_line == 0) return {};
    const auto& given = tickets_[request.ticket_line];
    if (given.group != group || groups_[group].cmid_of(given.machine) != request.cmid) {
      return {core::Shown::Kind::foreign, 0};
    }
    return {core::Shown::Kind::number, given.number};
  }

  core::Decision decide(const Request& request, const Served& served) {
    auto& state = groups_[served.group];
    const auto* known = state.find(request.cmid);
    std::vector<core::Machine> same_fact;
    if (const auto fact = request.facts.primary(); fact && known == nullptr) {
      same_fact = state.with_fact(*fact);
    }
    core::Ask ask{.product = request.product,
                  .cmid = request.cmid,
                  .client_time = request.client_time,
                  .facts = request.facts,
                  .shown = shown_by(request, served.group)};
    // Every line is a request of its own, none is sent again: no two have the same nonce.
    for (std::size_t i = 0; i < 8; ++i) {
      ask.nonce[i] = static_cast<std::uint8_t>(lines() >> (8 * i));
    }
    auto out = core::decide(state.group, served.policy, ask, known, same_fact, request.time);
    if (out.counted) {
      const auto number = out.machine.number;
      tickets_.back() = Given{served.group, state.put(std::move(out.machine)), number};
    }
    return out;
  }

  static void write(const Request& request, const core::Decision& decision, const Policy* policy,
                    std::string& out) {
    json::Writer writer(out);
    writer.time("time", request.time).plain("product", request.product);
    writer.cmid("cmid", request.cmid).truth("activated", decision.activated);
    decision.counted ? writer.number("count", decision.count) : writer.null("count");
    policy != nullptr ? writer.number("threshold", policy->threshold) : writer.null("threshold");
    decision.error ? writer.plain("error", entry(*decision.error).name) : writer.null("error");
    decision.evidence ? writer.plain("evidence", core::name_of(*decision.evidence))
                      : writer.null("evidence");
    writer.end();
  }

  // An activation by the product's multiple activation key, or a release.
  static void write_mak(const Request& request, Served* served, std::string& out) {
    json::Writer writer(out);
    writer.time("time", request.time).plain("product", request.product);
    writer.cmid("cmid", request.cmid);
    std::optional<ErrorCode> error = ErrorCode::mak_unknown;
    std::optional<core::KeyPlace> place;
    std::optional<core::Gain> gain;
    if (served != nullptr && served->ledger && request.release) {
      const auto done = served->ledger->release(request.cmid, request.time);
      error = done ? std::nullopt : std::optional(done.error().code);
      if (done) place = *done;
    } else if (served != nullptr && served->ledger) {
      const auto done = served->ledger->activate(request.cmid, request.facts, request.time);
      error = done.error;
      place = done.place;
      gain = done.gain;
    }
    writer.truth("activated", gain.has_value());
    const auto number = [&](std::string_view name, std::optional<std::uint32_t> value) {
      value ? writer.number(name, *value) : writer.null(name);
    };
    number("place", place ? std::optional(place->number) : std::nullopt);
    number("turn", place ? std::optional(place->turn) : std::nullopt);
    const auto* ledger = served != nullptr && served->ledger ? &*served->ledger : nullptr;
    number("used", ledger != nullptr ? std::optional(ledger->record().used()) : std::nullopt);
    number("limit", ledger != nullptr ? std::optional(ledger->policy().limit) : std::nullopt);
    gain ? writer.plain("gain", core::name_of(*gain)) : writer.null("gain");
    error ? writer.plain("error", entry(*error).name) : writer.null("error");
    writer.end();
  }

  void refuse(const Error& error, std::string& out) {
    ++not_valid_;
    json::Writer writer(out);
    writer.number("line", static_cast<std::int64_t>(lines()));
    writer.plain("error", entry(error.code).name).text("detail", printable(error.detail));
    writer.text("hint", "see docs/replay.md for a line's members").end();
  }

  std::map<std::string, std::uint32_t> groups_by_name_;
  std::deque<GroupState> groups_;
  std::map<std::string, Served, std::less<>> products_;
  std::vector<Given> tickets_;  // by line
  json::Tree tree_;
  Instant newest_{};
  std::uint64_t not_valid_ = 0;
};

Replay::Replay(PolicyFile policies) : engine_(std::make_unique<Engine>(std::move(policies))) {}
Replay::~Replay() = default;
void Replay::answer(std::string_view line, std::string& out) { engine_->answer(line, out); }
std::uint64_t Replay::lines() const { return engine_->lines(); }
std::uint64_t Replay::not_valid() const { return engine_->not_valid(); }

}  // namespace muster::cli
