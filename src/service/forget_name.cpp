#include "service/forget_name.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/pool.h"
#include "service/admin_json.h"
#include "store/list_order.h"
#include "wire/event.h"

namespace muster::service {
namespace {

using store::PoolRow;

constexpr std::size_t kPage = 1000;
constexpr std::size_t kAtOnce = 256;  // rows of one unit

class Forgetting {
 public:
  Forgetting(HostService& service, std::string_view name, Actor actor)
      : service_(service), name_(name), listed_(store::listed_name(name)), actor_(actor) {}

  Expected<ForgottenName> run() {
    if (auto done = find(); !done) return std::unexpected(done.error());
    for (const auto& hash : hashes_) {
      if (auto done = forget(hash); !done) return std::unexpected(done.error());
    }
    // Names first: what is counted meanwhile finds none. And pools even where no name was found, as
    // it is where this was cut off before.
    if (auto done = forget_patterns(); !done) return std::unexpected(done.error());
    if (out_.names + out_.machines + out_.pools == 0) {
      return fail(ErrorCode::not_found, "no name and no address is known as this");
    }
    return out_;
  }

 private:
  // The hashes of all ways in which the name is written.
  Expected<void> find() {
    const auto exact = wire::hash_name(service_.name_salt(), name_);
    const auto value = service_.store().name(exact);
    if (!value) return std::unexpected(value.error());
    if (*value) hashes_.insert(exact);
    out_.names = hashes_.size();
    const auto groups = service_.store().groups();
    if (!groups) return std::unexpected(groups.error());
    for (const auto& key : *groups) {
      if (auto done = find_listed(key); !done) return done;
    }
    if (out_.machines > 0) hashes_.insert(exact);
    return {};
  }

  Expected<void> find_listed(const GroupKey& key) {
    for (std::optional<store::ListPlace> after;;) {
      const auto page = service_.store().listed(key, store::ListOrder::name, listed_, after, kPage);
      if (!page) return std::unexpected(page.error());
      for (const auto& [machine, place] : page->machines) {
        // Those of exactly this name come first.
        if (place.name != listed_) return {};
        ++out_.machines;
        if (hashes_.contains(machine.name_hash)) continue;
        const auto value = service_.store().name(machine.name_hash);
        if (!value) return std::unexpected(value.error());
        if (!*value || store::listed_name(**value) != listed_) continue;
        hashes_.insert(machine.name_hash);
        ++out_.names;
      }
      if (!page->more) return {};
      after = page->machines.back().place;
    }
  }

  Expected<void> forget(const Bytes16& hash) {
    for (bool more = true; more;) {
      auto done = service_.in_unit_of_all([&](LedgerWork& work) -> Expected<void> {
        say_so(work);
        const auto rest = work.unit.forget_name(hash, listed_, kAtOnce);
        if (!rest) return std::unexpected(rest.error());
        more = *rest;
        return {};
      });
      if (!done) return done;
      said_ = true;
    }
    return {};
  }

  // Once, in the first unit that is committed.
  void say_so(LedgerWork& work) const {
    if (said_) return;
    wire::Event event;
    event.time = work.now;
    event.type = "name_forgotten";
    event.actor = actor_;
    json::Writer detail(event.detail);
    write_list(detail, "names", hashes_, [](std::string& out, const Bytes16& hash) {
      out.push_back('"');
      append_base64url(out, hash);
      out.push_back('"');
    });
    detail.end();
    work.journal.append(work.unit, std::move(event));
  }

  Expected<void> forget_patterns() {
    const auto pattern = core::name_pattern(name_);
    if (pattern.empty()) return {};
    std::map<Bytes16, std::vector<PoolRow>> pools;  // of this pattern
    for (std::optional<store::PoolKey> after;;) {
      auto page = service_.store().pools(after, kPage);
      if (!page) return std::unexpected(page.error());
      if (!page->empty()) after = page->back().key;
      const bool last = page->size() < kPage;
      for (auto& row : *page) {
        if (row.pattern == pattern) pools[row.key.id].push_back(std::move(row));
      }
      if (last) break;
    }
    for (const auto& [id, rows] : pools) {
      const auto others = is_others(rows, pattern);
      if (!others) return std::unexpected(others.error());
      if (*others) continue;
      if (auto done = blank(rows); !done) return done;
      ++out_.pools;
    }
    return {};
  }

  // Another machine's name, which is known, has the pattern too.
  Expected<bool> is_others(const std::vector<PoolRow>& rows, std::string_view pattern) {
    for (const auto& row : rows) {
      for (const auto& example : row.record.examples) {
        const auto value = service_.store().name(example.name_hash);
        if (!value) return std::unexpected(value.error());
        if (*value && core::name_pattern(**value) == pattern) return true;
      }
    }
    return false;
  }

  Expected<void> blank(const std::vector<PoolRow>& rows) {
    auto done = service_.in_unit_of_all([&](LedgerWork& work) -> Expected<void> {
      say_so(work);
      for (const auto& row : rows) {
        auto now = work.unit.read_pool(row.key);
        if (!now) return std::unexpected(now.error());
        if (!*now) continue;
        (*now)->pattern.clear();
        if (auto put = work.unit.put_pool(**now); !put) return put;
      }
      return {};
    });
    said_ = said_ || done.has_value();
    return done;
  }

  HostService& service_;
  const std::string name_;
  const std::string listed_;
  const std::string actor_;
  std::set<Bytes16> hashes_;
  ForgottenName out_;
  bool said_ = false;
};

}  // namespace

Expected<ForgottenName> forget_name(HostService& service, std::string_view name, Actor actor) {
  return Forgetting(service, name, actor).run();
}

}  // namespace muster::service
