#pragma once

#include <functional>
#include <memory>

#include "pipeline/component/sink.h"

namespace pipeline {

// One way to a destination: a connection of one delivery worker, or the sink's own transport.
class Link {
 public:
  virtual ~Link() = default;
  // One attempt. `payload` is what goes on the wire and `request` says what it is; both outlive the
  // task.
  virtual Task<Result<Response>> send(const Encoded& request, const std::string& payload,
                                      Instant deadline) = 0;
};

// Makes a link for a worker on `executor`; fails when an option that is only known at run time is
// wrong (an unreadable certificate). Tests pass one that needs no network.
using LinkMaker =
    std::function<Result<std::unique_ptr<Link>>(Sink& sink, const Executor& executor)>;

// Links over HTTP for sinks with an HttpTarget, and to the sink's transport for the others.
LinkMaker make_link_maker(Clock& clock, Log& log);

}  // namespace pipeline
