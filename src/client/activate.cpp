#include <fmt/format.h>

#include "client/client_impl.h"

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

// Of several hosts that failed, what one of them said tells more than that another is silent.
void keep_telling(std::optional<Error>& kept, Error error) {
  if (!kept || kept->code == ErrorCode::no_host) kept = std::move(error);
}

std::string joined(const std::vector<std::string>& tried) {
  std::string out;
  for (const auto& one : tried) out.append(out.empty() ? "" : "; ").append(one);
  return out.empty() ? "none is configured" : out;
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
    key = std::move(*typed);
  }
  std::vector<HostUrl> hosts;
  if (options.host) {
    auto url = parse_host_url(*options.host);
    if (!url) return std::unexpected(url.error());
    hosts.push_back(std::move(*url));
  }
  auto session = change(Make::no);
  if (!session) return std::unexpected(session.error());
  auto picked = pick(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  auto& chosen = **picked;
  if (hosts.empty()) hosts = hosts_to_ask(session->state, chosen);

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
Expected<void> Client::Impl::exchange(Session& session, ProductState& product,
                                      const std::vector<HostUrl>& hosts, ActivateResult& result) {
  auto& group = session.state.group_of(product);
  const auto standing = stand(proved, dir, group, product, session.here.now);
  if (!standing) return std::unexpected(standing.error());
  if (!group.nonce) group.nonce = random.bytes<16>();
  if (auto ok = commit(session); !ok) return ok;

  const Asker asker{os.host_name(), os.is_virtual(), standing->licence.state,
                    standing->licence.left, session.here.now};
  const auto request = make_request(product, group, asker);
  const auto body = wire::encode_request(request);
  std::optional<Error> failure;
  std::optional<seconds> told_to_wait;
  for (const auto& host : hosts) {
    const auto answer = transport.post(host, kActivationsPath, body);
    auto heard = answer ? judge(*answer, request, *standing->proved, clock.now())
                        : Expected<Heard>(std::unexpected(answer.error()));
    if (!heard) {
      const auto& error = heard.error();
      result.tried.push_back(fmt::format("{}: {}", host.base(),
                                         error.detail.empty() ? error.sentence() : error.detail));
      if (answer && answer->retry_after) told_to_wait = answer->retry_after;
      keep_telling(failure, error);
      continue;
    }
    result.activated = heard->answer.activated;
    result.count = heard->answer.count;
    result.threshold = heard->answer.threshold;
    result.host = host.base();
    if (!result.activated) result.error = problem_of(heard->answer);
    // First the activation: with the nonce still kept, a crash in between only asks once more.
    if (result.activated) {
      auto ok = dir.save_activation(product.product, *heard->answer.activation);
      if (!ok) return ok;
    }
    keep(group, product, *heard, host.base(), session.here.now);
    result.retry_after = product.last->retry_after;
    return commit(session);
  }
  if (!failure || failure->code == ErrorCode::no_host) {
    failure = Error{ErrorCode::no_host, joined(result.tried)};
  }
  result.error = client::problem_of(*failure);
  LastAttempt last;
  last.time = session.here.now;
  last.error = result.error->code;
  if (told_to_wait) last.retry_after = clamp_retry(*told_to_wait, product.numbers, false);
  result.retry_after = last.retry_after;
  product.last = std::move(last);
  return commit(session);
}

}  // namespace muster::client
