// Watches a host and its clients from outside, and says what they did that the rules forbid. It
// knows the policies, what crossed the network, and what the store says by its contract; of the
// host's rules it has its own, simple and slow, and shares no code with core or service.
//
// Where nobody outside can know whether a request counted (the host was killed before it answered),
// the oracle keeps both: a machine that possibly stands on the roll raises what a count may be, and
// only one that surely stands there raises what it must be. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/policy.h"
#include "client/client.h"
#include "store/store.h"
#include "wire/exchange.h"
#include "wire/mak_exchange.h"

namespace muster::lab::testing {

// What the oracle is told of the world that it watches.
struct Rules {
  std::string vendor;  // id
  struct Product {
    std::string group;
    Policy policy;
  };
  std::map<std::string, Product, std::less<>> products;
  MakId key;  // the only multiple activation key
  std::uint32_t key_limit = 0;
};

class Oracle {
 public:
  explicit Oracle(Rules rules);

  // The first thing that was wrong; everything after it is not looked at any more.
  [[nodiscard]] const std::optional<std::string>& wrong() const { return wrong_; }

  // The host's own clock; to be said before anything is asked of the host.
  void clock_says(Instant wall);
  // ---- the network, in the order in which the host took the requests
  void answered(const wire::ActivationRequest& request, int status, std::string_view answer);
  void unanswered(const wire::ActivationRequest& request);
  void answered(const wire::MakRequest& request, int status, std::string_view answer);
  // The administrator has been told that the place is free again.
  void released(std::uint32_t place);
  // The host's clock has jumped by more than it bears, until somebody confirms it: whatever the
  // host answers is wrong.
  void distrust_clock(bool distrusted) { clock_distrusted_ = distrusted; }

  // ---- the store, after a restart and at the end: what was told stands in it, and the chain holds
  void look_at(store::Store& store);

  // ---- a client: how it stands at `now` of its own clock, and what its machine knows of itself
  void stands(const client::ProductStatus& status, Instant now, const Facts& facts);

 private:
  // A machine that may stand on the roll.
  struct Contact {
    Instant possibly{};               // its newest request that may have counted
    std::optional<Instant> surely{};  // its newest that was answered; none: it may have left
  };
  struct Group {
    minutes retention{};
    std::map<Cmid, Contact> contacts{};
    // The highest that was presented.
    std::uint32_t threshold_sure = 0, threshold_possible = 0;
    std::map<Cmid, std::uint64_t> tickets{};  // the highest number that was told

    void leave_before(Instant now);
    void put_out();
    [[nodiscard]] std::uint32_t sure() const;
    [[nodiscard]] std::uint32_t capacity() const { return 2 * threshold_possible; }
  };
  struct Told {  // an activation
    Bytes16 hash{}, nonce{};
    Cmid cmid;
  };
  struct Document {
    std::string product;
    Instant from{}, until{};
    Facts facts;
  };
  struct Holder {
    std::string hardware;
    std::uint32_t turn = 1;
    bool released = false;
  };
  template <class... Args>
  void accuse(std::string_view format, const Args&... args);
  void counted(const wire::ActivationRequest& request, const wire::ActivationAnswer& answer);
  void read(const wire::ActivationRequest& request, const wire::ActivationAnswer& answer);
  void read(const wire::MakRequest& request, const wire::MakAnswer& answer);
  void look_at_log(store::Store& store);
  void look_at_machines(store::Store& store, const std::string& name, const Group& group);
  void look_at_roll(store::Store& store, const std::string& name, const Group& group);
  void look_at_places(store::Store& store);

  Rules rules_;
  std::optional<std::string> wrong_;
  bool clock_distrusted_ = false;
  Instant wall_{}, newest_answer_{}, newest_wall_{};
  std::map<std::string, Group> groups_;
  std::map<store::EventPlace, Told> told_;
  std::multimap<Cmid, Document> documents_;
  std::map<std::uint32_t, Holder> holders_;           // by place
  std::set<std::pair<Cmid, std::string>> permanent_;  // by CMID and hardware
};

}  // namespace muster::lab::testing
