// Pages: what is inside them, and that nothing a text holds can break out of it.
#include "vits/report/html.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <regex>

namespace {

using namespace vits::report;

int64_t sum(const std::vector<int64_t>& counts) { return std::accumulate(counts.begin(), counts.end(), int64_t{0}); }

TEST(Html, EscapesWhateverATextHolds) {
  EXPECT_EQ(html_escaped("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(html_escaped("ê 🙂 سڵاو"), "ê 🙂 سڵاو");
  // A broken character, a surrogate, an overlong slash, NUL and escape.
  EXPECT_EQ(html_escaped(std::string("a\xFFz\xED\xA0\x80\xC0\xAF\0\x1B", 10)), "a�z�������");
  EXPECT_EQ(html_escaped("\xC3"), "�");
  EXPECT_EQ(link_to("wavs/a b#?%é.wav"), "wavs/a%20b%23%3F%25%C3%A9.wav");
}

TEST(Html, IsOneFileWithoutAnythingFromElsewhere) {
  HtmlPage page("A </title><script>alert(1)</script>", "sub");
  page.section("One");
  page.figures({{"clips", "4,812", Tone::kGood}});
  page.plots({to_svg(histogram_of({1, 2, 3}, "h", "s"))});
  page.notice(Tone::kBad, "bad", {"why", "what"});
  page.open_fold("more");
  page.table({{"Listen", "Text"},
              {{Cell{.text = "", .sound = "wavs/a&b.wav"}, Cell{.text = "a x<y> a", .sound = {}, .marked = "x<y>"}}},
              70,
              "the list"});
  page.close_fold();
  const std::string html = page.html();
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos);
  EXPECT_EQ(html.find("@import"), std::string::npos);
  EXPECT_NE(html.find("<audio controls preload=\"none\" src=\"wavs/a%26b.wav\">"), std::string::npos);
  EXPECT_NE(html.find("a <mark>x&lt;y&gt;</mark> a"), std::string::npos);
  EXPECT_NE(html.find("The first 1 of 70; all are in the list."), std::string::npos);
  // Every element that is opened is closed, in its order.
  std::vector<std::string> open;
  const std::regex tag(R"(<(/?)([a-z0-9]+)[^>]*?(/?)>)");
  const std::string body = html.substr(html.find("<body>"), html.find("<script>") - html.find("<body>"));
  for (std::sregex_iterator at(body.begin(), body.end(), tag), end; at != end; ++at) {
    if ((*at)[3] == "/") continue;
    if ((*at)[1] == "/") {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), (*at)[2]);
      open.pop_back();
    } else {
      open.push_back((*at)[2]);
    }
  }
  EXPECT_EQ(open, std::vector<std::string>{"body"});
}

TEST(Histogram, CountsEveryFiniteValueInRoundBins) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(0.37 + 0.0123 * i);
  values.push_back(NAN);
  values.push_back(-INFINITY);
  const Histogram histogram = histogram_of(values, "t", "s");
  EXPECT_EQ(sum(histogram.counts), 1000);
  EXPECT_DOUBLE_EQ(histogram.bin_width, 1.0);
  EXPECT_DOUBLE_EQ(histogram.begin, 0.0);
  EXPECT_EQ(histogram.counts.size(), 13u);
  EXPECT_EQ(histogram.counts[0], 52) << "0.37 to 0.9973";
  EXPECT_EQ(sum(histogram_of({-23, -23, -23}, "t", "LUFS").counts), 3);
  EXPECT_EQ(sum(histogram_of({0, 0}, "t", "s").counts), 2);
  EXPECT_EQ(sum(histogram_of({1e300, -1e300}, "t", "s").counts), 2);
  const Histogram percent = histogram_of({0, 40, 100}, "t", "%");
  EXPECT_EQ(percent.counts.size(), 20u);
  EXPECT_EQ(percent.counts.back(), 1) << "the upper edge belongs to the last bin";
  EXPECT_EQ(histogram_of({-23.0003, -23.0002, -23.0001}, "t", "LUFS", 0.5).counts, std::vector<int64_t>{3});
  EXPECT_TRUE(histogram_of({NAN}, "t", "s").counts.empty());
  for (const auto& some : {histogram, histogram_of({}, "t", "s"), histogram_of({5}, "t", "s")})
    EXPECT_EQ(to_svg(some).find("nan"), std::string::npos);
}

TEST(Scatter, DrawsEveryPointUpToALimitAndSaysSo) {
  Scatter scatter{"map", "", "", {{"a", ""}, {"b", "#123456"}}, {}};
  for (int i = 0; i < 100; ++i)
    scatter.points.push_back({std::cos(i), std::sin(i), static_cast<size_t>(i % 2), "clip " + std::to_string(i),
                              "a/" + std::to_string(i) + ".wav"});
  scatter.points.push_back({NAN, 0, 0, "nowhere", ""});
  const auto count = [](const std::string& text, const std::string& word) {
    int found = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
  };
  const std::string svg = to_svg(scatter);
  EXPECT_EQ(count(svg, "<circle"), 100);
  EXPECT_EQ(count(svg, "fill=\"#123456\""), 50);
  EXPECT_EQ(count(svg, "data-sound=\"a/7.wav\""), 1);
  while (scatter.points.size() < 2 * kMostPointsDrawn) scatter.points.push_back({1, 2, 0, "", ""});
  const std::string many = to_svg(scatter);
  EXPECT_LE(count(many, "<circle"), static_cast<int>(kMostPointsDrawn));
  EXPECT_NE(many.find("6,000 of 12,000 points are drawn"), std::string::npos);
}

}  // namespace
