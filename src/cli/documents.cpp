#include "cli/documents.h"

#include "cli/files.h"

namespace muster::cli {

Expected<wire::ProductFile> read_product(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  auto product = wire::read_product_file(*text);
  if (!product) return in_file(file, product.error());
  return product;
}

Expected<std::vector<wire::HostKey>> read_host_keys(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  auto keys = wire::read_host_key_file(*text);
  if (!keys) return in_file(file, keys.error());
  if (keys->empty())
    return in_file(file, Error{ErrorCode::document_malformed, "no host key in it"});
  return keys;
}

}  // namespace muster::cli
