#pragma once

// Private to pipeline/net.

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/net/http_server.h"

namespace pipeline {

// Which route answers a method and a path. Filled before the server starts, read by any thread
// afterwards.
class HttpRoutes {
 public:
  struct Entry {
    std::string method;
    std::string path;  // without the "*" of a prefix
    bool is_prefix = false;
    HttpServer::Route route;
    HttpServer::Admit admit;
  };
  struct Match {
    const Entry* entry = nullptr;
    std::string allow;  // without an entry: the methods that the path knows; empty for none (404)
  };

  void add(std::string method, std::string path, HttpServer::Route route, HttpServer::Admit admit);
  Match find(std::string_view method, std::string_view target) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace pipeline
