// Inside of Client: how a state is opened, changed and stored. Not for other rooms.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/client.h"
#include "client/exchange.h"
#include "client/identity.h"
#include "client/mak_exchange.h"
#include "client/standing.h"
#include "client/state_dir.h"
#include "wire/mak_key.h"

namespace muster::client {

class HostRound;  // host_round.h

class Client::Impl {
 public:
  Impl(ClientOptions options, Os& os_in, Clock& clock_in, Random& random_in,
       Transport& transport_in);

  // A state that was loaded and brought up to this moment.
  struct Session {
    State state;
    Here here;
    std::unique_ptr<FileLock> lock;  // null: looked at only
    bool partial = false;
    bool worth_storing = false;
    bool completed = false;  // opening it completed what was pending
    std::vector<std::string> drop_activations;

    void take(const Effects& effects);
  };
  enum class Make { no, yes };

  // Under the lock. not_installed where there is no directory and none is to be made.
  [[nodiscard]] Expected<Session> change(Make make);
  // Without the lock. What it finds worth storing is stored where that can be done at once.
  [[nodiscard]] Expected<Session> look();
  // Stores the state, then removes the activations that no longer fit.
  [[nodiscard]] Expected<void> commit(Session& session);

  [[nodiscard]] Expected<ProductState*> pick(State& state, std::string_view product) const;
  [[nodiscard]] Expected<std::vector<ProductState*>> pick_all(State& state,
                                                              std::string_view product) const;
  [[nodiscard]] std::unexpected<Error> nothing_installed() const;

  [[nodiscard]] Expected<ProductStatus> status_of(Session& session, const ProductState& product);
  // Fills in the installed products of the named one's group; empty: of all groups.
  [[nodiscard]] Expected<IdentityResult> with_products(Session& session, IdentityResult result,
                                                       std::string_view product);
  [[nodiscard]] Expected<void> put_host(const std::optional<std::string>& base,
                                        std::string_view product);

  // mak_files.cpp. REQUIRES: a request of the product waits.
  [[nodiscard]] Expected<void> apply(Session& session, ProductState& product,
                                     const wire::MakAnswer& answer, ActivateResult& result);
  // activate.cpp
  [[nodiscard]] Expected<ActivateResult> activate(std::string_view product,
                                                  const ActivateOptions& options);

  Os& os;
  Clock& clock;
  Random& random;
  Transport& transport;
  StateDir dir;
  Proved proved;
  std::optional<std::string> set_fact;
  Discovery discovery;

 private:
  [[nodiscard]] Expected<Session> load();
  [[nodiscard]] Expected<void> exchange(Session& session, ProductState& product, HostSearch& hosts,
                                        ActivateResult& result);
  // Nobody answered with what holds.
  [[nodiscard]] Expected<void> keep_failure(Session& session, ProductState& product,
                                            const HostRound& round, ActivateResult& result);
  // activate_mak.cpp: by a key that was typed, or by the one that is kept.
  [[nodiscard]] Expected<void> exchange_by_mak(Session& session, ProductState& product,
                                               HostSearch& hosts,
                                               const std::optional<wire::MakKey>& typed,
                                               ActivateResult& result);
  [[nodiscard]] Expected<void> keep_heard(Session& session, ProductState& product,
                                          const wire::MakRequest& request, const HeardMak& heard,
                                          ActivateResult& result);
};

}  // namespace muster::client
