// What administrators do: install host keys, confirm the clock, forget names, make and revoke
// tokens, begin backups. Each act is an event.
#include <fmt/format.h>

#include <array>

#include "service/admin_json.h"
#include "service/forget_name.h"
#include "service/tokens.h"

namespace muster::service {
namespace {

void write_token(json::Writer& writer, const Token& token) {
  writer.plain("id", token.id)
      .text("name", token.name)
      .plain("role", name_of(token.role))
      .time("created", token.created);
  if (token.expires) {
    writer.time("expires", *token.expires);
  } else {
    writer.null("expires");
  }
  if (token.last_used) {
    writer.time("last_used", *token.last_used);
  } else {
    writer.null("last_used");
  }
}

}  // namespace

Reply post_host_keys(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto* list = claims.member("host_keys", json::Kind::array);
  if (!claims.ok()) return reply_of(claims.failure().error());
  std::string file;
  for (const auto* item = tree.first(*list); item != nullptr; item = tree.next(*item)) {
    const bool one_line = item->text.find('\n') == std::string_view::npos;
    if (item->kind != json::Kind::string || item->text.empty() || !one_line) {
      return reply_of({ErrorCode::malformed_request, "host_keys: documents expected, one a text"});
    }
    file.append(item->text).append("\n");
  }
  if (file.empty())
    return reply_of({ErrorCode::malformed_request, "host_keys: at least one expected"});
  const auto installed = service.install_keys(file, request.actor);
  if (!installed) return reply_of(installed.error());
  std::string body;
  json::Writer writer(body);
  write_list(writer, "installed", *installed, [](std::string& out, const wire::HostKey& key) {
    json::Writer(out)
        .plain("host_key", key.id)
        .plain("product", key.product)
        .plain("group", key.group)
        .plain("vendor", key.vendor_id)
        .text("vendor_name", key.vendor)
        .time("expires", key.expires)
        .end();
  });
  writer.end();
  return json_reply(std::move(body));
}

Reply post_name_forget(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto name = claims.nonempty("name", 255);
  if (!claims.ok()) return reply_of(claims.failure().error());
  const auto gone = forget_name(service, name, request.actor);
  if (!gone) return reply_of(gone.error());
  const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  std::string body;
  json::Writer(body)
      .time("time", service.now())
      .number("names", number(gone->names))
      .number("machines", number(gone->machines))
      .number("pools", number(gone->pools))
      .end();
  return json_reply(std::move(body));
}

Reply post_clock_confirm(HostService& service, const AdminRequest& request) {
  if (auto done = service.confirm_clock(request.actor); !done) return reply_of(done.error());
  std::string body;
  json::Writer(body).time("time", service.now()).end();
  return json_reply(std::move(body));
}

Reply get_backup(HostService& service, const AdminRequest&) {
  constexpr std::array<std::string_view, 4> kStages{"none", "begun", "made", "failed"};
  const auto backup = service.backup();
  std::string body;
  json::Writer writer(body);
  writer.time("time", service.now())
      .plain("stage", kStages.at(static_cast<std::size_t>(backup.stage)))
      .number("pages", static_cast<std::int64_t>(backup.progress.pages))
      .number("copied", static_cast<std::int64_t>(backup.progress.copied));
  if (backup.error) {
    writer.text("error", backup.error->sentence());
  } else {
    writer.null("error");
  }
  writer.end();
  return json_reply(std::move(body));
}

Reply post_backup(HostService& service, const AdminRequest& request) {
  if (auto begun = service.begin_backup(request.actor); !begun) return reply_of(begun.error());
  return get_backup(service, request);
}

Reply get_tokens(HostService& service, const AdminRequest&) {
  const auto tokens = list_tokens(service);
  if (!tokens) return reply_of(tokens.error());
  std::string body;
  json::Writer writer(body);
  writer.time("time", service.now());
  write_list(writer, "tokens", *tokens, [](std::string& out, const Token& token) {
    json::Writer one(out);
    write_token(one, token);
    one.end();
  });
  writer.end();
  return json_reply(std::move(body));
}

Reply post_token(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto name = claims.nonempty("name", 64);
  const auto role = role_of(claims.nonempty("role", 16));
  std::optional<minutes> lifetime;
  if (claims.has("expires_in")) {
    const auto duration = parse_duration(claims.nonempty("expires_in", 16));
    if (duration) lifetime = *duration;
    if (!duration) claims.refuse("expires_in", "a duration such as 90d expected");
  }
  if (!role) claims.refuse("role", "viewer, operator or admin expected");
  if (!claims.ok()) return reply_of(claims.failure().error());
  const auto made = create_token(service, name, *role, lifetime, request.actor);
  if (!made) return reply_of(made.error());
  std::string body;
  json::Writer writer(body);
  write_token(writer, made->token);
  writer.plain("token", made->text).end();
  return json_reply(std::move(body), 201);
}

Reply delete_token(HostService& service, const AdminRequest& request) {
  if (auto done = revoke_token(service, request.id, request.actor); !done) {
    return reply_of(done.error());
  }
  return {.status = 204, .content_type = "", .body = {}};
}

}  // namespace muster::service
