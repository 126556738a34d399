// Names behind salted hashes, and the host's settings.
#include <gmock/gmock.h>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST_P(Conformance, the_first_value_of_a_name_stays) {
  in_unit(store(), [](Unit& unit) {
    unit.put_name(fact(1), "desk-1.corp.example");
    unit.put_name(fact(1), "another");
  });
  in_unit(store(), [](Unit& unit) {
    unit.put_name(fact(1), "a third");
    unit.put_name(fact(2), "desk-2");
  });
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(store().name(fact(1)).value(), "desk-1.corp.example");
    EXPECT_EQ(store().name(fact(2)).value(), "desk-2");
    EXPECT_EQ(store().name(fact(3)).value(), std::nullopt);
    harness().reopen();
  }
}

TEST_P(Conformance, a_name_of_a_unit_that_left_nothing_can_be_put_again) {
  store().open({}).value()->put_name(fact(1), "lost");
  harness().fill_disk(true);
  {
    auto unit = store().open({}).value();
    unit->put_name(fact(1), "lost too");
    EXPECT_FALSE(unit->commit());
  }
  harness().fill_disk(false);
  EXPECT_EQ(store().name(fact(1)).value(), std::nullopt);
  in_unit(store(), [](Unit& unit) { unit.put_name(fact(1), "kept"); });
  EXPECT_EQ(store().name(fact(1)).value(), "kept");
}

TEST_P(Conformance, settings_are_put_replaced_and_removed) {
  using std::string_view_literals::operator""sv;
  const auto bytes = "\0\x01\xff raw \0"sv;
  in_unit(store(), [&](Unit& unit) {
    unit.put_setting("key/2", "two");
    unit.put_setting("key/1", bytes);
    unit.put_setting("key0", "behind the prefix");
    unit.put_setting("ke", "before it");
    unit.put_setting("key/3", "three");
    unit.put_setting("key/3", "");
  });
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(store().setting("key/1").value(), bytes);
    EXPECT_EQ(store().setting("key/3").value(), std::nullopt);
    EXPECT_EQ(store().setting("key").value(), std::nullopt);
    EXPECT_THAT(store().settings("key/").value(),
                ElementsAre(Pair("key/1", bytes), Pair("key/2", "two")));
    EXPECT_EQ(store().settings("").value().size(), 4U);
    EXPECT_THAT(store().settings("z").value(), IsEmpty());
    harness().reopen();
  }
  in_unit(store(), [](Unit& unit) {
    unit.put_setting("key/1", "new");
    unit.put_setting("key/2", "");
    unit.put_setting("key/9", "");
  });
  EXPECT_THAT(store().settings("key/").value(), ElementsAre(Pair("key/1", "new")));
}

TEST_P(Conformance, a_setting_that_is_kept_stays_as_it_was_first) {
  in_unit(store(), [](Unit& unit) {
    unit.keep_setting("first", "one");
    unit.keep_setting("first", "two");
    unit.put_setting("second", "put");
    unit.keep_setting("second", "kept");
  });
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(store().setting("first").value(), "one");
    EXPECT_EQ(store().setting("second").value(), "put");
    in_unit(store(), [](Unit& unit) { unit.keep_setting("first", "three"); });
    harness().reopen();
  }
  in_unit(store(), [](Unit& unit) {
    unit.put_setting("first", "");
    unit.keep_setting("first", "anew");
  });
  EXPECT_EQ(store().setting("first").value(), "anew");
  in_unit(store(), [](Unit& unit) {
    unit.keep_setting("third", "kept");
    unit.put_setting("third", "put");
  });
  EXPECT_EQ(store().setting("third").value(), "put");
}

// An alert is raised so: what fires, what is to be sent and the event that says it.
TEST_P(Conformance, settings_and_an_event_of_one_unit_are_there_together_or_not_at_all) {
  const auto raise = [](Unit& unit, std::uint64_t seq) {
    unit.put_setting("alert/disk/", R"({"id":"a"})");
    unit.put_setting("alert_out/webhook/00000000000000000001", "first");
    unit.put_setting("alert_out/mail/00000000000000000001", "first");
    unit.append(event(seq));
  };
  harness().fill_disk(true);
  {
    auto unit = store().open({}).value();
    raise(*unit, 1);
    EXPECT_FALSE(unit->commit());
  }
  harness().fill_disk(false);
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(store().settings("alert").value(), IsEmpty());
    EXPECT_THAT(store().events({}, 10).value(), IsEmpty());
    harness().reopen();
  }
  in_unit(store(), [&](Unit& unit) { raise(unit, 1); });
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(store().settings("alert_out/webhook/").value().size(), 1U);
    EXPECT_EQ(store().settings("alert/").value().size(), 1U);
    EXPECT_EQ(store().events({}, 10).value().size(), 1U);
    harness().reopen();
  }
  in_unit(store(), [](Unit& unit) {
    unit.put_setting("alert_out/webhook/00000000000000000001", "");
    unit.put_setting("alert_out/webhook/00000000000000000010", "tenth");
    unit.put_setting("alert_out/webhook/00000000000000000009", "ninth");
  });
  EXPECT_THAT(store().settings("alert_out/webhook/").value(),
              ElementsAre(Pair("alert_out/webhook/00000000000000000009", "ninth"),
                          Pair("alert_out/webhook/00000000000000000010", "tenth")));
}

TEST_P(Conformance, the_free_part_of_the_disk_is_a_part) {
  EXPECT_GT(store().free_part(), 0.0);
  EXPECT_LE(store().free_part(), 1.0);
}

}  // namespace
}  // namespace muster::store::conformance
