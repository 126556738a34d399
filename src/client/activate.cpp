#include <fmt/format.h>

#include "client/client_impl.h"
#include "client/host_round.h"

namespace muster::client {
namespace {

Problem problem_of(const wire::ActivationAnswer& answer) {
  if (answer.error) return client::problem_of(Error{*answer.error, {}});
  Problem out;
  out.code = answer.error_name;
  out.title = answer.error_title;
  out.hint = answer.error_hint;
  out.exit = Exit::refused;
  return out;
}

}  // namespace

Expected<ActivateResult> Client::activate(std::string_view product,
                                          const ActivateOptions& options) {
  return impl_->activate(product, options);
}

Expected<ActivateResult> Client::Impl::activate(std::string_view product,
                                                const ActivateOptions& options) {
  std::optional<wire::MakKey> key;
  if (options.key) {
    auto typed = wire::MakKey::parse(*options.key);
    if (!typed) return std::unexpected(typed.error());
    key = *typed;
  }
  std::vector<Candidate> known;
  if (options.host) {
    auto url = parse_host_url(*options.host);
    if (!url) return std::unexpected(url.error());
    known.push_back({std::move(*url), Candidate::From::given});
  }
  auto session = change(Make::no);
  if (!session) return std::unexpected(session.error());
  auto picked = pick(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  auto& chosen = **picked;
  // The host that a person names for once is the only one.
  const Discovery named_only{nullptr, std::nullopt, discovery.require_tls};
  if (!options.host) known = known_hosts(session->state, chosen);
  HostSearch hosts(options.host ? named_only : discovery, random, known);

  ActivateResult out;
  const auto pending = session->state.group_of(chosen).pending.kind;
  if (pending != Pending::none) {
    if (auto ok = commit(*session); !ok) return std::unexpected(ok.error());
    out.error =
        client::problem_of(Error{ErrorCode::restart_pending, std::string(name_of(pending))});
  } else {
    auto ok = key || chosen.mak ? exchange_by_mak(*session, chosen, hosts, key, out)
                                : exchange(*session, chosen, hosts, out);
    if (!ok) return std::unexpected(ok.error());
  }
  auto status = status_of(*session, chosen);
  if (!status) return std::unexpected(status.error());
  out.status = std::move(*status);
  return out;
}

// The lock is held all the while: a second attempt that started now would show the same ticket
// under another nonce, and look like a copy of this machine.
Expected<void> Client::Impl::exchange(Session& session, ProductState& product, HostSearch& hosts,
                                      ActivateResult& result) {
  auto& group = session.state.group_of(product);
  const auto standing = stand(proved, dir, group, product, session.here.now);
  if (!standing) return std::unexpected(standing.error());
  if (!group.nonce) group.nonce = random.bytes<16>();
  if (auto ok = commit(session); !ok) return ok;

  const Asker asker{os.host_name(), os.is_virtual(), standing->licence.state,
                    standing->licence.left, session.here.now};
  const auto request = make_request(product, group, asker);
  const auto body = wire::encode_request(request);
  std::optional<Heard> heard;
  HostRound round(transport, clock, hosts, result);
  const bool answered = round.ask(kActivationsPath, body, [&](const HttpAnswer& answer) {
    auto one = judge(answer, request, *standing->proved, clock.now());
    if (!one) return Expected<void>(std::unexpected(one.error()));
    // Of several hosts another may serve it; nobody's word that he does not is an end.
    if (one->answer.error == ErrorCode::product_not_served && hosts.may_have_more()) {
      return Expected<void>(fail(ErrorCode::product_not_served));
    }
    heard = std::move(*one);
    return Expected<void>();
  });
  if (!answered) return keep_failure(session, product, round, result);
  result.activated = heard->answer.activated;
  result.count = heard->answer.count;
  result.threshold = heard->answer.threshold;
  if (!result.activated) result.error = problem_of(heard->answer);
  // First the activation: with the nonce still kept, a crash in between only asks once more.
  if (result.activated) {
    auto ok = dir.save_activation(product.product, *heard->answer.activation);
    if (!ok) return ok;
  }
  keep(group, product, *heard, *result.host, session.here.now);
  result.retry_after = product.last->retry_after;
  return commit(session);
}

Expected<void> Client::Impl::keep_failure(Session& session, ProductState& product,
                                          const HostRound& round, ActivateResult& result) {
  result.error = client::problem_of(round.failure());
  LastAttempt last;
  last.time = session.here.now;
  last.error = result.error->code;
  if (round.wait()) last.retry_after = clamp_retry(*round.wait(), product.numbers);
  result.retry_after = last.retry_after;
  product.last = std::move(last);
  return commit(session);
}

}  // namespace muster::client
