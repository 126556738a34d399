#include "lab/fate.h"

namespace muster::lab {
namespace {

// What has befallen it since it was activated in time.
void go_on(Fate& out, const ProductStory& story, bool at_end) {
  const auto take = [&](const std::optional<Instant>& at, Why why) {
    if (!at || (out.failed && *out.failed <= *at)) return;
    out.failed = at;
    out.why = why;
  };
  take(story.refused, Why::refused);
  take(story.lost, Why::lost);
  if (at_end && !out.failed) take(story.under, Why::under);
}

}  // namespace

Fate fate_of(const ProductStory& story, const KeyTrack* key, minutes grace, Instant now,
             bool at_end) {
  Fate out{.activated = story.activated, .lost = story.lost};
  const auto fail = [&](Instant at, Why why) {
    out.failed = at;
    out.why = why;
    return out;
  };
  if (!story.first_on) return at_end ? fail(now, Why::never_on) : out;
  const auto grace_end = *story.first_on + grace;
  if (key != nullptr && key->refused) return fail(*key->refused, Why::refused);
  if (!story.activated || *story.activated > grace_end) {
    if (now < grace_end && !at_end) return out;
    return fail(grace_end, story.activated ? Why::late : Why::not_activated);
  }
  if (key == nullptr) go_on(out, story, at_end);
  return out;
}

}  // namespace muster::lab
