#include "wire/mak_key.h"

#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"

namespace muster::wire {
namespace {

constexpr int kKeys = 40;

std::string mistake(std::string_view text) {
  const auto key = MakKey::parse(text);
  if (key) return "accepted";
  EXPECT_EQ(key.error().code, ErrorCode::mak_mistyped);
  return key.error().detail;
}

TEST(MakKey, is_25_characters_in_groups_of_five) {
  SeededRandom random(1);
  std::set<std::string> seen;
  std::set<char> characters;
  for (int i = 0; i < 500; ++i) {
    const auto text = MakKey::random(random).text();
    ASSERT_EQ(text.size(), 29U);
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (at % 6 == 5) {
        EXPECT_EQ(text[at], '-');
      } else {
        EXPECT_TRUE(kMakAlphabet.contains(text[at])) << text;
        characters.insert(text[at]);
      }
    }
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
  EXPECT_EQ(characters.size(), 31U) << "every character is drawn";
}

TEST(MakKey, is_read_in_either_case_with_dashes_or_without) {
  SeededRandom random(2);
  const auto key = MakKey::random(random);
  auto text = key.text();
  EXPECT_EQ(MakKey::parse(text), key);
  EXPECT_EQ(MakKey::parse("  " + text + "\r\n"), key);
  for (auto& c : text) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(MakKey::parse(text), key);
  std::erase(text, '-');
  EXPECT_EQ(MakKey::parse(text), key);
}

TEST(MakKey, finds_every_single_wrong_character) {
  SeededRandom random(3);
  for (int i = 0; i < kKeys; ++i) {
    const auto good = MakKey::random(random).text();
    for (std::size_t at = 0; at < good.size(); ++at) {
      if (good[at] == '-') continue;
      for (const char wrong : kMakAlphabet) {
        auto text = good;
        text[at] = wrong;
        if (wrong == good[at]) continue;
        EXPECT_EQ(mistake(text), "a character is wrong, or two have changed places") << at;
      }
    }
  }
}

TEST(MakKey, finds_every_two_characters_that_have_changed_places) {
  SeededRandom random(4);
  int swaps = 0;
  for (int i = 0; i < kKeys; ++i) {
    auto good = MakKey::random(random).text();
    std::erase(good, '-');
    for (std::size_t a = 0; a < good.size(); ++a) {
      for (std::size_t b = a + 1; b < good.size(); ++b) {
        if (good[a] == good[b]) continue;
        auto text = good;
        std::swap(text[a], text[b]);
        EXPECT_EQ(mistake(text), "a character is wrong, or two have changed places");
        ++swaps;
      }
    }
  }
  EXPECT_GT(swaps, kKeys * 280);
}

TEST(MakKey, says_what_is_wrong_and_never_the_key) {
  SeededRandom random(5);
  const auto good = MakKey::random(random).text();
  auto with_o = good;
  with_o[8] = 'O';
  auto with_blank = good;
  with_blank[11] = ' ';
  EXPECT_EQ(mistake(""), "0 characters, and 25 in groups of five are expected");
  EXPECT_EQ(mistake(good.substr(1)), "28 characters, and 25 in groups of five are expected");
  EXPECT_EQ(mistake(good + "22"), "31 characters, and 25 in groups of five are expected");
  EXPECT_EQ(mistake(with_o), "character 9 is none that a key has");
  EXPECT_EQ(mistake(with_blank), "character 12 is no dash");
  EXPECT_EQ(mistake(std::string(25, '-')), "25 characters, and 25 in groups of five are expected");
}

TEST(MakKey, shows_its_last_group_at_most) {
  SeededRandom random(6);
  const auto key = MakKey::random(random);
  EXPECT_EQ(key.end(), key.text().substr(24));
  EXPECT_EQ(masked_mak(key.end()), "*****-*****-*****-*****-" + key.end());
  EXPECT_TRUE(valid_mak_end(key.end()));
  for (const auto* bad : {"", "2222", "222222", "2222O", "2222a", "2222-"}) {
    EXPECT_FALSE(valid_mak_end(bad)) << bad;
  }
}

TEST(MakKey, its_hashes_are_of_the_vendor_and_one_way) {
  SeededRandom random(7);
  const auto key = MakKey::random(random);
  auto plain = key.text();
  std::erase(plain, '-');
  const auto secret = key.secret("vendor");
  EXPECT_EQ(secret, sha256(as_bytes("muster-mak-secret-1vendor" + plain)));
  EXPECT_NE(secret, key.secret("another"));
  EXPECT_NE(mak_hash(secret), secret);
  EXPECT_EQ(mak_hash(secret), Sha256().add(as_bytes("muster-mak-hash-1")).add(secret).digest());
}

}  // namespace
}  // namespace muster::wire
