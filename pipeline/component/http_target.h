#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/clock.h"
#include "pipeline/config/schema.h"
#include "pipeline/config/secret.h"

namespace pipeline {

struct TlsOptions {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
};

struct BasicAuth {
  std::string username;
  Secret password;
};

struct AuthOptions {
  std::optional<Secret> bearer;
  std::optional<BasicAuth> basic;
};

// Where an HTTP sink sends, as the configuration says it. The engine owns the connections.
struct HttpTarget {
  std::string url;
  TlsOptions tls;
  AuthOptions auth;
  OrderedMap<Secret> headers;
  std::string proxy;  // http://[user:password@]host:port; "" for none
};

// The option groups `tls:` and `auth:`, the same on every plugin that connects somewhere.
void describe_options(Schema<TlsOptions>& schema);
void describe_options(Schema<BasicAuth>& schema);
void describe_options(Schema<AuthOptions>& schema);

}  // namespace pipeline
