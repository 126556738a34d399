#include "service/host_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace muster::service {
namespace {

constexpr std::string_view kHostKeyPrefix = "host_key/";

Expected<std::uint64_t> read_unserved(store::Store& store) {
  const auto text = store.setting(kUnservedSetting);
  if (!text) return std::unexpected(text.error());
  std::uint64_t out = 0;
  if (*text) std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), out);
  return out;
}

}  // namespace

HostService::HostService(store::Store& store, Clock& clock, Random& random,
                         wire::PrivateKey host_key, const Limits& limits,
                         const store::ChainHead& head)
    : store_(store),
      clock_(clock),
      random_(random),
      host_key_(std::move(host_key)),
      limits_(limits),
      admission_(limits.rates, random.bytes<16>()),
      patrol_(store_, host_key_.public_key()),
      journal_(head, host_key_.public_key().thumbprint(), host_key_.signer()),
      clock_guard_(limits.clock_skew, head.time, clock.now(), clock.monotonic()),
      sweep_(limits.keep),
      logged_{head.epoch, head.seq},
      rules_now_(clock_guard_.now()) {}

Expected<std::unique_ptr<HostService>> HostService::open(store::Store& store, Clock& clock,
                                                         Random& random, wire::PrivateKey host_key,
                                                         const Limits& limits) {
  const auto head = store.chain_head();
  if (!head) return std::unexpected(head.error());
  std::unique_ptr<HostService> out(
      new HostService(store, clock, random, std::move(host_key), limits, *head));
  if (auto read = out->read_settings(); !read) return std::unexpected(read.error());
  if (auto read = out->read_clock(); !read) return std::unexpected(read.error());
  return out;
}

// A random secret that is made with the database and stays with it, so that all hosts of one
// database and its backups share it.
Expected<Bytes32> HostService::secret(std::string_view name) {
  const auto stored = store_.setting(name);
  if (!stored) return std::unexpected(stored.error());
  if (*stored) {
    if (const auto value = array_from_base64url<32>(**stored)) return *value;
    return fail(ErrorCode::store_corrupt, fmt::format("the setting {} is damaged", name));
  }
  const auto made = random_.bytes<32>();
  auto unit = store_.open({});
  if (!unit) return std::unexpected(unit.error());
  (*unit)->keep_setting(name, base64url(made));
  if (auto done = (*unit)->commit(); !done) return std::unexpected(done.error());
  unit->reset();
  // Another host of the database may have made it at the same moment.
  const auto kept = store_.setting(name);
  if (!kept) return std::unexpected(kept.error());
  if (const auto value = array_from_base64url<32>(kept->value_or(""))) return *value;
  return fail(ErrorCode::store_corrupt, fmt::format("the setting {} is damaged", name));
}

Expected<std::unique_ptr<store::Unit>> HostService::open_unit(std::span<const GroupKey> groups,
                                                              std::span<const MakId> keys,
                                                              Instant& now) {
  auto unit = store_.open(groups, keys);
  if (!unit) return unit;
  const auto head = store_.chain_head();
  if (!head) return std::unexpected(head.error());
  journal_.go_on(*head);
  now = std::max(now, (*unit)->newest());
  return unit;
}

