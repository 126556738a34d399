#include "analyser/slmgr.h"

#include <gtest/gtest.h>

namespace muster::analyser {
namespace {

// As slmgr.vbs prints it; the words of `heading` and so on may be of any language.
std::string dlv(const char* heading, const char* count, const char* port) {
  return std::string(
             "Name: Windows(R), ServerStandard edition\n"
             "Description: Windows(R) Operating System, VOLUME_KMS_2022 channel\n"
             "Activation ID: 9bd77860-9b31-4b7b-96ad-2564017315bf\n"
             "Application ID: 55c92734-d682-4d71-983e-d6ec3f16059f\n"
             "Installation ID: 020650770493837252929082195773527024195725809211989214\n"
             "Use License URL: https://activation.example/SLActiva\nteProduct.asmx?x=o16\n"
             "License Status: Licensed\n"
             "Remaining Windows rearm count: 1000\n"
             "Remaining SKU rearm count: 1001\n"
             "Trusted time: 10/26/2026 9:58:33 AM\n\n") +
         heading + "\n    " + count + "\n    " + port +
         "\n    DNS publishing enabled\n    KMS priority: Normal\n\n"
         "Key Management Service cumulative requests received from clients\n"
         "    Total requests received: 1204\n    Failed requests received: 3\n"
         "    Requests with License Status Unlicensed: 1\n"
         "    Requests with License Status Licensed: 1100\n"
         "    Requests with License Status Initial grace period: 90\n"
         "    Requests with License Status License expired: 6\n"
         "    Requests with License Status Non-genuine grace period: 4\n"
         "    Requests with License Status Notification: 0\n";
}

TEST(HostFacts, SlmgrIsReadByItsOrderInAnyLanguage) {
  const std::string texts[] = {
      dlv("Key Management Service is enabled on this machine", "Current count: 42",
          "Listening on Port: 1688"),
      dlv("Der Schl\xc3\xbcsselverwaltungsdienst ist auf diesem Computer aktiviert.",
          "Aktuelle Anzahl: 42",
          "\xc3\x9c"
          "berwachter Port: 1688"),
      dlv("Le service de gestion de cl\xc3\xa9s est activ\xc3\xa9 sur cet ordinateur",
          "Nombre actuel\xc2\xa0: 42",
          "\xc3\x89"
          "coute sur le port : 1688"),
      dlv("\xe5\xaf\x86\xe9\x92\xa5", "\xe5\xbd\x93\xe5\x89\x8d\xef\xbc\x9a 42",
          "\xe7\xab\xaf\xe5\x8f\xa3\xef\xbc\x9a"
          "1688"),
  };
  for (const auto& text : texts) {
    const auto facts = read_host_facts(text);
    ASSERT_TRUE(facts) << text;
    ASSERT_EQ(facts->size(), 1U) << text;
    EXPECT_EQ(facts->front().count, 42U) << text;
    EXPECT_EQ(facts->front().group, "windows");
    EXPECT_EQ(facts->front().requests, 1204U);
    EXPECT_EQ(facts->front().failed, 3U);
    EXPECT_EQ(facts->front().by_state, (std::array<std::uint64_t, 6>{1, 1100, 90, 6, 4, 0}));
  }
}

TEST(HostFacts, OfficeAndTheFirstGenerationAreReadToo) {
  const auto office = read_host_facts(
      "Name: Office 16, OfficeKMSHostVL_KMS_Host edition\r\n"
      "Application ID: 0ff1ce15-a989-479d-af46-f275c6370663\r\nExtended PID: \r\n"
      "Remaining Windows rearm count: 1\r\nTrusted time:\r\n"
      "Key Management Service is enabled on this computer\r\nCurrent count: 0\r\n"
      "Listening on Port: 1688\r\nDNS publishing enabled\r\nKMS priority: Normal\r\n");
  ASSERT_TRUE(office);
  EXPECT_EQ(office->front().group, "office");
  EXPECT_EQ(office->front().count, 0U);
  EXPECT_EQ(office->front().requests, std::nullopt);
}

TEST(HostFacts, SeveralProductsStandInOneText) {
  const auto both = read_host_facts(dlv("KMS is enabled", "Current count: 42", "Port: 1688") +
                                    "Name: Office 16, OfficeKMSHostVL_KMS_Host edition\n"
                                    "Application ID: 0ff1ce15-a989-479d-af46-f275c6370663\n"
                                    "KMS is enabled\nCurrent count: 7\nPort: 1688\n");
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ((*both)[1].group, "office");
  EXPECT_EQ((*both)[1].count, 7U);
}

TEST(HostFacts, PropertiesOfWmiAreReadAsJsonAndAsAList) {
  const std::string texts[] = {
      "{\n  \"KeyManagementServiceCurrentCount\": 42,\n"
      "  \"KeyManagementServiceFailedRequests\":  3,\n"
      "  \"KeyManagementServiceLicensedRequests\": 1100,\n"
      "  \"KeyManagementServiceTotalRequests\": 1204\n}\n",
      "KeyManagementServiceCurrentCount     : 42\r\nKeyManagementServiceFailedRequests : 3\r\n"
      "KeyManagementServiceLicensedRequests : 1100\r\n"
      "KeyManagementServiceTotalRequests : 1204\r\n"};
  for (const auto& text : texts) {
    const auto facts = read_host_facts(text);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->front().count, 42U);
    EXPECT_EQ(facts->front().requests, 1204U);
    EXPECT_EQ(facts->front().failed, 3U);
    EXPECT_EQ(facts->front().by_state[1], 1100U);
  }
}

TEST(HostFacts, NoCountIsNoZero) {
  for (const auto* text : {"KeyManagementServiceCurrentCount : 4294967295",
                           "\"KeyManagementServiceCurrentCount\": -1"}) {
    EXPECT_EQ(read_host_facts(text)->front().count, std::nullopt) << text;
  }
}

TEST(HostFacts, ATextWithoutAHostIsRefused) {
  for (const auto* text : {"", "nonsense", "Remaining rearm count: 1000\nRemaining SKU: 1001\n",
                           "License Status: Licensed\nRemaining rearm count: 3\nSKU: 4\n",
                           "Heading\nCurrent count: 3\nPort: 70000\n"}) {
    EXPECT_EQ(read_host_facts(text).error().code, ErrorCode::config_invalid) << text;
  }
}

}  // namespace
}  // namespace muster::analyser
