// Activation by a multiple activation key, by files.
#include "client/client_impl.h"
#include "client/mak_exchange.h"
#include "wire/mak_file.h"

namespace muster::client {

Expected<std::string> Client::request_by_mak(std::string_view key, std::string_view product) {
  const auto typed = wire::MakKey::parse(key);
  if (!typed) return std::unexpected(typed.error());
  auto session = impl_->change(Impl::Make::no);
  if (!session) return std::unexpected(session.error());
  auto picked = impl_->pick(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  auto& chosen = **picked;
  const auto& group = session->state.group_of(chosen);
  if (group.pending.kind != Pending::none) {
    return fail(ErrorCode::restart_pending, std::string(name_of(group.pending.kind)));
  }
  const MakAsker asker{typed->secret(chosen.vendor_id), impl_->random.bytes<16>(),
                       impl_->os.host_name(), std::nullopt, session->here.now};
  const auto request = make_mak_request(chosen, group, asker);
  if (!request) return std::unexpected(request.error());
  chosen.mak_asked = MakAsked{asker.secret, asker.nonce};
  if (auto ok = impl_->commit(*session); !ok) return std::unexpected(ok.error());
  return wire::encode_mak_request_file(*request, typed->end());
}

Expected<ActivateResult> Client::apply_mak_answer(std::string_view text) {
  const auto file = wire::read_mak_answer_file(text);
  if (!file) return std::unexpected(file.error());
  auto session = impl_->change(Impl::Make::no);
  if (!session) return std::unexpected(session.error());
  auto picked = impl_->pick(session->state, file->product);
  if (!picked) return std::unexpected(picked.error());
  auto& chosen = **picked;
  if (!chosen.mak_asked || chosen.mak_asked->nonce != file->nonce) {
    return fail(ErrorCode::wrong_nonce, chosen.mak_asked
                                            ? "it answers an earlier request"
                                            : "no request of this machine waits for an answer");
  }
  ActivateResult out;
  if (auto ok = impl_->apply(*session, chosen, file->answer, out); !ok) {
    return std::unexpected(ok.error());
  }
  auto status = impl_->status_of(*session, chosen);
  if (!status) return std::unexpected(status.error());
  out.status = std::move(*status);
  return out;
}

Expected<void> Client::Impl::apply(Session& session, ProductState& product,
                                   const wire::MakAnswer& answer, ActivateResult& result) {
  auto& group = session.state.group_of(product);
  const auto standing = stand(proved, dir, group, product, session.here.now);
  if (!standing) return std::unexpected(standing.error());
  const auto asked = *product.mak_asked;
  const MakAsker asker{asked.secret, asked.nonce, {}, std::nullopt, session.here.now};
  const auto request = make_mak_request(product, group, asker);
  if (!request) return std::unexpected(request.error());
  HeardMak heard{answer, std::nullopt};
  if (answer.activated) {
    auto held = judge_mak_activation(*answer.activation, *request, standing->proved->file());
    if (!held) return std::unexpected(held.error());
    heard.activation = std::move(*held);
    product.mak_asked.reset();
  }
  result.host = "";  // none was asked
  return keep_heard(session, product, *request, heard, result);
}

}  // namespace muster::client
