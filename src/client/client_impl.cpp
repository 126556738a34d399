#include "client/client_impl.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/disk.h"

namespace muster::client {
namespace {

// The newest time is stored this often, not at every look: a check by a probe must not wear out a
// disk.
constexpr minutes kNoticeEvery{10};
constexpr std::size_t kSetMost = 1024;

}  // namespace

Client::Impl::Impl(ClientOptions options, Os& os_in, Clock& clock_in, Random& random_in,
                   Transport& transport_in)
    : os(os_in),
      clock(clock_in),
      random(random_in),
      transport(transport_in),
      dir(options.directory.empty() ? os_in.default_directory() : options.directory, os_in),
      set_fact(std::move(options.set_fact)),
      discovery(std::move(options.discovery)) {}

void Client::Impl::Session::take(const Effects& effects) {
  worth_storing = worth_storing || effects.changed;
  drop_activations.insert(drop_activations.end(), effects.drop_activations.begin(),
                          effects.drop_activations.end());
}

Expected<Client::Impl::Session> Client::Impl::load() {
  if (set_fact && (set_fact->empty() || !valid_text(*set_fact, kSetMost))) {
    return fail(ErrorCode::usage,
                "a fact must be 1 to 1024 bytes of text without control characters");
  }
  auto loaded = dir.load();
  if (!loaded) return std::unexpected(loaded.error());
  Session out;
  out.state = std::move(loaded->state);
  out.partial = loaded->partial;
  out.here = Here{os.machine_facts(), os.boot(), set_fact, clock.now()};
  out.worth_storing = std::ranges::any_of(out.state.groups, [&](const GroupState& group) {
    return out.here.now >= group.newest_seen + kNoticeEvery;
  });
  return out;
}

Expected<Client::Impl::Session> Client::Impl::change(Make make) {
  if (make == Make::yes) {
    if (auto ok = dir.make(); !ok) return std::unexpected(ok.error());
  } else if (!os.disk().exists(dir.path())) {
    return nothing_installed();
  }
  auto lock = dir.lock(true);
  if (!lock) return std::unexpected(lock.error());
  auto out = load();
  if (!out) return out;
  if (out->partial) {
    return fail(ErrorCode::state_unreadable,
                (dir.path() / "identity").string() + ": permission denied");
  }
  out->lock = std::move(*lock);
  const auto effects = notice(out->state, out->here, random);
  out->completed = !effects.drop_activations.empty();
  out->take(effects);
  return out;
}

Expected<Client::Impl::Session> Client::Impl::look() {
  auto out = load();
  if (!out) return out;
  State seen = out->state;
  if (!out->partial) out->take(notice(seen, out->here, random));
  if (!out->worth_storing || out->partial || seen.groups.empty()) {
    refresh(out->state, out->here);
    return out;
  }
  // Somebody else changes it just now, or it cannot be written: then it is only looked at.
  if (auto lock = dir.lock(false); lock && *lock) {
    if (auto fresh = load(); fresh && !fresh->partial) {
      fresh->take(notice(fresh->state, fresh->here, random));
      fresh->lock = std::move(*lock);
      if (commit(*fresh)) {
        fresh->lock.reset();
        return fresh;
      }
    }
  }
  refresh(out->state, out->here);
  return out;
}

Expected<void> Client::Impl::commit(Session& session) {
  if (auto ok = dir.save(session.state); !ok) return ok;
  for (const auto& product : session.drop_activations) {
    if (auto ok = dir.drop_activation(product); !ok) return ok;
  }
  session.drop_activations.clear();
  session.worth_storing = false;
  return {};
}

std::unexpected<Error> Client::Impl::nothing_installed() const {
  return fail(ErrorCode::not_installed, fmt::format("no product in {}", dir.path().string()));
}

Expected<std::vector<ProductState*>> Client::Impl::pick_all(State& state,
                                                            std::string_view product) const {
  std::vector<ProductState*> out;
  for (auto& one : state.products) {
    if (one.installed && (product.empty() || one.product == product)) out.push_back(&one);
  }
  if (!out.empty()) return out;
  if (product.empty()) return nothing_installed();
  return fail(ErrorCode::not_installed, std::string(product));
}

Expected<ProductState*> Client::Impl::pick(State& state, std::string_view product) const {
  auto all = pick_all(state, product);
  if (!all) return std::unexpected(all.error());
  if (all->size() == 1) return all->front();
  std::string names;
  for (const auto* one : *all) names.append(names.empty() ? "" : ", ").append(one->product);
  return fail(ErrorCode::usage,
              fmt::format("several products are installed ({}); name one with --product", names));
}

Expected<ProductStatus> Client::Impl::status_of(Session& session, const ProductState& product) {
  const auto& group = session.state.group_of(product);
  auto standing = stand(proved, dir, group, product, session.here.now);
  if (!standing) return std::unexpected(standing.error());
  auto out = describe(*standing, session.state, group, product, session.here.now);
  out.partial = session.partial;
  return out;
}

Expected<IdentityResult> Client::Impl::with_products(Session& session, IdentityResult result,
                                                     std::string_view product) {
  const ProductState* named = product.empty() ? nullptr : session.state.installed(product);
  for (const auto& one : session.state.products) {
    if (!one.installed) continue;
    if (named && (one.vendor_id != named->vendor_id || one.group != named->group)) continue;
    auto status = status_of(session, one);
    if (!status) return std::unexpected(status.error());
    result.products.push_back(std::move(*status));
  }
  return result;
}

Expected<void> Client::Impl::put_host(const std::optional<std::string>& base,
                                      std::string_view product) {
  // Nothing is made to forget a host, nor for a product that cannot be there.
  auto session = change(base && product.empty() ? Make::yes : Make::no);
  if (!session && !base && product.empty() && session.error().code == ErrorCode::not_installed) {
    return {};
  }
  if (!session) return std::unexpected(session.error());
  auto& state = session->state;
  // The retry_after of the host before does not bind the new one.
  const auto forget_refusal = [](ProductState& one) {
    if (one.last && !one.last->activated) one.last.reset();
  };
  if (product.empty()) {
    if (state.host != base) std::ranges::for_each(state.products, forget_refusal);
    state.host = base;
    return commit(*session);
  }
  auto picked = pick(state, product);
  if (!picked) return std::unexpected(picked.error());
  if ((*picked)->host != base) forget_refusal(**picked);
  (*picked)->host = base;
  return commit(*session);
}

}  // namespace muster::client
