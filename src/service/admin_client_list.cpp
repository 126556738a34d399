// The machines that the host has seen: filtered, in some order, a page at a time as JSON or all of
// them as CSV.
//
// A filter is looked up in no index, so a search goes over all machines in the list's order. One
// call looks at kLookMost of them at most, each page in a read of its own, and then says with
// `next` where the search goes on.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "core/evidence.h"
#include "service/admin_machines.h"
#include "store/list_order.h"

namespace muster::service {
namespace {

constexpr std::size_t kLookMost = 4'000;
constexpr std::size_t kChunk = 1000;
constexpr std::size_t kTextMost = 255;

// ---- the order, and places in it

// By CMID where there is none.
using Sort = std::optional<store::ListOrder>;

struct SortName {
  std::string_view name;
  Sort sort;
};
constexpr std::array kSorts{SortName{"cmid", std::nullopt},
                            SortName{"name", store::ListOrder::name},
                            SortName{"-name", store::ListOrder::name_down},
                            SortName{"last_seen", store::ListOrder::contact},
                            SortName{"-last_seen", store::ListOrder::contact_down}};

Expected<Sort> sort_of(const AdminRequest& request) {
  const auto* text = request.find("sort");
  if (text == nullptr) {
    return request.find("name") == nullptr ? Sort() : Sort(store::ListOrder::name);
  }
  const auto at = std::ranges::find(kSorts, *text, &SortName::name);
  if (at != kSorts.end()) return at->sort;
  return fail(ErrorCode::malformed_request,
              "sort: cmid, name, -name, last_seen or -last_seen expected");
}

std::string_view name_of_sort(const Sort& sort) {
  return std::ranges::find(kSorts, sort, &SortName::sort)->name;
}

// The last machine that was looked at. As text "SORT.VENDOR.GROUP.CMID", or
// "SORT.VENDOR.GROUP.MADE.DAY.NAME" with the name in base64url: no part holds a dot.
struct Cursor {
  GroupKey group;
  Cmid cmid{};               // by CMID
  store::ListPlace place{};  // else
};

std::string cursor_text(const Cursor& at, const Sort& sort) {
  const auto group = fmt::format("{}.{}.{}", name_of_sort(sort), at.group.vendor, at.group.group);
  if (!sort) return fmt::format("{}.{}", group, at.cmid.text());
  return fmt::format("{}.{}.{}.{}", group, at.place.made, at.place.day,
                     base64url(as_bytes(at.place.name)));
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto dot = text.find('.');
    out.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

std::optional<Cursor> parse_cursor(std::string_view text, const Sort& sort) {
  auto parts = parts_of(text);
  if (parts.front() != name_of_sort(sort)) return std::nullopt;
  parts.erase(parts.begin());
  if (parts.size() != (sort ? 5 : 3)) return std::nullopt;
  Cursor out{.group = {std::string(parts[0]), std::string(parts[1])}};
  if (!sort) {
    const auto cmid = Cmid::parse(parts[2]);
    if (!cmid) return std::nullopt;
    out.cmid = *cmid;
    return out;
  }
  const auto made = whole_number<std::uint64_t>(parts[2]);
  const auto day = whole_number<std::int64_t>(parts[3]);
  const auto name = from_base64url(parts[4]);
  if (!made || !day || !name) return std::nullopt;
  out.place.made = *made;
  out.place.day = *day;
  out.place.name = *name;
  return out;
}

// ---- the filter

struct Filter {
  std::string name;  // in lower case, as the next
  std::string text;
  std::string product;
  std::optional<LicenceState> state;
  std::optional<Instant> silent_since;
  std::optional<core::Evidence> evidence;

  // Nothing but what the list itself heeds where it is in the order of names.
  [[nodiscard]] bool is_by_name_alone() const {
    return text.empty() && product.empty() && !state && !silent_since && !evidence;
  }
  [[nodiscard]] bool fits(HostService& service, const core::Machine& machine) const;
};

bool Filter::fits(HostService& service, const core::Machine& machine) const {
  if (state && machine.state != *state) return false;
  if (silent_since && machine.last_seen >= *silent_since) return false;
  if (evidence && (machine.evidence_seen >> static_cast<unsigned>(*evidence) & 1U) == 0) {
    return false;
  }
  const bool uses_it =
      product.empty() ||
      std::ranges::find(machine.uses, product, &core::ProductUse::product) != machine.uses.end();
  if (!uses_it) return false;
  if (name.empty() && text.empty()) return true;
  const auto own = store::listed_name(value_of(service, machine.name_hash).value_or(""));
  if (!own.starts_with(name)) return false;
  return text.empty() || own.find(text) != std::string::npos ||
         machine.cmid.text().find(text) != std::string::npos ||
         value_of(service, machine.address_hash).value_or("").find(text) != std::string::npos;
}

std::optional<std::string> text_of(std::string_view text) {
  if (text.empty() || text.size() > kTextMost) return std::nullopt;
  return store::listed_name(text);
}

Expected<Filter> filter_of(const AdminRequest& request) {
  Filter out;
  auto name = parameter<std::string>(request, "name", "1 to 255 bytes of text", text_of);
  if (!name) return std::unexpected(name.error());
  auto text = parameter<std::string>(request, "text", "1 to 255 bytes of text", text_of);
  if (!text) return std::unexpected(text.error());
  auto product = parameter<std::string>(request, "product", "a product's id", text_of);
  if (!product) return std::unexpected(product.error());
  const auto state = state_in(request);
  if (!state) return std::unexpected(state.error());
  auto since = parameter<Instant>(request, "silent_since", "an RFC 3339 time", parse_time);
  if (!since) return std::unexpected(since.error());
  const auto evidence = evidence_in(request);
  if (!evidence) return std::unexpected(evidence.error());
  out.name = std::move(*name).value_or("");
  out.text = std::move(*text).value_or("");
  out.product = std::move(*product).value_or("");
  out.state = *state;
  out.silent_since = *since;
  out.evidence = *evidence;
  return out;
}

// ---- the walk

struct Row {
  Cursor at;
  core::Machine machine;
};

// Goes over the machines of some groups, by vendor and group, in the order within each.
class Walk {
 public:
  Walk(HostService& service, std::vector<GroupKey> groups, Sort sort, Filter filter)
      : service_(&service), groups_(std::move(groups)), sort_(sort), filter_(std::move(filter)) {}

  void go_on_behind(Cursor cursor) {
    std::erase_if(groups_, [&](const GroupKey& group) { return group < cursor.group; });
    if (!groups_.empty() && groups_.front() == cursor.group) last_ = std::move(cursor);
  }
  [[nodiscard]] bool ended() const { return groups_.empty(); }
  // How many can be looked at where so many are wanted: more is of use to a search alone.
  [[nodiscard]] std::size_t chunk(std::size_t wanted) const {
    const bool all_fit =
        filter_.is_by_name_alone() && (filter_.name.empty() || (sort_ && is_by_name(*sort_)));
    return all_fit ? std::min(wanted, kChunk) : kChunk;
  }
  [[nodiscard]] bool fits(const Row& row) const { return filter_.fits(*service_, row.machine); }
  // The next rows, at most `most`, whether they fit or not; ended() where there are no more.
  [[nodiscard]] Expected<std::vector<Row>> next(std::size_t most);

 private:
  [[nodiscard]] std::optional<store::ListPlace> begin() const;
  [[nodiscard]] Expected<bool> read(const GroupKey& group, std::size_t most, std::vector<Row>& out);

  HostService* service_;
  std::vector<GroupKey> groups_;  // that are not done; the first is under way
  Sort sort_;
  Filter filter_;
  std::optional<Cursor> last_;  // in the first of groups_
};

// A machine is never heard earlier than the day that it is listed under, so who is silent stands up
// to that day.
std::optional<store::ListPlace> Walk::begin() const {
  if (last_) return last_->place;
  if (*sort_ != store::ListOrder::contact_down || !filter_.silent_since) return std::nullopt;
  return store::ListPlace{.day = store::listed_day(*filter_.silent_since) + 1};
}

// True: there are more in this group.
Expected<bool> Walk::read(const GroupKey& group, std::size_t most, std::vector<Row>& out) {
  if (!sort_) {
    auto page =
        service_->store().machines(group, last_ ? std::optional(last_->cmid) : std::nullopt, most);
    if (!page) return std::unexpected(page.error());
    for (auto& machine : page->machines) {
      out.push_back({{.group = group, .cmid = machine.cmid}, std::move(machine)});
    }
    return page->next.has_value();
  }
  const std::string_view prefix = is_by_name(*sort_) ? std::string_view(filter_.name) : "";
  auto page = service_->store().listed(group, *sort_, prefix, begin(), most);
  if (!page) return std::unexpected(page.error());
  if (*sort_ == store::ListOrder::contact && filter_.silent_since && !page->machines.empty()) {
    const auto last = page->machines.back().place.day;
    page->more = page->more && last <= store::listed_day(*filter_.silent_since);
  }
  for (auto& [machine, place] : page->machines) {
    out.push_back({{.group = group, .place = std::move(place)}, std::move(machine)});
  }
  return page->more;
}

Expected<std::vector<Row>> Walk::next(std::size_t most) {
  std::vector<Row> out;
  if (groups_.empty()) return out;
  const auto more = read(groups_.front(), most, out);
  if (!more) return std::unexpected(more.error());
  if (*more && !out.empty()) {
    last_ = out.back().at;
  } else {
    groups_.erase(groups_.begin());
    last_.reset();
  }
  return out;
}

Expected<std::vector<GroupKey>> groups_of(HostService& service, const AdminRequest& request) {
  if (const auto* group = request.find("group"); group != nullptr) {
    const auto key = find_group(service, *group, request.find("vendor"));
    if (!key) return std::unexpected(key.error());
    return std::vector{*key};
  }
  auto all = service.store().groups();
  if (!all) return all;
  if (const auto* vendor = request.find("vendor"); vendor != nullptr) {
    std::erase_if(*all, [&](const GroupKey& key) { return key.vendor != *vendor; });
  }
  std::ranges::sort(*all);
  return all;
}

// ---- JSON

// Goes on until the page is full, or enough has been looked at. `next`: behind the last machine
// that was looked at.
Expected<std::vector<Row>> page_of(Walk& walk, const Sort& sort, std::size_t limit,
                                   std::optional<std::string>& next) {
  std::vector<Row> out;
  for (std::size_t looked = 0; !walk.ended() && looked < kLookMost;) {
    auto rows = walk.next(walk.chunk(limit - out.size()));
    if (!rows) return rows;
    looked += rows->size();
    for (auto& row : *rows) {
      next = cursor_text(row.at, sort);
      const bool last_of_all = walk.ended() && &row == &rows->back();
      if (walk.fits(row)) out.push_back(std::move(row));
      if (out.size() < limit) continue;
      if (last_of_all) next.reset();
      return out;
    }
  }
  if (walk.ended()) next.reset();
  return out;
}

Reply json_page(HostService& service, Walk& walk, const Sort& sort, std::size_t limit) {
  std::optional<std::string> next;
  const auto rows = page_of(walk, sort, limit, next);
  if (!rows) return reply_of(rows.error());
  std::string body;
  json::Writer writer(body);
  write_list(writer, "clients", *rows, [&](std::string& out, const Row& row) {
    json::Writer one(out);
    write_machine(one, service, row.at.group, row.machine);
    one.end();
  });
  next ? writer.plain("next", *next) : writer.null("next");
  writer.end();
  return json_reply(std::move(body));
}

// ---- CSV (RFC 4180), for people and their spreadsheets

constexpr auto kColumns = std::to_array<std::string_view>(
    {"vendor", "group", "cmid", "name", "address", "first_seen", "last_seen", "requests", "state",
     "evidence", "evidence_seen", "virtual", "products", "valid_until"});

std::string line_of(HostService& service, const Row& row) {
  const auto& machine = row.machine;
  std::vector<std::string_view> seen, products;
  for (int i = 1; i <= core::kEvidences; ++i) {
    if ((machine.evidence_seen >> i & 1U) != 0) {
      seen.push_back(core::name_of(static_cast<core::Evidence>(i)));
    }
  }
  Instant valid_until{};
  for (const auto& use : machine.uses) {
    products.push_back(use.product);
    valid_until = std::max(valid_until, use.valid_until);
  }
  const std::array<std::string, kColumns.size()> fields{
      row.at.group.vendor,
      row.at.group.group,
      machine.cmid.text(),
      value_of(service, machine.name_hash).value_or(""),
      value_of(service, machine.address_hash).value_or(""),
      format_time(machine.first_seen),
      format_time(machine.last_seen),
      fmt::format("{}", machine.requests),
      std::string(name_of(machine.state)),
      machine.evidence ? std::string(core::name_of(*machine.evidence)) : "",
      fmt::format("{}", fmt::join(seen, " ")),
      machine.is_virtual ? fmt::format("{}", *machine.is_virtual) : "",
      fmt::format("{}", fmt::join(products, " ")),
      valid_until == Instant{} ? "" : format_time(valid_until)};
  return csv_line(fields);
}

struct CsvSearch {
  HostService* service;
  Walk walk;
  std::optional<std::size_t> left;

  Expected<std::optional<std::string>> piece();
};

Expected<std::optional<std::string>> CsvSearch::piece() {
  if (walk.ended() || left == 0) return std::nullopt;
  const auto rows = walk.next(walk.chunk(left.value_or(kChunk)));
  if (!rows) return std::unexpected(rows.error());
  std::string out;
  for (const auto& row : *rows) {
    if (left == 0) break;
    if (!walk.fits(row)) continue;
    out += line_of(*service, row);
    if (left) --*left;
  }
  return out;
}

Reply csv(HostService& service, Walk walk, std::optional<std::size_t> limit) {
  auto search = std::make_shared<CsvSearch>(CsvSearch{&service, std::move(walk), limit});
  auto reply = csv_reply(kColumns, "muster-clients.csv");
  reply.next_piece = [search] { return search->piece(); };
  return reply;
}

}  // namespace

Reply get_clients(HostService& service, const AdminRequest& request) {
  const auto limit = limit_of(request, 100);
  if (!limit) return reply_of(limit.error());
  const auto as_csv = wants_csv(request);
  if (!as_csv) return reply_of(as_csv.error());
  const auto sort = sort_of(request);
  if (!sort) return reply_of(sort.error());
  auto filter = filter_of(request);
  if (!filter) return reply_of(filter.error());
  std::optional<Cursor> after;
  if (const auto* text = request.find("after"); text != nullptr) {
    after = parse_cursor(*text, *sort);
    if (!after) {
      return reply_of({ErrorCode::malformed_request,
                       "after: the `next` of a page with the same sort expected"});
    }
  }
  auto groups = groups_of(service, request);
  if (!groups) return reply_of(groups.error());
  if (after && std::ranges::find(*groups, after->group) == groups->end()) {
    return reply_of({ErrorCode::malformed_request,
                     "after: the `next` of a page with the same group and vendor expected"});
  }
  Walk walk(service, std::move(*groups), *sort, std::move(*filter));
  if (after) walk.go_on_behind(std::move(*after));
  if (!*as_csv) return json_page(service, walk, *sort, *limit);
  return csv(service, std::move(walk),
             request.find("limit") == nullptr ? std::nullopt : std::optional(*limit));
}

}  // namespace muster::service
