#include "service/reply.h"

#include "wire/exchange.h"

namespace muster::service {

Reply reply_of(const Error& error, std::optional<seconds> retry_after) {
  const auto status = wire::problem_status(error.code);
  if (!retry_after && (status == 429 || status == 503)) retry_after = seconds{60};
  return {.status = status,
          .content_type = "application/problem+json",
          .body = wire::encode_problem(error),
          .retry_after = retry_after};
}

}  // namespace muster::service
