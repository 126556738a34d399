// What a process has verified already, by the very bytes: an agent that renews for years, and every
// state that is shown, would otherwise prove the same documents again and again. Whether a document
// is genuine follows from its bytes and the product file's alone, so what was proved once stays
// proved; other bytes are proved anew. The day, the CMID, the nonce and the facts are judged by
// whoever asks, each time. Kept in memory only. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/documents.h"
#include "wire/mak.h"

namespace muster::client {

// A product file that verified, and what it has proved since.
class ProvedProduct {
 public:
  explicit ProvedProduct(wire::ProductFile file) : file_(std::move(file)) {}
  [[nodiscard]] const wire::ProductFile& file() const { return file_; }

  // As wire's functions of these names; the last one that was good is not verified again.
  [[nodiscard]] Expected<wire::VerifiedActivation> verify_activation(std::string_view text);
  [[nodiscard]] Expected<wire::VerifiedMakActivation> verify_mak_activation(std::string_view text);

 private:
  template <class Document>
  struct Good {
    std::string text;
    Document document;
  };
  wire::ProductFile file_;
  std::optional<wire::HostKey> host_key_;
  std::optional<Good<wire::VerifiedActivation>> activation_;
  std::optional<Good<wire::VerifiedMakActivation>> mak_activation_;
};

class Proved {
 public:
  // As wire::read_product_file; the same object for the same text, while it is one of the last
  // eight.
  [[nodiscard]] Expected<std::shared_ptr<ProvedProduct>> product(std::string_view text);

 private:
  struct Entry {
    std::string text;
    std::shared_ptr<ProvedProduct> product;
  };
  std::vector<Entry> entries_;  // the newest last
};

}  // namespace muster::client
