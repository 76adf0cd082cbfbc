// What every page carries: its styles and its script.
#pragma once

namespace vits::report {

inline constexpr const char* kStyles = R"css(
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --ink: #1d2126; --soft: #626a73; --rule: #e1e4e8; --accent: #3f7fc1;
  --good: #2a8f5f; --note: #3f7fc1; --warning: #b97f0c; --bad: #c9372c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --card: #1e2227; --ink: #e8eaed; --soft: #9aa3ad; --rule: #343a42; --accent: #6aa5e3;
    --good: #57b98a; --note: #6aa5e3; --warning: #e0ab3f; --bad: #ef6f63;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px 16px 64px; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.2rem; margin: 40px 0 12px; }
p { margin: 6px 0; max-width: 75ch; }
.subtitle, .small, .said { color: var(--soft); }
.small, .said { font-size: .85rem; }
.figures { display: grid; gap: 10px; margin: 20px 0; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 10px 14px; }
.figures b { display: block; font-size: 1.25rem; white-space: nowrap; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures span { color: var(--soft); font-size: .85rem; }
.figures .good b { color: var(--good); }
.figures .warning b { color: var(--warning); }
.figures .bad b { color: var(--bad); }
.plots { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
.plot { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px; }
.plot figcaption { font-weight: 600; font-size: .95rem; margin-bottom: 4px; }
.plot svg { display: block; width: 100%; max-width: 560px; height: auto; }
.plot.map { grid-column: 1 / -1; }
.plot.map svg { max-width: 960px; margin: 0 auto; }
.tick, .word { font-size: 10px; fill: var(--soft); }
.word { fill: var(--ink); }
.grid { stroke: var(--rule); stroke-width: .7; }
.axis { stroke: var(--soft); stroke-width: .8; }
.mark { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 3 2; }
.bar { fill: var(--accent); }
circle { fill-opacity: .75; }
circle[data-sound] { cursor: pointer; }
circle:hover, circle.on { fill-opacity: 1; stroke: var(--ink); stroke-width: 1; }
.said { min-height: 1.5em; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 6px 0 0; padding: 0; }
.legend { font-size: .85rem; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
.bars { display: grid; grid-template-columns: minmax(60px, auto) 1fr; gap: 4px 10px; font-size: .85rem; }
.bars div { display: flex; align-items: center; gap: 6px; min-width: 0; }
.bars i { display: block; height: 14px; border-radius: 3px; min-width: 2px; flex: none; }
.bars span { color: var(--soft); font-variant-numeric: tabular-nums; min-width: 0; }
.notice { background: var(--card); border: 1px solid var(--rule); border-left: 5px solid var(--soft); }
.notice { border-radius: 8px; padding: 10px 14px; margin: 12px 0 0; }
.notice.good { border-left-color: var(--good); }
.notice.note { border-left-color: var(--note); }
.notice.warning { border-left-color: var(--warning); }
.notice.bad { border-left-color: var(--bad); }
details { margin: 0 0 0 5px; padding: 4px 0 0 14px; }
.notice + details[open] { padding-bottom: 12px; }
summary { cursor: pointer; color: var(--accent); font-size: .9rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: 8px 0; }
th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap; }
th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td div { unicode-bidi: plaintext; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
mark { background: var(--warning); color: var(--page); border-radius: 2px; padding: 0 2px; }
audio { display: block; width: 250px; min-width: 150px; max-width: 100%; height: 34px; margin-bottom: 2px; }
@media (max-width: 700px) {
  thead { display: none; }
  table, tbody, tr, td { display: block; }
  tr { border-bottom: 1px solid var(--rule); padding: 8px 0; }
  td { border: 0; padding: 2px 0; display: grid; grid-template-columns: 7.5em minmax(0, 1fr); gap: 8px; }
  td::before { content: attr(data-column); color: var(--soft); }
  .number { white-space: normal; }
  details { margin-left: 0; padding-left: 0; }
}
)css";

// Points of a map tell their label and play; one sound at a time on the whole page.
inline constexpr const char* kScript = R"js(
const player = new Audio();
document.addEventListener('play', event => {
  player.pause();
  for (const other of document.querySelectorAll('audio')) if (other !== event.target) other.pause();
}, true);
for (const svg of document.querySelectorAll('svg')) {
  const said = svg.parentElement.querySelector('.said');
  if (!said) continue;
  const tell = event => {
    const title = event.target.querySelector && event.target.tagName === 'circle' && event.target.querySelector('title');
    if (title) said.textContent = title.textContent;
    return Boolean(title);
  };
  svg.addEventListener('pointerover', tell);
  svg.addEventListener('click', event => {
    if (!tell(event)) return;
    for (const on of svg.querySelectorAll('.on')) on.classList.remove('on');
    event.target.classList.add('on');
    if (!event.target.dataset.sound) return;
    for (const other of document.querySelectorAll('audio')) other.pause();
    player.src = event.target.dataset.sound;
    player.play();
  });
}
)js";

}  // namespace vits::report
