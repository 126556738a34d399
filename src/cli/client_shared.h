// What the commands of a machine share: the client they work with, and how a product's status is
// said.
#pragma once

#include <functional>
#include <memory>

#include "cli/invocation.h"
#include "cli/output.h"
#include "cli/shell.h"
#include "client/client.h"
#include "client/os.h"
#include "client/transport.h"
#include "dns/resolver.h"

namespace muster::cli {

// --fact: stands for the machine's own facts.
[[nodiscard]] Option fact_option();
// --ca-file: who may sign a host's certificate.
[[nodiscard]] Option ca_option();

// --domain and --require-tls, how hosts are looked for, before a command's own.
[[nodiscard]] std::vector<Option> with_discovery_options(std::vector<Option> own);

// --key and --key-file, a multiple activation key as a person has it, before a command's own.
[[nodiscard]] std::vector<Option> with_key_options(std::vector<Option> own);
// The key that they name; none: neither is there. usage where both are.
[[nodiscard]] Expected<std::optional<std::string>> typed_key(const Invocation& asked, Shell& shell);

// A client on the state directory of --state, with the world around it.
class ClientSession {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<ClientSession>> open(const Invocation& asked,
                                                                     Shell& shell);
  [[nodiscard]] client::Client& client() { return *client_; }
  [[nodiscard]] client::Transport& transport() { return *transport_; }
  // How hosts are looked for that nobody has named.
  [[nodiscard]] const client::Discovery& discovery() const { return discovery_; }
  // The product of --product, or none.
  [[nodiscard]] const std::string& product() const { return product_; }
  // Says what is worth a warning of this directory.
  void warn(Shell& shell);

 private:
  std::unique_ptr<client::Os> os_;
  std::unique_ptr<client::Transport> transport_;
  std::unique_ptr<dns::Resolver> resolver_;
  client::Discovery discovery_;
  std::unique_ptr<client::Client> client_;
  std::string product_;
};

// The members of a status, and what they mean.
[[nodiscard]] std::vector<Field> status_fields();
// The same after fields of a command's own.
[[nodiscard]] std::vector<Field> status_fields(std::vector<Field> own);
void add_status(JsonObject& out, const client::ProductStatus& status);
// "minutes_left": null where the activation has no end.
void add_minutes_left(JsonObject& out, const client::ProductStatus& status);

// "acme-cad: licensed until 2026-07-04T08:00:00Z (180 days)."
[[nodiscard]] std::string sentence_of(const client::ProductStatus& status);
// What a refusal leaves: "the machine stays licensed until ..." or empty.
[[nodiscard]] std::string what_is_left(const client::ProductStatus& status);

// Prints each product: with --json an object a line, otherwise what `words` says.
void print_products(Shell& shell, const Invocation& asked,
                    const std::vector<client::ProductStatus>& products,
                    const std::function<void(JsonObject&)>& own,
                    const std::function<std::string(const client::ProductStatus&)>& words);

}  // namespace muster::cli
