#include "levels/parse/text.hpp"

#include <algorithm>
#include <utility>

#include "levels/parse/lines.hpp"
#include "levels/parse/run_length.hpp"
#include "levels/parse/title.hpp"

namespace boxwarp {

namespace {

class TextReader {
 public:
  TextReader(std::string path, Format format)
      : format_(format), alphabet_(format == Format::sok ? Alphabet::sok : Alphabet::xsb) {
    file_.path = std::move(path);
    board_.alphabet = alphabet_;
  }

  ParsedFile read(std::string_view bytes) {
    for_each_line(without_byte_order_mark(bytes), [this](std::string_view line) {
      ++line_;
      take_line(line);
    });
    close_board();
    end_of_keys();
    check_end();
    return std::move(file_);
  }

 private:
  void take_line(std::string_view line) {
    if (comment_line_ > 0) {
      if (has_key(line, "comment-end:")) comment_line_ = 0;
      return;
    }
    if (!board_.rows.empty()) {
      if (!ends_board(line)) {
        board_.rows.push_back({line, line_, {}});
        return;
      }
      close_board();
      below_board_ = true;
    }
    const bool run_lengths = opens_run_lengths(line, alphabet_, format_ == Format::rle);
    if (run_lengths || opens_board(line, alphabet_)) {
      open_board(line, run_lengths);
    } else if (begins_comment(line)) {
      comment_line_ = line_;
    } else if (trimmed(line).empty()) {
      end_of_keys();
    } else {
      title_.read(line);
    }
  }

  bool begins_comment(std::string_view line) const {
    constexpr std::string_view kKey = "comment:";
    return has_key(line, kKey) && (format_ == Format::sok || trimmed(line.substr(kKey.size())).empty());
  }

  void open_board(std::string_view line, bool run_lengths) {
    named_for_sure_ = title_.is_strong();
    board_.title = title_.take();
    board_.ordinal = ++ordinal_;
    board_.rows.push_back({line, line_, {}});
    run_lengths_ = run_lengths;
    below_board_ = false;
  }

  void close_board() {
    if (board_.rows.empty()) return;
    const std::size_t levels = file_.levels.size();
    add(file_, run_lengths_ ? level_of_run_lengths() : level_of(board_));
    accepted_ = file_.levels.size() > levels;
    board_.rows.clear();
  }

  std::variant<ParsedLevel, LevelError> level_of_run_lengths() const {
    BoardText board = board_;
    board.rows.clear();
    std::vector<std::vector<DecodedRow>> decoded;  // holds what the rows look at
    std::size_t room = kMostDecodedCells;
    for (const BoardRow& row : board_.rows) {
      auto result = decode_run_lengths(row.cells, room);
      if (const auto* error = std::get_if<RunLengthError>(&result)) {
        return LevelError{.kind = error->kind,
                          .ordinal = board_.ordinal,
                          .line = row.line,
                          .column = static_cast<std::int64_t>(error->column),
                          .byte = static_cast<unsigned char>(row.cells[error->column - 1]),
                          .title = board_.title,
                          .message = error->message};
      }
      decoded.push_back(std::get<std::vector<DecodedRow>>(std::move(result)));
      for (const DecodedRow& part : decoded.back()) {
        board.rows.push_back({part.cells, row.line, part.columns});
        room -= std::min(room, part.cells.size() + 1);
      }
    }
    return level_of(board);
  }

  // Gives the last board the title that stands below it.
  void end_of_keys() {
    if (below_board_ && title_.is_key() && !named_for_sure_) {
      (accepted_ ? file_.levels.back().level.title : file_.errors.back().title) = title_.take();
    }
    below_board_ = false;
  }

  void check_end() {
    if (comment_line_ > 0) {
      file_.errors.push_back({.kind = LevelErrorKind::unterminated_comment,
                              .line = comment_line_,
                              .column = 1,
                              .byte = {},
                              .title = {},
                              .message = "a comment without an end; close it by a line \"Comment-End:\""});
    }
    if (file_.levels.empty() && file_.errors.empty()) {
      file_.errors.push_back({.kind = LevelErrorKind::no_level,
                              .byte = {},
                              .title = {},
                              .message = "no level in this file; a board is rows of \" #@+$*.\" closed in by '#'"});
    }
  }

  const Format format_;
  const Alphabet alphabet_;
  ParsedFile file_;
  BoardText board_;
  TitleReader title_;
  std::int64_t line_ = 0, ordinal_ = 0;
  std::int64_t comment_line_ = 0;  // where the comment began that is open; 0: none is
  bool run_lengths_ = false;       // the board that is open has them
  bool below_board_ = false;       // nothing but keys and prose since the last board, and no blank line
  bool named_for_sure_ = false;    // the last board has a title in quotes or by key
  bool accepted_ = false;          // the last board was
};

}  // namespace

ParsedFile parse_text(std::string path, std::string_view bytes, Format format) {
  return TextReader(std::move(path), format).read(bytes);
}

}  // namespace boxwarp