Expected<void> HostService::read_settings() {
  const auto ticket_key = secret("ticket_key");
  if (!ticket_key) return std::unexpected(ticket_key.error());
  ticket_key_ = *ticket_key;
  hash_key_ = first16(*ticket_key);
  const auto salt = secret("name_salt");
  if (!salt) return std::unexpected(salt.error());
  name_salt_ = *salt;

  const auto unserved = read_unserved(store_);
  if (!unserved) return std::unexpected(unserved.error());
  unserved_ = *unserved;

  const auto documents = store_.settings(kHostKeyPrefix);
  if (!documents) return std::unexpected(documents.error());
  std::vector<wire::HostKey> keys;
  for (const auto& [name, text] : *documents) {
    auto key = wire::read_host_key(text, {});
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  auto ring = Keyring::make(std::move(keys), host_key_.public_key(), clock_guard_.now());
  if (!ring) return std::unexpected(ring.error());
  keys_ = std::move(*ring);
  if (auto uses = token_uses_.load(store_); !uses) return uses;
  if (auto digest = digest_.load(store_); !digest) return digest;
  digested_ = digest_.state();
  if (auto sweep = sweep_.load(store_); !sweep) return sweep;
  if (auto peaks = peaks_.load(store_); !peaks) return peaks;
  return read_ledger();
}

std::shared_ptr<const Keyring> HostService::keys() const {
  const std::scoped_lock lock(state_mutex_);
  return keys_;
}

core::EventPlace HostService::logged() const {
  const std::scoped_lock lock(state_mutex_);
  return logged_;
}

Instant HostService::now() const {
  const std::scoped_lock lock(state_mutex_);
  return rules_now_;
}

core::AlertFigures::Log HostService::log_standing() const {
  const std::scoped_lock lock(state_mutex_);
  return log_standing_;
}

DigestState HostService::digested() const {
  const std::scoped_lock lock(state_mutex_);
  return digested_;
}

std::size_t HostService::queued() const {
  const std::scoped_lock lock(queue_mutex_);
  return queue_.size();
}

std::optional<Error> HostService::not_ready() const {
  if (stopping_) return Error{ErrorCode::stopping};
  const std::scoped_lock lock(state_mutex_);
  return clock_error_ ? clock_error_ : store_error_;
}

void HostService::set_store_error(const std::optional<Error>& error) {
  const std::scoped_lock lock(state_mutex_);
  store_error_ = error;
}

void HostService::Figures::count_refusal(ErrorCode code) {
  const auto at = std::ranges::find(kRefusals, code) - kRefusals.begin();
  ++refused.at(std::min(static_cast<std::size_t>(at), kRefusals.size() - 1));
}

std::uint64_t HostService::Figures::refused_with(ErrorCode code) const {
  const auto at = std::ranges::find(kRefusals, code) - kRefusals.begin();
  return refused.at(static_cast<std::size_t>(at)).load();
}

std::uint64_t HostService::Figures::requests() const {
  std::uint64_t out = activated + mak_activated + mak_refused + mak_sent_away;
  for (const auto& refusals : refused) out += refusals;
  return out;
}

RequestRate::Figures HostService::request_rate() const {
  return rate_.figures(clock_.monotonic(), figures_.requests());
}

RequestRate::Figures HostService::request_rate(const GroupKey& group, std::uint64_t total) const {
  const std::scoped_lock lock(rates_mutex_);
  const auto at = group_rates_.find(group);
  return at == group_rates_.end() ? RequestRate::Figures{}
                                  : at->second.figures(clock_.monotonic(), total);
}

// A group's counter goes on over restarts, so that its first look is where it is counted from; one
// that is new since the last look has begun at none.
void HostService::look_at_rates() {
  const auto now = clock_.monotonic();
  rate_.look(now, figures_.requests());
  const auto groups = store_.groups();
  if (!groups) return;
  const std::scoped_lock lock(rates_mutex_);
  for (const auto& key : *groups) {
    std::uint64_t total = 0;
    const auto found =
        store_.look(key, [&](const core::Group& group) { total = group.counters.requests; });
    if (!found || !*found) continue;
    const auto [at, is_new] = group_rates_.try_emplace(key);
    if (is_new && rates_at_) at->second.look(*rates_at_, 0);
    at->second.look(now, total);
  }
  rates_at_ = now;
}

Reply HostService::refuse(const Error& error, seconds least) {
  figures_.count_refusal(error.code);
  return sent_away(error, least);
}

Reply HostService::sent_away(const Error& error, seconds least) {
  return reply_of(error, come_again(random_, least));
}

std::optional<Error> HostService::too_many(std::string_view address, bool local, seconds& wait) {
  const auto most = admission_.admit_address(address, local, clock_.monotonic());
  if (!most) return std::nullopt;
  wait = *most;
  return Error{ErrorCode::too_many_requests, "from this address"};
}

std::optional<Error> HostService::too_many(const Cmid& cmid, bool local, seconds& wait) {
  const auto most = admission_.admit_cmid(cmid, local, clock_.monotonic());
  if (!most) return std::nullopt;
  wait = *most;
  return Error{ErrorCode::too_many_requests, "of this client machine id"};
}

std::expected<std::unique_ptr<Pending>, Reply> HostService::decode(std::string_view body,
                                                                   std::string_view address,
                                                                   bool local) {
  seconds wait{0};
  if (const auto error = too_many(address, local, wait)) {
    return std::unexpected(refuse(*error, wait));
  }
  auto request = wire::decode_request(body);
  if (!request) {
    figures_.count_refusal(request.error().code);
    return std::unexpected(reply_of(request.error()));
  }
  if (const auto error = too_many(request->cmid, local, wait)) {
    return std::unexpected(refuse(*error, wait));
  }
  auto pending = std::make_unique<Pending>();
  pending->request = std::move(*request);
  pending->address = address;
  pending->keys = keys();
  pending->served = pending->keys->find(pending->request.product, pending->request.vendor);
  if (pending->served != nullptr && pending->request.ticket) {
    pending->shown = core::check_ticket(ticket_key_, pending->served->group, pending->request.cmid,
                                        *pending->request.ticket);
  }
  return pending;
}

std::optional<Reply> HostService::submit(std::unique_ptr<Pending> pending) {
  if (const auto why = not_ready()) return refuse(*why);
  {
    const std::scoped_lock lock(queue_mutex_);
    if (queue_.size() < limits_.queue_most) {
      queue_.push_back(std::move(pending));
    }
  }
  if (pending) return refuse({ErrorCode::host_full, {}});
  return std::nullopt;
}

void HostService::wait_for_work(std::chrono::milliseconds most) {
  std::unique_lock lock(queue_mutex_);
  queue_filled_.wait_for(lock, most, [&] { return woken_ || !queue_.empty(); });
  woken_ = false;
}

void HostService::wake() {
  {
    const std::scoped_lock lock(queue_mutex_);
    woken_ = true;
  }
  queue_filled_.notify_all();
}

}  // namespace muster::service
