// The title of a level, from the lines around its board.
#pragma once

#include <string>
#include <string_view>

namespace boxwarp {

// UTF-8 from bytes of any encoding: each that does not fit becomes U+FFFD, control characters and blanks at both ends go,
// and what is longer than 200 bytes is cut.
std::string as_title(std::string_view bytes);

// Titles stand as 'Title', "Title", "Title: Name" or "; Name" (a number or a key such as "; Author: ..." is none). Quoted
// ones and keys win over "; Name", later ones over earlier ones; "---" and "; 12" begin anew.
class TitleReader {
 public:
  void read(std::string_view line);  // one that belongs to no board; the bytes must stay until take()
  std::string take();                // what was read last, as_title; the next board starts without one

  bool is_key() const { return from_ == From::key; }
  bool is_strong() const { return from_ >= From::quotes; }  // quoted or by key

 private:
  enum class From { nothing, remark, quotes, key };

  void read_remark(std::string_view text);
  void read_key(std::string_view text);
  void set(std::string_view title, From from);
  void clear() { set({}, From::nothing); }

  std::string_view title_;
  From from_ = From::nothing;
};

}  // namespace boxwarp
