// README keeps its word: every boxwarp command that it shows runs (trainings cut down to a few steps), and every path that
// it names is there.
#include <algorithm>
#include <filesystem>
#include <regex>

#include "tests/tools/run_command.hpp"

namespace boxwarp::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = BOXWARP_SOURCE_DIR;
const std::string kProgram = "build/release/boxwarp";

std::string readme() { return content(kSource / "README.md"); }

// The lines of all ```sh blocks, those that end in a backslash joined with the next; comments dropped.
std::vector<std::string> shell_lines() {
  std::vector<std::string> lines;
  bool inside = false, joined = false;
  for (std::string line : lines_of(readme())) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
      continue;
    }
    if (!inside) continue;
    line = line.substr(0, line.find("  #"));
    const bool more = line.ends_with('\\');
    if (more) line.pop_back();
    joined ? lines.back() += line : lines.emplace_back(line);
    joined = more;
  }
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// What README says lies elsewhere: the quick start's run, and a few levels in the place of Boxoban's.
void lay_out(const Folder& folder) {
  for (const char* name : {"levels", "tools"}) fs::create_directory_symlink(kSource / name, folder / name);
  fs::create_directories(folder / "runs");
  fs::create_directory_symlink(kSource / "tools/models/quick", folder / "runs/quickstart");
  const std::string level =
      "; 0\n##########\n#        #\n#  $.    #\n# @      #\n#  $  .  #\n#    ##  #\n#  $. ## #\n#   $ .  #\n"
      "#        #\n##########\n\n";
  for (const char* set : {"unfiltered/train", "unfiltered/test", "medium/valid", "hard"}) {
    fs::create_directories(folder / ("boxoban-levels/" + std::string(set)));
    write_text(folder / ("boxoban-levels/" + std::string(set) + "/000.txt"), level);
  }
}

TEST(Readme, EveryCommandRuns) {
  const Folder folder;
  lay_out(folder);
  fs::current_path(folder / ".");
  int commands = 0;
  for (const std::string& line : shell_lines()) {
    std::vector<std::string> words = words_of(line);
    if (words.empty() || words[0] != kProgram) continue;
    words.erase(words.begin());
    if (words[0] == "train") {
      const bool goes_on = std::ranges::find(words, "--continue-from") != words.end();  // behind the frames of another
      for (const char* word :
           {"--frames", goes_on ? "16" : "8", "--set", "num_envs=2", "--set", "minibatch_envs=2", "--set", "unroll=2"})
        words.emplace_back(word);
    }
    const Output output = boxwarp(words, {}, words[0] == "play" ? "q" : "");
    EXPECT_EQ(output.status, 0) << line << "\n" << output.err;
    ++commands;
  }
  EXPECT_GE(commands, 10);
}

TEST(Scripts, TellWhatTheyDoAndRefuseWhatTheyDoNotKnow) {
  int scripts = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(kSource / "tools")) {
    if (entry.path().extension() != ".sh") continue;
    const auto status = [&](const std::string& option) {
      return WEXITSTATUS(std::system(("'" + entry.path().string() + "' " + option + " >/dev/null 2>&1").c_str()));
    };
    EXPECT_EQ(status("--help"), 0) << entry.path();
    EXPECT_EQ(status("--nonsense"), 2) << entry.path();
    ++scripts;
  }
  EXPECT_GE(scripts, 5);
}

TEST(Readme, EveryScriptAndLinkedFileIsThere) {
  const std::string text = readme();
  int paths = 0;
  for (const std::string& line : shell_lines()) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || !words[0].starts_with("tools/")) continue;
    EXPECT_TRUE(fs::exists(kSource / words[0])) << words[0];
    ++paths;
  }
  const std::regex link(R"(\]\(([^)#]+)\))");
  for (std::sregex_iterator found(text.begin(), text.end(), link), end; found != end; ++found) {
    const std::string target = (*found)[1];
    if (target.starts_with("http")) continue;
    EXPECT_TRUE(fs::exists(kSource / target)) << target;
    ++paths;
  }
  EXPECT_GE(paths, 5);
}

}  // namespace
}  // namespace boxwarp::test
