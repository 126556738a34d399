// How many machines used what, month by month: for the vendor, the auditor, and who pays.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "service/admin_json.h"
#include "wire/usage_report.h"

namespace muster::service {
namespace {

constexpr std::int32_t kMonthsMost = 120;
using wire::ProductUsage;
using wire::UsageReport;

enum class Format : std::uint8_t { json, csv, jws };

Expected<Format> format_of(const AdminRequest& request) {
  if (const auto* format = request.find("format"); format != nullptr) {
    if (*format == "json") return Format::json;
    if (*format == "csv") return Format::csv;
    if (*format == "jws") return Format::jws;
    return fail(ErrorCode::malformed_request, "format: json, csv or jws expected");
  }
  if (request.accept.find("application/jose") != std::string_view::npos) return Format::jws;
  if (request.accept.find("text/csv") != std::string_view::npos) return Format::csv;
  return Format::json;
}

Expected<std::int32_t> month_in(const AdminRequest& request, std::string_view name,
                                std::int32_t otherwise) {
  const auto* text = request.find(name);
  if (text == nullptr) return otherwise;
  if (const auto month = wire::parse_month(*text)) return *month;
  return fail(ErrorCode::malformed_request,
              fmt::format("{}: a month such as 2026-11 expected", name));
}

Expected<void> take_span(const AdminRequest& request, Instant now, UsageReport& out) {
  const auto to = month_in(request, "to", month_of(now));
  if (!to) return std::unexpected(to.error());
  const auto from = month_in(request, "from", std::max(*to - 11, 0));
  if (!from) return std::unexpected(from.error());
  if (*from > *to || *to - *from >= kMonthsMost) {
    return fail(ErrorCode::malformed_request,
                fmt::format("from, to: 1 to {} months expected", kMonthsMost));
  }
  out.from = *from;
  out.to = *to;
  return {};
}

// The product's usage in the report, made where it is not there yet.
ProductUsage& product_in(UsageReport& report, const std::string& vendor,
                         const std::string& product) {
  const auto at = std::ranges::find_if(report.products, [&](const ProductUsage& one) {
    return one.vendor_id == vendor && one.product == product;
  });
  if (at != report.products.end()) return *at;
  auto& out = report.products.emplace_back();
  out.vendor_id = vendor;
  out.product = product;
  for (auto month = report.from; month <= report.to; ++month) {
    out.months.emplace_back().month = month;
  }
  return out;
}

Expected<UsageReport> report_of(HostService& service, const AdminRequest& request) {
  UsageReport out;
  const auto now = service.now();
  if (auto span = take_span(request, now, out); !span) return std::unexpected(span.error());
  out.host = service.host_public_key().thumbprint();
  out.issued = now;
  const auto counted = service.digested();
  out.log = {counted.at.epoch, counted.at.seq, first16(counted.hash)};
  for (const auto& served : service.keys()->served()) {
    auto& product = product_in(out, served.key.vendor_id, served.key.product);
    product.group = served.key.group;
    product.vendor = served.key.vendor;
    product.name = served.key.name;
    product.customer = served.key.customer;
    product.licensed = served.key.policy.licensed;
  }
  const auto rows = service.store().usage(out.from, out.to);
  if (!rows) return std::unexpected(rows.error());
  for (const auto& [key, machines] : *rows) {
    auto& product = product_in(out, key.vendor, key.product);
    auto& month = product.months.at(static_cast<std::size_t>(key.month - out.from));
    (key.by_fact ? month.by_fact : month.machines) = machines;
  }
  for (auto& product : out.products) {
    for (auto& month : product.months) {
      const auto peak = service.peaks().find(product.vendor_id, product.product, month.month);
      if (!peak) continue;
      month.peak = peak->machines;
      month.peak_at = peak->at;
    }
  }
  std::ranges::sort(out.products, {}, [](const ProductUsage& product) {
    return std::tie(product.vendor_id, product.product);
  });
  return out;
}

bool is_over(const ProductUsage& product, const wire::UsageMonth& month) {
  return product.licensed && month.peak > *product.licensed;
}

void write_month(std::string& out, const ProductUsage& product, const wire::UsageMonth& month) {
  json::Writer writer(out);
  writer.plain("month", wire::format_month(month.month))
      .number("machines", static_cast<std::int64_t>(month.machines))
      .number("by_fact", static_cast<std::int64_t>(month.by_fact));
  if (month.peak > 0) {
    writer.number("peak", static_cast<std::int64_t>(month.peak)).time("peak_at", month.peak_at);
  } else {
    writer.null("peak").null("peak_at");
  }
  writer.truth("over", is_over(product, month));
  writer.end();
}

void write_product(std::string& out, const ProductUsage& product) {
  json::Writer writer(out);
  writer.plain("vendor", product.vendor_id)
      .text("vendor_name", product.vendor)
      .plain("product", product.product)
      .text("name", product.name)
      .plain("group", product.group)
      .text("customer", product.customer);
  product.licensed ? writer.number("licensed", *product.licensed) : writer.null("licensed");
  write_list(writer, "months", product.months, [&](std::string& to, const wire::UsageMonth& month) {
    write_month(to, product, month);
  });
  writer.end();
}

Reply json_report(const UsageReport& report) {
  std::string body;
  json::Writer writer(body);
  writer.plain("host", report.host)
      .time("time", report.issued)
      .plain("from", wire::format_month(report.from))
      .plain("to", wire::format_month(report.to));
  report.log.seq == 0 ? writer.null("up_to")
                      : writer.plain("up_to", cursor_of({report.log.epoch, report.log.seq}));
  write_list(writer, "products", report.products, write_product);
  writer.end();
  return json_reply(std::move(body));
}

constexpr std::array kColumns{"vendor",   "vendor_name", "product", "name",     "group",
                              "customer", "licensed",    "month",   "machines", "by_fact",
                              "peak",     "peak_at",     "over"};

Reply csv_report(const UsageReport& report) {
  auto body = fmt::format("{}\r\n", fmt::join(kColumns, ","));
  for (const auto& product : report.products) {
    for (const auto& month : product.months) {
      const std::array<std::string, kColumns.size()> fields{
          product.vendor_id,
          product.vendor,
          product.product,
          product.name,
          product.group,
          product.customer,
          product.licensed ? fmt::format("{}", *product.licensed) : "",
          wire::format_month(month.month),
          fmt::format("{}", month.machines),
          fmt::format("{}", month.by_fact),
          month.peak > 0 ? fmt::format("{}", month.peak) : "",
          month.peak > 0 ? format_time(month.peak_at) : "",
          is_over(product, month) ? "true" : "false"};
      body += csv_line(fields);
    }
  }
  return {.content_type = "text/csv; charset=utf-8; header=present",
          .body = std::move(body),
          .more_headers = "Content-Disposition: attachment; filename=\"muster-report.csv\"\r\n"};
}

}  // namespace

Reply get_report(HostService& service, const AdminRequest& request) {
  const auto format = format_of(request);
  if (!format) return reply_of(format.error());
  const auto report = report_of(service, request);
  if (!report) return reply_of(report.error());
  if (*format == Format::json) return json_report(*report);
  if (*format == Format::csv) return csv_report(*report);
  auto text = wire::sign_report(*report, *service.host_signer());
  if (!text) return reply_of(text.error());
  return {.content_type = "application/jose",
          .body = *text + "\n",
          .more_headers = "Content-Disposition: attachment; filename=\"muster-report.jws\"\r\n"};
}

}  // namespace muster::service
