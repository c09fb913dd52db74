#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/base/clock.h"
#include "pipeline/base/fs.h"
#include "pipeline/model/labels.h"
#include "pipeline/model/partition.h"
#include "plugins/sources/file/anchors.h"
#include "plugins/sources/file/fingerprint.h"
#include "plugins/sources/file/mailbox.h"
#include "plugins/sources/file/position_record.h"
#include "plugins/sources/file/position_ring.h"
#include "plugins/sources/file/utf16.h"

namespace plugins::sources::file {

// Everything about one file that is followed. It is its (device, inode) and the bytes that it began
// with, never its name. The strand of the source only.
struct TailedFile {
  // Identity. A file that was truncated gets a new number and identity, so that verdicts about what
  // it held before cannot be taken for others.
  std::uint64_t number = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t identity = 0;
  Digest head;                             // grows with the file up to kHeadBytes
  Encoding encoding = Encoding::detect;

  // Names. Records are named after the first one, also when the file has been rotated since.
  std::string named;
  std::string path;        // where it is now
  std::string alias;       // what `path` links to, where that differs

  // The last look at it.
  std::unique_ptr<pipeline::File> file;    // null while idle
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  pipeline::Instant grew_at{};
  pipeline::Instant behind_since{};        // the epoch while all is read

  // Reading.
  Mark at;                                 // where the next read begins
  std::uint64_t again_until = 0;           // records before this were read before
  std::uint64_t flush_at = 0;              // a last line that ends here is complete without newline
  PositionRing ring;
  Anchors anchors;
  boost::intrusive_ptr<FileAcks> acks;
  pipeline::PartitionRef partition;        // made with the first record
  pipeline::LabelSetRef labels;
  // The file that had this name before and should be read first.
  std::weak_ptr<TailedFile> predecessor;

  // Trouble.
  pipeline::Instant retry_at{};            // not opened before
  pipeline::Instant rewind_at{};           // not rewound before
  std::uint8_t failures = 0;               // to open or read, in a row
  std::uint8_t rewinds = 0;                // without progress in between

  bool is_identified = false;              // opened once and compared with the stored positions
  bool is_only_if_stored = false;          // found by a stored position; without it not ours
  bool is_queued = false;                  // waits for its turn to be read
  bool is_active = false;                  // looked at by every tick
  bool is_rotated = false;                 // another file has its name, or none
  bool is_gone = false;                    // no name leads to it; readable while it is open
  bool is_path_lost = false;               // its name was found to lead elsewhere in this round
  bool is_missed = false;                  // and was not found again by one look
  bool is_ignored = false;                 // too old when it was first seen
  bool is_own = false;                     // this process's own output
  bool is_rewinding = false;               // waits for its outstanding records, then goes back
  bool is_dirty = false;                   // its position has to be saved
  std::uint64_t sweep = 0;                 // the last sweep that found it

  std::uint64_t unread() const noexcept { return size > at.offset ? size - at.offset : 0; }
  bool is_failing() const noexcept { return failures > 0; }
  // What has to be kept of it, as of now.
  PositionRecord record(std::int64_t now_s) const {
    return {device, inode, identity, head, ring.acked(), modified_ns, now_s, anchors.list(), named};
  }
  std::string key() const { return position_key(device, inode, identity); }
};

using TailedFileRef = std::shared_ptr<TailedFile>;

}  // namespace plugins::sources::file
