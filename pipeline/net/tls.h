#pragma once

// Private to pipeline/net: brings in OpenSSL.

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.h"
#include "pipeline/net/http_client.h"
#include "pipeline/net/http_server.h"

namespace pipeline {

// Tells whether any of some files has changed since it was last asked. Follows symlinks, which is
// how Kubernetes swaps all files of a secret at once.
class WatchedFiles {
 public:
  explicit WatchedFiles(std::vector<std::string> paths);
  bool changed();

 private:
  struct Stamp {
    std::int64_t modified_ns = 0;
    std::int64_t status_changed_ns = 0;  // permissions may have been what was wrong
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // -1: not there
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp stamp(const std::string& path);

  std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;
};

// What one side knows about TLS, reread when its files change: a set that cannot be used leaves the
// one before in use and warns once. One thread at a time.
class TlsContext {
 public:
  using Build = std::function<Result<std::shared_ptr<asio::ssl::context>>()>;
  using Warn = std::function<void(std::string_view)>;

  static Result<std::unique_ptr<TlsContext>> client(const TlsClientOptions& options, Warn warn);
  static Result<std::unique_ptr<TlsContext>> server(const TlsServerOptions& options, Warn warn);

  // For a new connection.
  std::shared_ptr<asio::ssl::context> current();

 private:
  TlsContext(std::vector<std::string> paths, Build build, Warn warn);
  static Result<std::unique_ptr<TlsContext>> make(std::vector<std::string> paths, Build build,
                                                  Warn warn);

  WatchedFiles files_;
  Build build_;
  Warn warn_;
  std::shared_ptr<asio::ssl::context> context_;
};

// Prepares a client's connection: whom to expect, what to name, which session to resume. Sessions
// are kept in the context, one, since a client has one peer.
Result<> expect_peer(SSL* ssl, const std::string& name, bool verify);

}  // namespace pipeline
