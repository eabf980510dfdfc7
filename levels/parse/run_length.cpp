#include "levels/parse/run_length.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace boxwarp {

namespace {

// A number, and where it stands in the line, from 0.
struct Count {
  std::size_t value, at;
};

// A group that is open: its cells begin at `begin` of those decoded so far.
struct Group {
  Count count;
  std::size_t begin;
};

class LineDecoder {
 public:
  explicit LineDecoder(std::size_t room) : room_(room) {}

  std::variant<std::vector<DecodedRow>, RunLengthError> decode(std::string_view line) {
    for (std::size_t at = 0; at < line.size(); ++at) {
      take(line[at], at);
      if (error_) return *std::move(error_);
    }
    if (count_) {
      fail_without_character(*count_);
    } else if (!groups_.empty()) {
      fail(groups_.back().count.at, "a group without an end; close it by ')' in the same line");
    }
    if (error_) return *std::move(error_);
    return rows();
  }

 private:
  void take(char byte, std::size_t at) {
    if (byte >= '0' && byte <= '9') {
      if (!count_) count_ = Count{0, at};
      count_->value = std::min(10 * count_->value + static_cast<std::size_t>(byte - '0'), kMostDecodedCells + 1);
      return;
    }
    const std::optional<Count> count = std::exchange(count_, std::nullopt);
    if (count && count->value == 0) {
      fail(count->at, "a run of length 0; write a number from 1, or leave the run out");
    } else if (byte == '(') {
      open_group(count, at);
    } else if (count && (byte == ')' || byte == '|')) {
      fail_without_character(*count);
    } else if (byte == ')') {
      close_group(at);
    } else {
      put(byte, count ? count->value : 1, at);
    }
  }

  void open_group(std::optional<Count> count, std::size_t at) {
    if (count) {
      groups_.push_back({*count, cells_.size()});
    } else {
      fail(at, "a group without a number; write how often it comes before '('");
    }
  }

  void close_group(std::size_t at) {
    if (groups_.empty()) return fail(at, "')' without a group that it could end; write 2(...)");
    const Group group = groups_.back();
    groups_.pop_back();
    const std::size_t length = cells_.size() - group.begin, more = group.count.value - 1;
    if (length == 0) return fail_without_character(group.count);
    if (cells_.size() + more * length > room_) return fail_too_large(group.count.at);
    for (std::size_t i = 0; i < more * length; ++i) {
      cells_ += cells_[group.begin + i];
      columns_.push_back(columns_[group.begin + i]);
    }
  }

  void put(char byte, std::size_t count, std::size_t at) {
    if (cells_.size() + count > room_) return fail_too_large(at);
    cells_.append(count, byte);
    columns_.insert(columns_.end(), count, at + 1);
  }

  std::vector<DecodedRow> rows() const {
    std::vector<DecodedRow> rows;
    for (std::size_t from = 0; from < cells_.size();) {
      const std::size_t end = std::min(cells_.find('|', from), cells_.size());
      const auto column = [&](std::size_t i) { return columns_.begin() + static_cast<std::ptrdiff_t>(i); };
      rows.push_back({cells_.substr(from, end - from), {column(from), column(end)}});
      from = end + 1;
    }
    return rows;
  }

  void fail(std::size_t at, std::string message) {
    error_ = RunLengthError{LevelErrorKind::bad_run_length, at + 1, std::move(message)};
  }
  void fail_without_character(Count count) { fail(count.at, "a run length without a character after it to repeat"); }
  void fail_too_large(std::size_t at) {
    error_ = RunLengthError{
        LevelErrorKind::too_large, at + 1,
        fmt::format("run lengths for more than {} cells; boards have at most 64 rows and columns", kMostDecodedCells)};
  }

  const std::size_t room_;
  std::string cells_;  // rows parted by '|'
  std::vector<std::size_t> columns_;
  std::vector<Group> groups_;
  std::optional<Count> count_;
  std::optional<RunLengthError> error_;
};

}  // namespace

std::variant<std::vector<DecodedRow>, RunLengthError> decode_run_lengths(std::string_view line, std::size_t room) {
  return LineDecoder(room).decode(line);
}

}  // namespace boxwarp
