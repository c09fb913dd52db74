#pragma once

namespace pipeline {
class Registry;
}

namespace plugins {

// Registers every plugin whose folder was there when the build was configured.
void register_all(pipeline::Registry& registry);

}  // namespace plugins
