// The one error table. Every code stands here once, with all its faces: HTTP status, exit code, the
// value it will have in C, the KMS code an administrator may know, a sentence and a hint.
// No face of an error is written by hand anywhere else.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster {

// What a process exits with. 0 is success.
enum class Exit : std::uint8_t {
  done = 0,
  usage = 2,
  no_host = 3,   // no host could be reached
  refused = 4,   // a rule said no
  document = 5,  // a document does not verify
  state = 6,     // the client's own state forbids it
  too_soon = 7,  // what was to be watched comes sooner than allowed
  internal = 70,
};

// X(name, c value, http status, exit, kms code or "", title, hint)
// C values are for ever: never renumber, never reuse.
// clang-format off
#define MUSTER_ERRORS(X)                                                                          \
  /* rules: the request was understood, counted or not, and refused */                            \
  X(count_insufficient, 101, 200, refused, "0xC004F038",                                          \
    "the host has not yet seen enough machines",                                                  \
    "more machines must ask; the agent asks again by itself, or see 'muster host status'")        \
  X(clock_skew, 102, 200, refused, "0xC004F06C",                                                  \
    "the machine's clock and the host's differ too much",                                         \
    "set the machine's clock (NTP), then ask again")                                              \
  X(product_not_served, 103, 200, refused, "0xC004F042",                                          \
    "this host holds no key for the product",                                                     \
    "ask the host's administrator to install a host key for the product")                         \
  X(over_licensed, 104, 200, refused, "",                                                         \
    "as many machines as the customer has paid for are active",                                   \
    "retire machines or ask the vendor for more licences")                                        \
  X(limit_reached, 105, 200, refused, "0xC004C020",                                               \
    "as many machines as the key allows hold a place",                                            \
    "release machines that are gone, or ask the vendor for a larger limit")                       \
  X(mak_unknown, 106, 200, refused, "0xC004C003",                                                 \
    "this host keeps no such multiple activation key, or it is blocked",                          \
    "compare it with what the vendor sent, and see that it is for this host")                     \
  X(mak_expired, 107, 200, refused, "",                                                           \
    "the multiple activation key has expired",                                                    \
    "machines that hold a place keep it; for others ask the vendor for a new key")                \
  X(ledger_behind, 108, 200, refused, "",                                                         \
    "the host's ledger is older than what it has sold, and sells no new place",                   \
    "the host was restored; its administrator has to reconcile the ledger first")                 \
  X(no_place, 109, 200, refused, "",                                                              \
    "the machine holds no place of the key",                                                      \
    "it was released, or never activated by this key; activate it again")                         \
  /* requests that were not understood or not allowed */                                          \
  X(malformed_request, 201, 400, usage, "", "the request is not valid",                           \
    "see docs/protocol.md for the request's members")                                             \
  X(repeated_member, 202, 400, usage, "", "a member stands twice in one JSON object",             \
    "send each member once")                                                                      \
  X(unauthorized, 203, 401, refused, "", "a valid token is needed",                               \
    "pass --token-file, or use the host's Unix socket")                                           \
  X(forbidden, 204, 403, refused, "", "the token's role does not allow this",                     \
    "use a token with a higher role")                                                             \
  X(origin_refused, 205, 403, refused, "", "requests from web pages are not accepted here",       \
    "call without an Origin header; a page that is logged in, from this host's own address")      \
  X(not_found, 206, 404, usage, "", "there is nothing at this address", "see /openapi.json")      \
  X(method_not_allowed, 207, 405, usage, "", "this address does not answer that method",          \
    "see /openapi.json")                                                                          \
  X(request_timeout, 208, 408, no_host, "", "the request did not arrive in time",                 \
    "send it again")                                                                              \
  X(body_too_large, 209, 413, usage, "", "the request's body is too large",                       \
    "the limit is 16 KiB")                                                                        \
  X(unsupported_media_type, 210, 415, usage, "", "the body's type is not application/json",       \
    "send Content-Type: application/json")                                                        \
  X(wrong_host, 211, 421, usage, "", "the Host header names another server",                      \
    "add the name to allowed_hosts in the host's configuration")                                  \
  X(too_many_requests, 212, 429, no_host, "", "too many requests",                                \
    "wait for Retry-After, then ask again")                                                       \
  X(header_too_large, 213, 431, usage, "", "the request's header is too large",                   \
    "the limit is 8 KiB")                                                                         \
  X(internal, 214, 500, internal, "", "something went wrong inside muster",                       \
    "see the host's log; please report it")                                                       \
  X(host_full, 215, 503, no_host, "", "the host has as much work as it can hold",                 \
    "ask again after Retry-After")                                                                \
  X(store_unavailable, 216, 503, no_host, "", "the host cannot store, so it does not answer",     \
    "see the host's log: a full disk or a lost database")                                         \
  X(disk_low, 217, 503, no_host, "", "the host's disk is nearly full; known machines go first",   \
    "free space on the host's disk")                                                              \
  X(clock_suspect, 218, 503, no_host, "",                                                         \
    "the host's clock jumped and waits for its administrator",                                    \
    "check the host's clock, then run 'muster host confirm-clock'")                               \
  X(stopping, 219, 503, no_host, "", "the host is stopping", "ask again after Retry-After")       \
  X(conflict, 220, 409, refused, "", "the change does not fit what is there", "see the detail")   \
  X(release_not_allowed, 221, 409, refused, "", "the key's vendor does not allow a release",      \
    "the key decides it; ask the vendor for another")                                             \
  /* documents */                                                                                 \
  X(document_malformed, 301, 400, document, "", "the document is not well formed",                \
    "fetch it again; it may be cut or changed")                                                   \
  X(wrong_algorithm, 302, 400, document, "", "the document is not signed with ES256",             \
    "only ES256 is accepted")                                                                     \
  X(wrong_type, 303, 400, document, "", "the document is of another type than expected",          \
    "pass the right file")                                                                        \
  X(missing_claim, 304, 400, document, "",                                                        \
    "the document lacks a claim or has one that is not valid",                                    \
    "fetch it again from who signed it")                                                          \
  X(bad_signature, 305, 400, document, "", "the signature does not fit",                          \
    "the document was changed or made by someone else")                                           \
  X(unknown_vendor, 306, 400, document, "",                                                       \
    "the document is not signed by this product's vendor",                                        \
    "use the product file that the vendor ships")                                                 \
  X(host_key_expired, 307, 400, document, "", "the host key was not valid at that time",          \
    "ask the vendor for a new host key")                                                          \
  X(wrong_product, 308, 400, document, "", "the document is for another product",                 \
    "pass the document of this product")                                                          \
  X(wrong_nonce, 309, 400, document, "", "the answer belongs to another request", "ask again")    \
  X(wrong_cmid, 310, 400, document, "", "the document is for another client machine id",          \
    "activate this machine")                                                                      \
  X(not_yet_valid, 311, 400, document, "", "the document is not valid yet", "check the clock")    \
  X(activation_expired, 312, 400, document, "", "the activation has ended",                       \
    "run 'muster activate'")                                                                      \
  X(policy_invalid, 313, 400, document, "", "a number of the policy is outside its bounds",       \
    "see docs/protocol.md for the bounds")                                                        \
  X(policy_conflict, 314, 409, document, "",                                                      \
    "products of one group differ in retention or count_by",                                      \
    "ask the vendor to sign host keys that agree")                                                \
  X(wrong_host_key, 315, 400, document, "", "the host key was made for another host",             \
    "ask the vendor to sign this host's request")                                                 \
  X(log_broken, 316, 400, document, "", "the event log does not verify",                          \
    "compare it with an earlier export")                                                          \
  X(wrong_policy, 317, 400, document, "", "the activation goes beyond its host key's policy",     \
    "ask again; a host that signs more than its vendor allowed is not to be trusted")             \
  X(key_not_document, 318, 400, document, "",                                                     \
    "the file holds a key or certificate in PEM, not a signed document",                          \
    "name the document; what a vendor signs for a host is 'host.keys', never 'host.key'")         \
  X(wrong_ledger, 319, 409, document, "", "the key was made for another host's ledger",           \
    "ask the vendor for a key that names this host's ledger id")                                  \
  /* the client's own state */                                                                    \
  X(no_rearm_left, 401, 409, state, "0xC004D307", "no rearm is left on this machine",             \
    "'muster generalize' still gives a new CMID, without a new grace")                            \
  X(clock_set_back, 402, 409, state, "", "the clock is earlier than a time the host has signed",  \
    "set the clock; the licence heals by itself")                                                 \
  X(wrong_machine, 403, 409, state, "0xC004F00F", "the activation was made for another machine",  \
    "run 'muster activate' on this machine")                                                      \
  X(restart_pending, 404, 409, state, "",                                                         \
    "a rearm or generalize takes effect when the machine restarts",                               \
    "restart the machine, or run 'muster personalize' in a clone script")                         \
  X(not_installed, 405, 409, state, "0xC004F014", "the product is not installed on this machine", \
    "run 'muster install FILE.product'")                                                          \
  X(state_corrupt, 406, 409, state, "", "the client's state is damaged",                          \
    "'muster activate' replaces a damaged activation; for the rest restore the state directory, " \
    "or remove it and install again")                                                             \
  X(state_newer, 407, 409, state, "", "the client's state was written by a newer version",        \
    "use that version, or a newer one")                                                           \
  X(state_unreadable, 408, 409, state, "", "the client's state cannot be read or written",        \
    "run as root, or pass --state with a directory of your own")                                  \
  X(not_licensed, 409, 409, state, "0xC004F009",                                                  \
    "the grace has ended and the product is not activated", "run 'muster activate'")              \
  X(not_activated, 410, 409, state, "", "the product is not activated on this machine",           \
    "run 'muster activate'")                                                                      \
  /* getting at a host */                                                                         \
  X(no_host, 501, 503, no_host, "0xC004F074", "no host could be reached",                         \
    "name one with 'muster set-host URL' or --host, and see that it runs")                        \
  X(bad_answer, 502, 502, no_host, "", "the host's answer is not valid",                          \
    "see that the address is a Muster host of this version")                                      \
  /* commands and files */                                                                        \
  X(usage, 601, 400, usage, "", "the command line is not valid", "see --help")                    \
  X(file_unreadable, 602, 400, usage, "", "the file cannot be read",                              \
    "check its name and permissions")                                                             \
  X(file_unwritable, 603, 400, internal, "", "the file cannot be written",                        \
    "check the directory, its permissions and the free space")                                    \
  X(file_exists, 604, 409, usage, "", "the file or directory is there already",                   \
    "name another, or remove it first")                                                           \
  X(host_is_running, 605, 409, refused, "", "a host runs on this directory",                      \
    "use the same verb against the running host")                                                 \
  X(not_a_host_directory, 606, 400, usage, "", "this is not a host's directory",                  \
    "make one with 'muster host init --dir DIR'")                                                 \
  X(not_a_vendor_directory, 607, 400, usage, "", "this is not a vendor's directory",              \
    "make one with 'muster vendor init --name NAME --dir DIR'")                                   \
  X(wrong_passphrase, 608, 400, refused, "", "the passphrase does not open the key",              \
    "pass --passphrase-file or MUSTER_PASSPHRASE_FILE")                                           \
  X(unknown_product, 609, 400, usage, "", "the vendor has no such product",                       \
    "add it with 'muster vendor add-product'")                                                    \
  X(config_invalid, 610, 400, usage, "", "the configuration is not valid",                        \
    "see docs/host.md for the settings")                                                          \
  X(listen_failed, 611, 500, internal, "", "the address cannot be listened on",                   \
    "another program may hold it; pass --listen with another one")                                \
  X(schema_newer, 612, 409, state, "", "the database was written by a newer version",             \
    "use that version, or a newer one")                                                           \
  X(store_corrupt, 613, 500, internal, "", "the database is damaged",                             \
    "restore it from a backup")                                                                   \
  X(mak_mistyped, 614, 400, usage, "", "the key is not typed as it was given out",                \
    "compare it with what the vendor sent; 0, 1, I, L and O are in no key")                       \
  X(not_a_log, 615, 400, usage, "", "the file is no event log of a known format",                 \
    "export it again; docs/logs.md lists the formats")                                            \
  X(nothing_counted, 616, 400, usage, "", "no request in the logs was counted",                   \
    "take logs of a time in which machines asked; 'muster logs report' says what is in them")
