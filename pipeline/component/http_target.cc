#include "pipeline/component/http_target.h"

namespace pipeline {

void describe_options(Schema<TlsOptions>& schema) {
  schema.field("ca_file", &TlsOptions::ca_file, "PEM file of the authorities to trust instead of the system's.")
      .field("cert_file", &TlsOptions::cert_file, "PEM file of our certificate and its chain.")
      .field("key_file", &TlsOptions::key_file, "PEM file of our private key.")
      .field("server_name", &TlsOptions::server_name, "Name to expect in the peer's certificate instead of the URL's host.")
      .field("insecure_skip_verify", &TlsOptions::insecure_skip_verify,
             "Accept any certificate. Whoever sits in between reads everything.");
  schema.check(+[](const TlsOptions& tls, Checker& checker) {
    if (tls.cert_file.empty() != tls.key_file.empty())
      checker.error(tls.cert_file.empty() ? "key_file" : "cert_file", "cert_file and key_file belong together");
  });
}

void describe_options(Schema<BasicAuth>& schema) {
  schema.field("username", &BasicAuth::username, "User name.", {.required = true})
      .field("password", &BasicAuth::password, "Password, better as `${file:PATH}`.", {.required = true});
}

void describe_options(Schema<AuthOptions>& schema) {
  schema.field("bearer", &AuthOptions::bearer, "Token for `Authorization: Bearer`, better as `${file:PATH}`.")
      .field("basic", &AuthOptions::basic, "User name and password.");
  schema.check(+[](const AuthOptions& auth, Checker& checker) {
    if (auth.bearer && auth.basic) checker.error("bearer", "bearer and basic exclude each other");
  });
}

}  // namespace pipeline
