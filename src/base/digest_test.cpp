#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace {

std::string times(std::size_t count, char byte) { return std::string(count, byte); }

TEST(Sha256, GivesTheVectorsOfFips180) {
  EXPECT_EQ(hex(sha256(as_bytes(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, PiecesGiveTheHashOfTheirWhole) {
  auto pieces = Sha256().add(as_bytes("a")).add({});
  auto other = pieces;
  EXPECT_EQ(pieces.add(as_bytes("bc")).digest(), sha256(as_bytes("abc")));
  EXPECT_EQ(other.add(as_bytes("d")).digest(), sha256(as_bytes("ad"))) << "a copy goes its own way";
}

TEST(HmacSha256, GivesTheVectorsOfRfc4231) {
  std::string counting;
  for (char byte = 1; byte <= 25; ++byte) counting.push_back(byte);
  const struct {
    std::string key, bytes, mac;
  } rows[] = {
      {times(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {times(20, '\xaa'), times(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, times(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {times(20, '\x0c'), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
      {times(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {times(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. "
       "The key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& row : rows) {
    const auto mac = hex(hmac_sha256(as_bytes(row.key), as_bytes(row.bytes)));
    EXPECT_EQ(mac.substr(0, row.mac.size()), row.mac) << row.bytes;
  }
}

TEST(HmacSha256, TakesAnEmptyKeyAndAnEmptyText) {
  EXPECT_EQ(hex(hmac_sha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(First16, IsTheFrontOfTheDigest) {
  EXPECT_EQ(hex(first16(sha256(as_bytes("abc")))), "ba7816bf8f01cfea414140de5dae2223");
}

}  // namespace
}  // namespace muster
