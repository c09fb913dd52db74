#pragma once

#include <memory>
#include <string>

#include "pipeline/base/log.h"
#include "pipeline/base/result.h"
#include "pipeline/base/task.h"
#include "pipeline/topology/plan.h"

namespace pipeline {

class Agent;

// The agent's two listeners: `agent.listen` with metrics and health for everyone, `agent.admin` with
// reload and the API for its owner (a unix socket, loopback, or a token). On the control thread.
class AdminServers {
 public:
  // REQUIRES: agent and log outlive it.
  AdminServers(Agent& agent, const AgentOptions& options, Log& log);
  ~AdminServers();

  Result<> start();
  Task<> stop();

  // As bound: with the port that the system chose where 0 was asked for. "" when there is none.
  const std::string& listen_address() const noexcept { return listen_address_; }
  const std::string& admin_address() const noexcept { return admin_address_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string listen_address_;
  std::string admin_address_;
};

}  // namespace pipeline
