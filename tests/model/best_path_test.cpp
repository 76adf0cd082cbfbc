#include "vits/model/best_path.h"

#include <gtest/gtest.h>

#include "best_path_search.h"
#include "support/card.h"
#include "support/support.h"
#include "support/tensors.h"
#include "vits/base/error.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/cuda/CUDAContext.h>
#endif

namespace vits::model {
namespace {

// Calls look(score, token_lengths, frame_lengths, token_of_frame) for each batch; returns how many utterances there
// were.
template <class Look>
int64_t for_published_cases(const Look& look) {
  const auto tensors = support::read_tensors(
      support::reference_data("best_path", "tests/model/best_path_reference.py", {}) / "paths.safetensors");
  int64_t cases = 0;
  for (const auto& [name, score] : tensors) {
    if (!name.ends_with(".score")) continue;
    const std::string batch = name.substr(0, name.find('.') + 1);
    look(score, tensors.at(batch + "token_lengths"), tensors.at(batch + "frame_lengths"),
         tensors.at(batch + "token_of_frame"));
    cases += score.size(0);
  }
  return cases;
}

// [B, T, F] of ones and zeros from [B, F] with -1 for padding.
at::Tensor path_of(const at::Tensor& token_of_frame, int64_t tokens) {
  return token_of_frame.unsqueeze(1).eq(at::arange(tokens).view({1, -1, 1})).to(at::kFloat);
}

TEST(BestPath, EqualsThePublishedDefinitionOnTenThousandCases) {
  const int64_t cases =
      for_published_cases([](const auto& score, const auto& tokens, const auto& frames, const auto& expected) {
        EXPECT_TRUE(best_path(score, tokens, frames).equal(path_of(expected, score.size(1)))) << score.sizes();
      });
  EXPECT_GE(cases, 10000);
}

// Every way to give each frame a token, tried.
double best_sum(const at::TensorAccessor<float, 2>& score, int64_t token, int64_t frame, int64_t tokens,
                int64_t frames) {
  if (frame + 1 == frames) return token + 1 == tokens ? score[token][frame] : -1e30;
  double best = best_sum(score, token, frame + 1, tokens, frames);
  if (token + 1 < tokens) best = std::max(best, best_sum(score, token + 1, frame + 1, tokens, frames));
  return score[token][frame] + best;
}

TEST(BestPath, IsTheBestOfAllPaths) {
  at::manual_seed(5);
  for (int64_t tokens = 1; tokens <= 5; ++tokens) {
    for (int64_t frames = tokens; frames <= 10; ++frames) {
      const auto score = at::randn({1, tokens, frames});
      const auto only = score[0];
      const auto path = best_path(score, at::tensor({tokens}), at::tensor({frames}));
      EXPECT_TRUE(path.sum(1).eq(1).all().item<bool>());
      EXPECT_NEAR((path * score).sum().item<double>(), best_sum(only.accessor<float, 2>(), 0, 0, tokens, frames), 1e-4);
    }
  }
}

TEST(BestPath, TakesATransposedScoreAsItIs) {
  at::manual_seed(6);
  const auto by_frame = at::randn({3, 40, 17});
  const auto tokens = at::tensor({17, 4, 9}, at::kLong), frames = at::tensor({40, 31, 9}, at::kLong);
  EXPECT_TRUE(best_path(by_frame.transpose(1, 2), tokens, frames)
                  .equal(best_path(by_frame.transpose(1, 2).contiguous(), tokens, frames)));
}

TEST(BestPath, RefusesAnUtteranceWithFewerFramesThanTokensAndSaysWhich) {
  try {
    best_path(at::randn({2, 9, 12}), at::tensor({3, 9}, at::kLong), at::tensor({12, 8}, at::kLong));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Utterance 1 of the batch has 8 frames for 9 tokens"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(check_alignable(at::tensor({5}, at::kLong), at::tensor({4}, at::kLong), 5, 5), Error);
}

TEST(BestPath, LengthsBeyondTheScoreAreOurBug) {
  const auto score = at::randn({1, 4, 6});
  EXPECT_THROW(best_path(score, at::tensor({5}, at::kLong), at::tensor({6}, at::kLong)), c10::Error);
  EXPECT_THROW(best_path(score, at::tensor({4}, at::kLong), at::tensor({7}, at::kLong)), c10::Error);
  EXPECT_THROW(best_path(score, at::tensor({0}, at::kLong), at::tensor({6}, at::kLong)), c10::Error);
}

TEST(BestPath, OfScoresThatAreNotNumbersIsStillAPath) {
  const auto path = best_path(at::full({1, 5, 9}, NAN), at::tensor({5}, at::kLong), at::tensor({9}, at::kLong));
  EXPECT_TRUE(path.sum(1).eq(1).all().item<bool>());
}

#ifdef VITS_CUDA_KERNELS
TEST(BestPathScratch, LiesInSharedMemoryAsFarAsItFits) {
  const PathProblem problem{.utterances = 8, .tokens = 309, .frames = 604};
  const int64_t rows = 2 * 309 * 4, moves = 604 * 10 * 4;
  const auto all = plan_scratch(problem, 48 << 10), some = plan_scratch(problem, rows), none = plan_scratch(problem, 0);
  EXPECT_EQ(all.shared_bytes, rows + moves);
  EXPECT_EQ(all.rows_bytes + all.moves_bytes, 0);
  EXPECT_EQ(some.shared_bytes, rows);
  EXPECT_EQ(some.moves_bytes, 8 * moves);
  EXPECT_EQ(none.shared_bytes, 0);
  EXPECT_EQ(none.rows_bytes, 8 * rows);
}

TEST(BestPathCuda, EqualsThePublishedDefinitionOnTenThousandCases) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  for_published_cases([](const auto& score, const auto& tokens, const auto& frames, const auto& expected) {
    EXPECT_TRUE(best_path(score.cuda(), tokens, frames).cpu().equal(path_of(expected, score.size(1)))) << score.sizes();
    EXPECT_TRUE(best_path(score.cuda(), tokens.cuda(), frames.cuda()).cpu().equal(path_of(expected, score.size(1))));
  });
}

// A block has 1,024 threads.
TEST(BestPathCuda, FindsTheWayThroughMoreTokensThanABlockHasThreads) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(7);
  const auto score = at::randn({4, 2500, 2700});
  const auto tokens = at::tensor({2500, 1024, 1025, 1}, at::kLong),
             frames = at::tensor({2700, 1024, 2000, 9}, at::kLong);
  EXPECT_TRUE(best_path(score.to(*card), tokens, frames).cpu().equal(best_path(score, tokens, frames)));
}

TEST(BestPathCuda, DoesNotDependOnWhereItsScratchLies) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  for_published_cases([](const auto& score, const auto& tokens, const auto& frames, const auto& expected) {
    if (score.size(1) < 30) return;
    const auto by_frame = score.cuda().transpose(1, 2).contiguous();
    const auto token_lengths = tokens.cuda(), frame_lengths = frames.cuda();
    for (const int64_t available : {int64_t{0}, 2 * score.size(1) * 4}) {
      const auto path = at::zeros(score.sizes(), by_frame.options());
      const PathProblem problem{by_frame.template const_data_ptr<float>(),
                                token_lengths.template const_data_ptr<int64_t>(),
                                frame_lengths.template const_data_ptr<int64_t>(),
                                path.template mutable_data_ptr<float>(),
                                score.size(0),
                                score.size(1),
                                score.size(2)};
      const auto scratch = plan_scratch(problem, available);
      const auto rows = at::empty({scratch.rows_bytes + 1}, by_frame.options().dtype(at::kByte));
      const auto moves = at::empty({scratch.moves_bytes + 1}, by_frame.options().dtype(at::kByte));
      ASSERT_EQ(best_path_cuda(problem, scratch, available, static_cast<float*>(rows.data_ptr()),
                               static_cast<uint32_t*>(moves.data_ptr()), at::cuda::getCurrentCUDAStream()),
                cudaSuccess);
      EXPECT_TRUE(path.cpu().equal(path_of(expected, score.size(1)))) << score.sizes();
    }
  });
}
#endif

}  // namespace
}  // namespace vits::model
