#include "wire/product_terms.h"

#include "wire/claims.h"

namespace muster::wire {

void append_product_terms(std::string& out, const ProductTerms& terms) {
  const auto& policy = terms.policy;
  json::Writer writer(out);
  writer.plain("id", terms.id).plain("group", terms.group).text("name", terms.name);
  writer.number("threshold", policy.threshold);
  writer.duration("validity_min", policy.validity);
  writer.duration("renewal_interval_min", policy.renewal_interval);
  writer.duration("retry_interval_min", policy.retry_interval);
  writer.duration("initial_grace_min", policy.initial_grace);
  writer.duration("additional_grace_min", policy.additional_grace);
  writer.duration("retention_min", policy.retention);
  writer.duration("clock_skew_min", policy.clock_skew);
  writer.number("rearm_limit", policy.rearm_limit);
  writer.plain("count_by", name_of(policy.count_by));
  if (policy.licensed) writer.number("licensed", *policy.licensed);
  writer.plain("over", name_of(policy.over));
  writer.raw("entitlements", policy.entitlements);
  writer.end();
}

ProductTerms read_product_terms(json::Claims& claims) {
  ProductTerms out;
  out.id = claims.id("id");
  out.group = claims.id("group");
  out.name = claims.nonempty("name", kPeopleNameMost);
  auto& policy = out.policy;
  policy.threshold = claims.count("threshold");
  policy.validity = claims.duration("validity_min");
  policy.renewal_interval = claims.duration("renewal_interval_min");
  policy.retry_interval = claims.duration("retry_interval_min");
  policy.initial_grace = claims.duration("initial_grace_min");
  policy.additional_grace = claims.duration("additional_grace_min");
  policy.retention = claims.duration("retention_min");
  policy.clock_skew = claims.duration("clock_skew_min");
  policy.rearm_limit = claims.count("rearm_limit");
  const auto count_by = count_by_of(claims.text("count_by", 16));
  if (!count_by) claims.refuse("count_by", "cmid or machine expected");
  policy.count_by = count_by.value_or(CountBy::cmid);
  policy.licensed.reset();
  if (claims.has("licensed")) policy.licensed = claims.count("licensed");
  const auto over = over_of(claims.text("over", 16));
  if (!over) claims.refuse("over", "report or refuse expected");
  policy.over = over.value_or(Over::report);
  policy.entitlements = claims.object_text("entitlements");
  return out;
}

}  // namespace muster::wire
