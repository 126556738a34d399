#include "store/postgres/postgres_store.h"

#include <algorithm>

#include "store/postgres/ledger_rows.h"
#include "store/postgres/postgres_unit.h"
#include "store/postgres/readers.h"
#include "store/postgres/rows.h"
#include "store/postgres/tally_rows.h"
#include "store/postgres/writer.h"

namespace muster::store {
namespace pg {
namespace {

class PostgresStore final : public Store {
 public:
  PostgresStore(const std::string& url, std::unique_ptr<Writer> writer)
      : writer_(std::move(writer)),
        readers_(url, writer_->options.patience,
                 std::max<std::size_t>(writer_->options.readers, 1)) {}

  Expected<std::unique_ptr<Unit>> open(std::span<const GroupKey> groups,
                                       std::span<const MakId> keys) override {
    return PostgresUnit::open(*writer_, groups, keys);
  }
  Expected<bool> catch_up() override { return writer_->catch_up(); }
  Expected<ChainHead> chain_head() override { return writer_->head(); }
  Expected<std::vector<GroupKey>> groups() override { return writer_->book.groups(); }
  Expected<bool> look(const GroupKey& key,
                      const std::function<void(const core::Group&)>& look) override {
    return writer_->book.look(key, look);
  }
  Expected<std::optional<core::Machine>> machine(const GroupKey& key, const Cmid& cmid) override {
    using Out = std::optional<core::Machine>;
    Column cmids(PgType::uuid);
    cmids.bytes(cmid.bytes);
    return in_group<Out>(key, [&](Connection& db, std::int64_t group) -> Expected<Out> {
      auto rows = read_machines(db, own(), group, cmids);
      if (!rows) return std::unexpected(rows.error());
      return rows->empty() ? Out() : Out(std::move(rows->front().machine));
    });
  }
  Expected<std::vector<std::pair<GroupKey, core::Machine>>> machines_of(const Cmid& cmid) override {
    return readers_.read([&](Connection& db) { return read_machines_of(db, own(), cmid); });
  }
  Expected<std::vector<core::Machine>> machines_by_fact(const GroupKey& key,
                                                        const Bytes16& primary) override {
    return in_group<std::vector<core::Machine>>(key, [&](Connection& db, std::int64_t group) {
      return read_by_fact(db, own(), group, primary);
    });
  }
  Expected<MachinePage> machines(const GroupKey& key, std::optional<Cmid> after,
                                 std::size_t most) override {
    return in_group<MachinePage>(key, [&](Connection& db, std::int64_t group) {
      return read_machine_page(db, own(), group, after, most);
    });
  }
  Expected<ListPage> listed(const GroupKey& key, ListOrder order, std::string_view prefix,
                            const std::optional<ListPlace>& after, std::size_t most) override {
    return in_group<ListPage>(key, [&](Connection& db, std::int64_t group) {
      return read_listed(db, own(), group, order, prefix, after, most);
    });
  }
  Expected<std::vector<EventRow>> events(EventPlace after, std::size_t most) override {
    return readers_.read([&](Connection& db) { return read_events(db, own(), after, most); });
  }
  Expected<std::vector<EventRow>> events_before(EventPlace before, std::size_t most) override {
    return readers_.read(
        [&](Connection& db) { return read_events_before(db, own(), before, most); });
  }
  Expected<std::optional<EventRow>> event(EventPlace place) override {
    return readers_.read([&](Connection& db) { return read_event(db, own(), place); });
  }
  Expected<std::vector<CheckpointRow>> checkpoints(EventPlace after, std::size_t most) override {
    return readers_.read([&](Connection& db) { return read_checkpoints(db, own(), after, most); });
  }
  Expected<std::optional<std::string>> name(const Bytes16& hash) override {
    return readers_.read([&](Connection& db) { return read_name(db, hash); });
  }
  Expected<std::optional<std::string>> setting(std::string_view name) override {
    return readers_.read([&](Connection& db) { return read_setting(db, own(), name); });
  }
  Expected<Settings> settings(std::string_view prefix) override {
    return readers_.read([&](Connection& db) { return read_settings(db, own(), prefix); });
  }
  Expected<std::vector<std::pair<MakId, core::KeyRecord>>> keys() override {
    return readers_.read([&](Connection& db) { return read_keys(db); });
  }
  Expected<std::vector<core::KeyPlace>> places(const MakId& key, std::uint32_t after) override {
    using Out = std::vector<core::KeyPlace>;
    return readers_.read([&](Connection& db) -> Expected<Out> {
      const auto id = read_key_id(db, key);
      if (!id) return std::unexpected(id.error());
      return *id ? read_place_page(db, own(), **id, after) : Out{};
    });
  }
  Expected<std::vector<PoolRow>> pools(const std::optional<PoolKey>& after,
                                       std::size_t most) override {
    return readers_.read([&](Connection& db) { return read_pools(db, own(), after, most); });
  }
  Expected<std::vector<UsageRow>> usage(std::int32_t from_month, std::int32_t to_month) override {
    return readers_.read([&](Connection& db) { return read_usage(db, from_month, to_month); });
  }
  // The database's disk is its administrator's to watch.
  double free_part() override { return 1.0; }
  Expected<std::unique_ptr<StoreCopy>> begin_copy(const Papers&) override {
    return fail(ErrorCode::conflict,
                "this host's data is in PostgreSQL, whose own tools back it up: pg_basebackup");
  }

 private:
  [[nodiscard]] OwnHost own() const { return writer_->own; }
  // Nothing (a default Out) where there is no such group. Its id never changes, so two statements
  // may see two committed states.
  template <class Out, class Read>
  Expected<Out> in_group(const GroupKey& key, const Read& body) {
    return readers_.read([&](Connection& db) -> Expected<Out> {
      const auto group = read_group_id(db, key);
      if (!group) return std::unexpected(group.error());
      if (!*group) return Out{};
      return body(db, **group);
    });
  }

  std::unique_ptr<Writer> writer_;
  Readers readers_;
};

}  // namespace
}  // namespace pg

Expected<std::unique_ptr<Store>> open_postgres(const std::string& url, std::string_view host,
                                               const Bytes16& hash_key,
                                               const PostgresOptions& options) {
  auto writer = pg::Writer::load(url, host, hash_key, options);
  if (!writer) return std::unexpected(writer.error());
  return std::make_unique<pg::PostgresStore>(url, std::move(*writer));
}

}  // namespace muster::store
