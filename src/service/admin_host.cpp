// The host itself: who it is, how it is, and what slmgr /dlv would say.
#include "service/admin_json.h"

namespace muster::service {

Reply get_healthz() { return json_reply(R"({"status":"alive"})"); }

Reply get_readyz(const HostService& service) {
  if (const auto error = service.not_ready()) return reply_of(*error);
  return json_reply(R"({"status":"ready"})");
}

Reply get_host(HostService& service, const AdminRequest& request) {
  const auto keys = service.keys();
  std::string body;
  json::Writer writer(body);
  writer.text("version", request.version)
      .time("time", service.now())
      .plain("host", service.host_public_key().thumbprint())
      .raw("jwk", service.host_public_key().jwk());
  const auto now = service.now();
  write_list(writer, "products", keys->served(), [now](std::string& out, const Served& served) {
    json::Writer one(out);
    one.plain("product", served.key.product)
        .text("name", served.key.name)
        .plain("group", served.key.group)
        .plain("vendor", served.key.vendor_id)
        .text("vendor_name", served.key.vendor)
        .plain("host_key", served.key.id)
        .time("issued", served.key.issued)
        .time("expires", served.key.expires)
        .truth("valid", served.key.valid_at(now))
        .end();
  });
  writer.end();
  return json_reply(std::move(body));
}

Reply get_status(HostService& service, const AdminRequest& request) {
  const auto groups = group_facts(service);
  if (!groups) return reply_of(groups.error());
  const auto head = service.store().chain_head();
  if (!head) return reply_of(head.error());
  const auto not_ready = service.not_ready();
  std::string body;
  json::Writer writer(body);
  writer.text("version", request.version)
      .plain("host", service.host_public_key().thumbprint())
      .time("time", service.now())
      .truth("ready", !not_ready);
  if (not_ready) {
    json::Writer(writer.key("not_ready"))
        .plain("code", entry(not_ready->code).name)
        .text("title", entry(not_ready->code).title)
        .text("hint", entry(not_ready->code).hint)
        .text("detail", not_ready->detail)
        .end();
  } else {
    writer.null("not_ready");
  }
  // Requests for products that no key serves are in no group.
  const auto unserved = service.unserved();
  core::Counters all{.requests = unserved, .failed = unserved, .by_state = {}};
  for (const auto& group : *groups) {
    all.requests += group.counters.requests;
    all.failed += group.counters.failed;
  }
  const auto rate = service.request_rate();
  writer.number("requests", static_cast<std::int64_t>(all.requests))
      .number("failed", static_cast<std::int64_t>(all.failed))
      .number("unserved", static_cast<std::int64_t>(unserved))
      .number("requests_last_minute", static_cast<std::int64_t>(rate.last_minute))
      .raw("requests_per_second", fmt::format("{:.1f}", rate.per_second))
      .number("queued", static_cast<std::int64_t>(service.queued()))
      .raw("disk_free", fmt::format("{:.4f}", service.store().free_part()));
  json::Writer log(writer.key("log"));
  log.number("epoch", head->epoch)
      .number("seq", static_cast<std::int64_t>(head->seq))
      .number("checkpoint_seq", static_cast<std::int64_t>(head->checkpoint_seq));
  write_log_reach(log, service, *head);
  log.end();
  write_list(writer, "groups", *groups, write_group);
  writer.end();
  return json_reply(std::move(body));
}

}  // namespace muster::service
