#include "host/python/wording.hpp"

#include <algorithm>
#include <iterator>

namespace boxwarp::python {

namespace {

struct Phrase {
  std::string_view command, python;
};

// What differs in more than its spelling; the first that fits is taken.
constexpr Phrase kPhrases[] = {{"--resume", "Trainer.resume"},
                               {"--continue-from", "Trainer.continue_from"},
                               {"--lenient", "lenient=True"},
                               {"--out names", "out names"},
                               {"--out ", "out="},
                               {"--device ", "device="},
                               {"--levels ", "levels="}};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string in_python(std::string_view text) {
  std::string said;
  while (!text.empty()) {
    const bool begins = said.empty() || said.back() == ' ' || said.back() == '(' || said.back() == '\n';
    if (!begins || !text.starts_with("--") || text.size() < 3 || !is_letter(text[2])) {
      said += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto phrase = std::ranges::find_if(kPhrases, [&](const Phrase& p) { return text.starts_with(p.command); });
    if (phrase != std::end(kPhrases)) {
      said += phrase->python;
      text.remove_prefix(phrase->command.size());
      continue;
    }
    text.remove_prefix(2);
    for (; !text.empty() && (is_letter(text.front()) || text.front() == '-'); text.remove_prefix(1))
      said += text.front() == '-' ? '_' : text.front();
  }
  return said;
}

std::string shown(nanobind::handle value) {
  constexpr std::size_t kLongest = 60;
  std::string text = nanobind::repr(value).c_str();
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

}  // namespace boxwarp::python
