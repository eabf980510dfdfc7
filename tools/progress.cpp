#include "tools/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "tools/terminal.hpp"

namespace boxwarp {

namespace {

using namespace std::chrono_literals;
constexpr auto kRedraw = 100ms, kPlainLine = 10'000ms, kSample = 1'000ms, kWindow = 30'000ms;
constexpr int kBarWidth = 24;

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, std::round(seconds)));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::int64_t sign = number < 0;
  for (auto i = static_cast<std::int64_t>(text.size()) - 3; i > sign; i -= 3)
    text.insert(static_cast<std::size_t>(i), 1, ',');
  return text;
}

std::string counted(std::int64_t number, const char* one, const char* many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

Progress::Progress(std::int64_t total, std::string unit, bool quiet, std::int64_t done_before)
    : total_(std::max<std::int64_t>(total, 1)),
      unit_(std::move(unit)),
      quiet_(quiet),
      terminal_(is_terminal(stderr)),
      colours_(takes_colours(stderr)),
      start_{Clock::now(), done_before},
      recent_{start_},
      printed_(start_.time),
      done_(done_before) {}

Progress::~Progress() {
  if (line_open_) std::fputc('\n', stderr);
}

void Progress::update(std::int64_t done, const std::string& extra) {
  const Clock::time_point now = Clock::now();
  done_ = done;
  extra_ = extra;
  if (now - recent_.back().time >= kSample) recent_.push_back({now, done});
  while (recent_.size() > 2 && now - recent_[1].time > kWindow) recent_.pop_front();
  if (now - printed_ < (terminal_ ? kRedraw : kPlainLine)) return;
  print(now);
}

void Progress::finish() {
  if (std::exchange(finished_, true)) return;
  recent_ = {start_};
  print(Clock::now());
  if (std::exchange(line_open_, false)) std::fputc('\n', stderr);
}

double Progress::rate(Clock::time_point now) const {
  const double seconds = seconds_between(recent_.front().time, now);
  return seconds > 0 ? static_cast<double>(done_ - recent_.front().done) / seconds : 0;
}

std::string Progress::line(Clock::time_point now) const {
  const double share = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
  const double per_second = rate(now);
  std::string text = fmt::format(
      "{}/{} {}  {} {}/s", grouped(done_), grouped(total_), unit_,
      per_second < 10 ? fmt::format("{:.1f}", per_second) : grouped(static_cast<std::int64_t>(std::round(per_second))),
      unit_);
  if (finished_) {
    text += fmt::format("  in {}", clock_text(seconds_between(start_.time, now)));
  } else if (per_second > 0) {
    text += fmt::format("  {} left", clock_text(static_cast<double>(total_ - done_) / per_second));
  }
  if (!extra_.empty()) text += "  " + extra_;
  return fmt::format("{:3.0f}%  {}", std::floor(100 * share), text);
}

void Progress::print(Clock::time_point now) {
  if (quiet_) return;
  printed_ = now;
  std::string text = line(now);
  if (!terminal_) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  // A line longer than the terminal would wrap, and a wrapped line cannot be rewritten.
  const auto columns = static_cast<std::size_t>(terminal_size(stderr).columns - 1);
  const int filled = static_cast<int>(kBarWidth * std::min<std::int64_t>(done_, total_) / total_);
  if (text.size() + kBarWidth + 3 <= columns) {
    const std::string bar = std::string(static_cast<std::size_t>(filled), '#');
    const std::string rest = std::string(static_cast<std::size_t>(kBarWidth - filled), '.');
    text.insert(4, colours_ ? fmt::format(" [\033[32m{}\033[0m{}]", bar, rest) : fmt::format(" [{}{}]", bar, rest));
  } else {
    text.resize(std::min(text.size(), columns));
  }
  fmt::print(stderr, "\r{}\033[K", text);
  std::fflush(stderr);
  line_open_ = true;
}

}  // namespace boxwarp
