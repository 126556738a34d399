// The machine's side: install a product, activate it, say how it stands, and take a new identity.
// One Client is one state directory (docs/client.md). Commands, the agent (agent.h) and later the
// library are callers of it.
//
// Errors: a call fails (Expected) where nothing could be tried: usage, not_installed,
// state_corrupt, state_newer, state_unreadable, document errors of a file that was given. An
// attempt to activate that was made and did not succeed is a value, not a failure:
// ActivateResult::error. Threads: one object per thread; several processes and objects on one
// directory are fine (one lock inside).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/policy.h"
#include "base/random.h"
#include "base/time.h"
#include "client/host_search.h"

namespace muster::client {

class Os;         // os.h: make_linux_os()
class Transport;  // transport.h: make_http_transport()

// What is pending until the machine starts anew.
enum class Pending : std::uint8_t { none, rearm, generalize, generalize_keep_id };
// "rearm", "generalize", "generalize_keep_id"; "" for none.
[[nodiscard]] std::string_view name_of(Pending pending);

// Why something did not succeed, ready to be shown. `code` may be one that this version does not
// know (a newer host's), then `known` is empty, title and hint are the host's, and the exit is
// `refused`.
struct Problem {
  std::string code;  // "count_insufficient"
  std::optional<ErrorCode> known;
  std::string title, detail, hint;
  Exit exit = Exit::refused;
};
[[nodiscard]] Problem problem_of(const Error& error);

// The last attempt to activate, whoever made it.
struct LastAttempt {
  Instant time{};
  std::string host;  // base URL, empty where none was reached
  bool activated = false;
  std::string error;  // a code, empty where activated
  std::optional<std::uint32_t> count, threshold;
  std::optional<seconds> retry_after;  // as clamped; none where no host answered
  friend bool operator==(const LastAttempt&, const LastAttempt&) = default;
};

// The place of a multiple activation key that an activation was made for.
struct HeldPlace {
  std::string end;  // the key's last five characters
  std::uint32_t number = 0, limit = 0;
  Instant sold{};
  bool released = false;  // a host has said since that this machine holds it no more
};

// One installed product. `--json` prints these under the same names, with the exceptions noted.
struct ProductStatus {
  std::string product, name, group;
  std::string vendor, vendor_id;
  std::optional<Cmid> cmid;
  LicenceState state = LicenceState::unlicensed;  // `license_state`: its name_of
  std::optional<Error> error;          // clock_set_back, wrong_machine, not_licensed, state_corrupt
  std::optional<Instant> valid_until;  // end of the activation; none where there is none
  bool permanent = false;              // licensed by an activation without an end
  std::optional<Instant>
      grace_until;                // end of the grace that runs (or would run next, in `licensed`)
  std::int64_t minutes_left = 0;  // of the state: of validity or of grace; 0 in notification, and
                                  // where permanent (`--json` prints null there)
  std::optional<Instant> activated_at;  // the activation's signed time
  std::uint32_t rearms_left = 0, rearm_limit = 0;
  Pending pending = Pending::none;
  std::optional<std::string> configured_host;  // by set-host, base URL
  std::optional<std::string> host;             // the host that last answered, base URL
  std::optional<LastAttempt> last_attempt;
  std::optional<Instant> next_attempt;           // when the agent will ask, where it runs
  minutes retry_interval{}, renewal_interval{};  // of the newest signed document
  std::string entitlements = "{}";               // JSON of the activation
  std::optional<HeldPlace> place;                // of an activation by a multiple activation key
  bool partial =
      false;  // read without the right to read `identity`: as of the last time that root looked

