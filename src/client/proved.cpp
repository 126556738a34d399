#include "client/proved.h"

#include <algorithm>

namespace muster::client {
namespace {

constexpr std::size_t kProductsMost = 8;

}  // namespace

Expected<wire::VerifiedActivation> ProvedProduct::verify_activation(std::string_view text) {
  if (activation_ && activation_->text == text) return activation_->document;
  auto out = wire::verify_activation(text, file_, host_key_);
  if (out) activation_ = {std::string(text), *out};
  return out;
}

Expected<wire::VerifiedMakActivation> ProvedProduct::verify_mak_activation(std::string_view text) {
  if (mak_activation_ && mak_activation_->text == text) return mak_activation_->document;
  auto out = wire::verify_mak_activation(text, file_);
  if (out) mak_activation_ = {std::string(text), *out};
  return out;
}

Expected<std::shared_ptr<ProvedProduct>> Proved::product(std::string_view text) {
  const auto at = std::ranges::find(entries_, text, &Entry::text);
  if (at != entries_.end()) return at->product;
  auto file = wire::read_product_file(text);
  if (!file) return std::unexpected(file.error());
  if (entries_.size() == kProductsMost) entries_.erase(entries_.begin());
  entries_.push_back({std::string(text), std::make_shared<ProvedProduct>(std::move(*file))});
  return entries_.back().product;
}

}  // namespace muster::client
