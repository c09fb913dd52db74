#pragma once

#include <cstdint>
#include <string>

#include "tests/support/loki_standin/http.h"
#include "tests/support/loki_standin/push_server.h"
#include "tests/support/loki_standin/script.h"
#include "tests/support/loki_standin/store.h"

namespace loki_standin {

// What the test talks to:
//   GET  /stats      counters, per tenant too          GET  /requests  the last pushes
//   GET  /streams    per stream                        GET  /producers per writer's file
//   GET  /verdict?expect=f0:100,f1:50-80[&tenant=a][&except_every=1000]
//   POST /verdict    {"expect": {"f0": 100, "f1": [50, 80]}, "tenant": "a", "except_every": 1000}
//   POST /script     see script.h                      POST /script/clear
//   POST /policy     {"poison": "x", "partial": false, "require_tenant": "a", "tenant_status": 400,
//                     "authorization": "Bearer t"}: what is named changes, the rest stays
//   POST /down       POST /up        POST /reset (forgets all that was stored and counted)
class ControlServer {
 public:
  ControlServer(Store& store, Script& script, PushServer& push)
      : store_(store), script_(script), push_(push) {}

  HttpResponse answer(const HttpRequest& request);

 private:
  std::string stats();
  std::string streams();
  std::string producers();
  std::string requests();
  HttpResponse verdict_of_query(const HttpRequest& request);
  HttpResponse verdict_of_body(const HttpRequest& request);
  std::string verdict(const std::string& tenant,
                      const std::vector<RecordLedger::Expectation>& expectations,
                      std::uint64_t except_every);
  HttpResponse change_policy(const HttpRequest& request);

  Store& store_;
  Script& script_;
  PushServer& push_;
};

}  // namespace loki_standin
