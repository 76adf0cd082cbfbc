// Certificates, and what may not follow from a secured address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

#include "local_hub.h"

namespace vits::hub {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A certificate for 127.0.0.1 that vouches for itself, with its key, as PEM; made anew, so that none expires in the
// repository.
void write_certificate(const fs::path& path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("local hub"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> address(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"), X509_EXTENSION_free);
  X509_add_ext(certificate.get(), address.get(), -1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), std::fclose);
  PEM_write_X509(file.get(), certificate.get());
  PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

TEST(Https, IsTrustedOnlyWithACertificateAndNeverLeftForHttp) {
  const base::TemporaryFolder folder;
  const fs::path certificate = folder.path() / "certificate.pem";
  write_certificate(certificate);
  LocalHub hub({"--certificate", certificate.string()});
  hub.put("models/" + kName, {{"config.json", "{}"}, {"model.safetensors", "weights"}});
  auto settings = hub.settings();
  settings.endpoint.replace(0, 4, "https");
  settings.token = "hf_secret";
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings); }),
              AllOf(HasSubstr("does not trust"), HasSubstr("SSL_CERT_FILE")));
  EXPECT_EQ(hub.requests().size(), 0u) << "not even the token was sent";

  settings.certificates = certificate;
  const auto snapshot = fetch_files({Kind::model, kName, "main"}, {"config.json"}, settings);
  EXPECT_EQ(base::read_file(snapshot.folder / "config.json"), "{}");

  // The weights stand in the store, which speaks plain HTTP.
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings); }), HasSubstr("others could read along"));
  EXPECT_EQ(hub.requests("store").size(), 0u);

  settings.certificates = folder.path() / "missing.pem";
  settings.refresh = true;
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings); }), HasSubstr("missing.pem"));
}

}  // namespace
}  // namespace vits::hub
