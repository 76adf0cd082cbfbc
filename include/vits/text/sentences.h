// Long text in pieces that a voice can speak in one breath, and how long to be silent between them.
//
// VITS speaks a text as a whole: memory grows with its length, and voices trained on sentences lose their melody over a
// page. Cut at sentence ends, the pieces sound as the training data did and can be batched.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vits::text {

enum class Pause {
  kNone,       // the last piece, or a cut between two words of a sentence too long
  kClause,     // a cut at a comma, colon or dash of a sentence too long
  kSentence,   // . ! ? … and what other scripts have for them
  kParagraph,  // a line's end
};

struct Piece {
  std::string text;  // with the blanks that follow it
  Pause pause_after = Pause::kNone;
};

// The pieces joined are `utf8` again, byte for byte. Closing quotes and brackets stay with their sentence. No sentence
// ends inside a number (3.14), after an initial (J. Bach), an abbreviation (Dr., e.g.) or a number that begins the
// sentence (2. Allegro), nor at a full stop before a lower-case letter. A piece without any letter or digit joins the
// one before it.
//
// `max_characters` (code points, blanks at either end not counted) is kept by all pieces; a longer sentence is cut at
// the last comma in its second half, else between words, else anywhere but before a combining mark.
std::vector<Piece> split_sentences(std::string_view utf8, int64_t max_characters = 400);

}  // namespace vits::text
