// Activation by a multiple activation key, over the network.
#include <fmt/format.h>

#include "client/client_impl.h"
#include "client/host_round.h"
#include "client/mak_exchange.h"

namespace muster::client {
namespace {

// A refusal by a rule, in the host's words: the hint may be the vendor's own.
Problem problem_of(const wire::MakAnswer& answer) {
  Problem out;
  if (answer.error) out = client::problem_of(Error{*answer.error, {}});
  out.code = answer.error_name;
  out.title = answer.error_title;
  out.hint = answer.error_hint;
  if (answer.limit && answer.used) {
    out.detail = fmt::format("{} of {} places are used", *answer.used, *answer.limit);
  }
  return out;
}

}  // namespace

// The same machine gets the same place again, so a lost answer is asked for anew, with any nonce.
Expected<void> Client::Impl::exchange_by_mak(Session& session, ProductState& product,
                                             HostSearch& hosts,
                                             const std::optional<wire::MakKey>& typed,
                                             ActivateResult& result) {
  const auto& group = session.state.group_of(product);
  const auto standing = stand(proved, dir, group, product, session.here.now);
  if (!standing) return std::unexpected(standing.error());
  if (!typed && !product.mak->secret) {
    return fail(ErrorCode::state_corrupt, "the key's secret is not in the state");
  }
  MakAsker asker{typed ? typed->secret(product.vendor_id) : *product.mak->secret,
                 random.bytes<16>(), os.host_name(), std::nullopt, session.here.now};
  if (standing->by_mak) {
    auto text = dir.activation(product.product);
    if (!text) return std::unexpected(text.error());
    asker.holding = std::move(*text);
  }
  auto request = make_mak_request(product, group, asker);
  if (!request) return std::unexpected(request.error());

  HostRound round(transport, clock, hosts, result);
  std::optional<HeardMak> heard;
  const auto ask = [&] {
    heard.reset();
    const auto body = wire::encode_mak_request(*request);
    return round.ask(kMakActivationsPath, body, [&](const HttpAnswer& answer) {
      auto one = judge_mak(answer, *request, standing->proved->file());
      if (!one) return Expected<void>(std::unexpected(one.error()));
      // The ledger that sells the key's places may be another host's.
      if (one->answer.error == ErrorCode::mak_unknown && hosts.may_have_more()) {
        return Expected<void>(fail(ErrorCode::mak_unknown));
      }
      heard = std::move(*one);
      return Expected<void>();
    });
  };
  request->look = !typed;
  bool answered = ask();
  // It holds its place: the activation is made anew, by which a ledger that was restored learns of
  // it.
  if (!typed && answered && heard->answer.activated) {
    request->look = false;
    answered = ask();
  }
  if (!answered) return keep_failure(session, product, round, result);
  return keep_heard(session, product, *request, *heard, result);
}

Expected<void> Client::Impl::keep_heard(Session& session, ProductState& product,
                                        const wire::MakRequest& request, const HeardMak& heard,
                                        ActivateResult& result) {
  result.activated = heard.answer.activated;
  result.place = heard.answer.place;
  result.limit = heard.answer.limit;
  result.used = heard.answer.used;
  seconds wait = product.numbers.retry_interval;
  LastAttempt last;
  if (heard.activation) {
    auto ok = dir.save_activation(product.product, *heard.answer.activation);
    if (!ok) return ok;
    keep_mak(session.state.group_of(product), product, *heard.activation, request.secret);
    wait = product.numbers.renewal_interval;
  } else {
    result.error = problem_of(heard.answer);
    last.error = result.error->code;
    // A word that nobody has signed: it is shown, and takes nothing away.
    if (request.look && heard.answer.error == ErrorCode::no_place) {
      product.mak->no_place = true;
      wait = product.numbers.renewal_interval;
    }
  }
  // A host says nothing of when to come again, so the spread is made here.
  wait += seconds(random.below(static_cast<std::uint64_t>(wait.count() / 10 + 1)));
  last.time = session.here.now;
  last.activated = result.activated;
  last.host = *result.host;
  last.retry_after = wait;
  result.retry_after = wait;
  if (last.host.empty()) {
    result.host.reset();
  } else {
    product.answered = result.host;
  }
  product.last = std::move(last);
  return commit(session);
}

}  // namespace muster::client
