#include "client/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/client_impl.h"

namespace muster::client {

std::string_view name_of(Pending pending) {
  switch (pending) {
    case Pending::none: return "";
    case Pending::rearm: return "rearm";
    case Pending::generalize: return "generalize";
    case Pending::generalize_keep_id: return "generalize_keep_id";
  }
  return "";
}

Problem problem_of(const Error& error) {
  const auto& row = entry(error.code);
  return Problem{std::string(row.name), error.code, std::string(row.title), error.detail,
                 std::string(row.hint), row.exit};
}

bool ProductStatus::usable() const {
  return state == LicenceState::licensed || state == LicenceState::initial_grace ||
         state == LicenceState::additional_grace;
}

Client::Client(ClientOptions options, Os& os, Clock& clock, Random& random, Transport& transport)
    : impl_(std::make_unique<Impl>(std::move(options), os, clock, random, transport)) {}
Client::~Client() = default;

void Client::cancel() {
  if (impl_->discovery.resolver != nullptr) impl_->discovery.resolver->cancel();
}

const std::filesystem::path& Client::directory() const { return impl_->dir.path(); }

std::vector<std::string> Client::warnings() const {
  std::vector<std::string> out;
  if (impl_->dir.roams()) {
    out.push_back(fmt::format(
        "the state directory {} lies in a home directory; a profile that roams takes the "
        "machine's identity to other machines",
        impl_->dir.path().string()));
  }
  return out;
}

Expected<InstallResult> Client::install(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  auto file = wire::read_product_file(text);
  if (!file) return std::unexpected(file.error());
  auto session = impl_->change(Impl::Make::yes);
  if (!session) return std::unexpected(session.error());
  auto installed = client::install(session->state, *file, text, session->here, impl_->random);
  session->take(installed.effects);
  if (auto ok = impl_->commit(*session); !ok) return std::unexpected(ok.error());
  auto status = impl_->status_of(*session, *session->state.installed(file->product));
  if (!status) return std::unexpected(status.error());
  return InstallResult{std::move(*status), installed.changed, installed.new_cmid};
}

Expected<ProductStatus> Client::uninstall(std::string_view product) {
  auto session = impl_->change(Impl::Make::no);
  if (!session) return std::unexpected(session.error());
  auto picked = impl_->pick(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  auto& chosen = **picked;
  session->take(client::uninstall(chosen));
  if (auto ok = impl_->commit(*session); !ok) return std::unexpected(ok.error());
  auto status = impl_->status_of(*session, chosen);
  if (!status) return std::unexpected(status.error());
  status->state = LicenceState::unlicensed;
  status->error.reset();
  status->minutes_left = 0;
  return status;
}

Expected<std::vector<ProductStatus>> Client::status(std::string_view product) {
  auto session = impl_->look();
  if (!session) return std::unexpected(session.error());
  std::vector<ProductStatus> out;
  for (auto& one : session->state.products) {
    if (!one.installed || (!product.empty() && one.product != product)) continue;
    auto status = impl_->status_of(*session, one);
    if (!status) return std::unexpected(status.error());
    out.push_back(std::move(*status));
  }
  if (out.empty() && !product.empty()) return fail(ErrorCode::not_installed, std::string(product));
  std::ranges::sort(out, {}, &ProductStatus::product);
  return out;
}

Expected<std::vector<ProductStatus>> Client::expiry(std::string_view product) {
  auto out = status(product);
  if (out && out->empty()) return impl_->nothing_installed();
  return out;
}

Expected<CheckResult> Client::check(std::string_view product) {
  auto products = expiry(product);
  if (!products) return std::unexpected(products.error());
  CheckResult out;
  out.products = std::move(*products);
  out.usable = std::ranges::all_of(out.products, &ProductStatus::usable);
  return out;
}

Expected<IdentityResult> Client::rearm(std::string_view product) {
  auto session = impl_->change(Impl::Make::no);
  if (!session) return std::unexpected(session.error());
  auto picked = impl_->pick(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  auto begun = begin(session->state, **picked, Pending::rearm, session->here);
  if (!begun) return std::unexpected(begun.error());
  if (auto ok = impl_->commit(*session); !ok) return std::unexpected(ok.error());
  IdentityResult out{begun->changed, begun->grace_restarts, {}};
  return impl_->with_products(*session, std::move(out), (*picked)->product);
}

Expected<IdentityResult> Client::generalize(bool keep_id, std::string_view product) {
  auto session = impl_->change(Impl::Make::no);
  if (!session) return std::unexpected(session.error());
  const auto kind = keep_id ? Pending::generalize_keep_id : Pending::generalize;
  IdentityResult out;
  auto picked = impl_->pick_all(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  for (const auto* one : *picked) {
    auto begun = begin(session->state, *one, kind, session->here);
    if (!begun) return std::unexpected(begun.error());
    out.changed = out.changed || begun->changed;
    out.grace_restarts = out.grace_restarts || begun->grace_restarts;
  }
  if (auto ok = impl_->commit(*session); !ok) return std::unexpected(ok.error());
  return impl_->with_products(*session, std::move(out), product);
}

Expected<IdentityResult> Client::personalize(std::string_view product) {
  auto session = impl_->change(Impl::Make::no);
  if (!session) return std::unexpected(session.error());
  IdentityResult out;
  out.changed = session->completed;
  auto picked = impl_->pick_all(session->state, product);
  if (!picked) return std::unexpected(picked.error());
  for (const auto* one : *picked) {
    auto& group = session->state.group_of(*one);
    const auto effects = complete(session->state, group, impl_->random);
    out.changed = out.changed || effects.changed;
    session->take(effects);
  }
  if (auto ok = impl_->commit(*session); !ok) return std::unexpected(ok.error());
  return impl_->with_products(*session, std::move(out), product);
}

Expected<std::string> Client::set_host(std::string_view url, std::string_view product) {
  auto parsed = parse_host_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  auto base = parsed->base();
  if (auto ok = impl_->put_host(base, product); !ok) return std::unexpected(ok.error());
  return base;
}

Expected<void> Client::clear_host(std::string_view product) {
  return impl_->put_host(std::nullopt, product);
}

}  // namespace muster::client