  // What `check` says: licensed or in a grace.
  [[nodiscard]] bool usable() const;
};

struct InstallResult {
  ProductStatus status;
  bool changed = false;   // false: this very product file was installed already
  bool new_cmid = false;  // a first product of its group, or another vendor's
};

struct ActivateOptions {
  std::optional<std::string> host{};  // asks this host and no other, this time only
  // A multiple activation key as a person types it: asks for a place of its limit. Without it a
  // product that was activated by a key asks how it stands, and has its activation made anew where
  // it still holds its place; it never takes a new one.
  std::optional<std::string> key{};
};

struct ActivateResult {
  bool activated = false;
  std::optional<std::uint32_t> count, threshold;    // as told by the host
  std::optional<std::uint32_t> place, limit, used;  // by a multiple activation key, as told
  std::optional<Problem> error;                     // set exactly where not activated
  std::optional<std::string> host;                  // base URL of the host that answered
  std::optional<seconds> retry_after;               // clamped; none where no host answered
  std::vector<std::string> tried;  // "http://a:8688: connection refused": hosts that failed, and
                                   // names that no name server answered for
  ProductStatus status;            // afterwards: license_state, valid_until, cmid, product
};

// rearm, generalize, personalize, one entry a product that was touched.
struct IdentityResult {
  bool changed = false;  // false: already pending (rearm, generalize), or nothing was pending
  bool grace_restarts = false;  // a rearm was left
  std::vector<ProductStatus> products;
};

struct CheckResult {
  bool usable = false;  // every product asked about is licensed or in a grace
  std::vector<ProductStatus> products;
};

struct ClientOptions {
  std::filesystem::path directory;  // empty: Os::default_directory()
  std::optional<std::string>
      set_fact;           // --fact or MUSTER_FACTS: stands for the machine's own facts
  Discovery discovery{};  // how hosts are looked for that nobody has named; by default not at all
};

class Client {
 public:
  // All references must outlive the client. Opens nothing yet; a directory is made by `install`
  // only.
  Client(ClientOptions options, Os& os, Clock& clock, Random& random, Transport& transport);
  ~Client();

  // Where `product` is empty: the only installed product; usage where there are several, except as
  // said.

  // `text` is a product file's content. Installed again: nothing changes; a newer file of the same
  // vendor replaces the numbers; another vendor's replaces the product and takes a new CMID. Never
  // restarts a grace.
  [[nodiscard]] Expected<InstallResult> install(std::string_view text);
  // Forgets the activation and stops asking; the CMID and the start of the grace stay known.
  [[nodiscard]] Expected<ProductStatus> uninstall(std::string_view product = {});

  // One attempt: every host in the order of discovery until one answers with what verifies.
  // mak_mistyped where the key cannot be one; nothing is sent then.
  [[nodiscard]] Expected<ActivateResult> activate(std::string_view product = {},
                                                  const ActivateOptions& options = {});

  // For a machine without a network: the text of a request file (wire/mak_file.h) by a multiple
  // activation key, good for one answer; the one before is forgotten. mak_mistyped,
  // restart_pending, not_activated where the machine knows no fact of itself.
  [[nodiscard]] Expected<std::string> request_by_mak(std::string_view key,
                                                     std::string_view product = {});
  // Takes the answer file to it. A refusal in it is a value, as of activate(); wrong_nonce where it
  // answers no request that waits, and what activate() says of a host's answer.
  [[nodiscard]] Expected<ActivateResult> apply_mak_answer(std::string_view text);

  // Empty product: all. `status` of nothing installed is an empty list, `check` of nothing is
  // not_installed. Neither needs the right to write, nor to read `identity` (then `partial`).
  [[nodiscard]] Expected<std::vector<ProductStatus>> status(std::string_view product = {});
  [[nodiscard]] Expected<CheckResult> check(std::string_view product = {});
  // What `expiry` prints: valid_until, grace_until, minutes_left of the status.
  [[nodiscard]] Expected<std::vector<ProductStatus>> expiry(std::string_view product = {});

  // A new CMID and a new grace at the machine's next start; no_rearm_left where the limit is used
  // up.
  [[nodiscard]] Expected<IdentityResult> rearm(std::string_view product = {});
  // A new CMID at the next start, for an image; the grace restarts where a rearm is left. Empty
  // product: all.
  [[nodiscard]] Expected<IdentityResult> generalize(bool keep_id, std::string_view product = {});
  // Completes what is pending, now; nothing pending is not an error. Empty product: all.
  [[nodiscard]] Expected<IdentityResult> personalize(std::string_view product = {});

  // The host to ask first, as "http://host:8688", "https://host" or "host[:port]"; usage for
  // anything else. Empty product: for every product that has no host of its own. Returns the base
  // URL.
  [[nodiscard]] Expected<std::string> set_host(std::string_view url, std::string_view product = {});
  // Nothing to forget is not an error.
  [[nodiscard]] Expected<void> clear_host(std::string_view product = {});

  // Ends an activate() that asks DNS, and every later one does not. Thread-safe; what waits for a
  // host is ended by its Transport.
  void cancel();

  [[nodiscard]] const std::filesystem::path& directory() const;
  // For people, none of them fatal: the directory lies in a home directory (profiles roam) ...
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::client