// clang-format on

enum class ErrorCode : std::uint16_t {
#define MUSTER_ENUM(name, value, http, exit, kms, title, hint) name = value,
  MUSTER_ERRORS(MUSTER_ENUM)
#undef MUSTER_ENUM
};

struct ErrorEntry {
  ErrorCode code;
  std::string_view name;  // the code on the wire and in --json: "count_insufficient"
  int http;
  Exit exit;
  std::string_view kms;  // KMS equivalent, "0xC004F038", or empty
  std::string_view title;
  std::string_view hint;
};

// The whole table, in the order above.
[[nodiscard]] std::span<const ErrorEntry> error_table();
// The entry of a code. Never fails: every code is in the table.
[[nodiscard]] const ErrorEntry& entry(ErrorCode code);
// The code of a name, or nothing.
[[nodiscard]] std::optional<ErrorCode> error_code(std::string_view name);

// A failure as a value: which code, and what exactly happened to what
// ("desk.jws: 3 parts expected, 2 found").
// `detail` may be empty; it never holds a secret.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string detail{};

  // "title: detail", or the title alone.
  [[nodiscard]] std::string sentence() const;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Expected = std::expected<T, Error>;

// fail(ErrorCode::x, "detail") in a function that returns Expected.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string detail = {}) {
  return std::unexpected(Error{code, std::move(detail)});
}

}  // namespace muster
