/** From a line to a block: what belongs above and below it, and where it ends [AN17]. */
import type { Rank } from "./rank.ts";
import type { WindowLine } from "./windows.ts";

/** Inclusive indices into a window's lines. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Lines that go on with a message: stack frames, carets, diffs, expectations, causes, notes. */
const CONTINUES: readonly RegExp[] = [
  /^\s+(?:at|in|from|by|File|on line|while|and|or|note|help)\b/,
  /^\s*(?:\^|~|\||│|┃|╵|╷|└|├|→|>|<|»|›|…|\.\.\.|=|\*|#|\+|-)/,
  /^\s*\d+ *[|:│]/,
  /^(?:E|In|Expected|Actual|Received|Got|expected|actual|got|Caused by|caused by|Reason|Message|Description|Note|note|Hint|hint|help|Stack|stack|Stacktrace|Traceback|Difference|Context|Details|Output|Location|File|Line|where|with|because|See|see|Did you|did you|Error Trace|Error|Test|Messages|Name|name|message|left|right|stdout|stderr)\b ?:?/,
  /^\S+[/\\]\S+:\d+/,
  /^\S+@\S+:\d+:\d+/,
  /^\s{2,}\S/,
  /^\t\S/,
];
/** Lines that tell of work going on, not of its failure. */
const NOISE: readonly RegExp[] = [
  /^\s*(?:Linting|Processing|Analy[sz]ing|Download(?:ing|ed)|Fetching|Receiving|Resolving|Unpacking|Extracting|Installing|Using|Get:\d|Hit:\d|Ign:\d|Selecting|Preparing|Setting up|Updating|Compiling|Checking|Building|Generating|Copying|Linking|Progress|Reading|Cloning|Running|Requirement already|Collecting|remote:|Uploading|Processing triggers|Created|Creating|Removing|Starting|Finished in|Done in|Finished|Loaded|Loading)\b/,
  /^\s*(?:\S* *)?[.·*,FEsS]{20,}\s*(?:\[ *\d+%\])?$/,
  /^\s*(?:ok|PASS|PASSED|✓|✔|√|passed)\b/,
  /^\s*(?:✓|✔|√|·|◌)/,
  /^(?:=== (?:RUN|PAUSE|CONT)|--- PASS|test .* \.\.\. ok$|\[ +(?:OK|RUN|PASSED) +\])/,
  /^\s*(?:\[INFO\]|\[info\]|INFO\b|\[debug\]|DEBUG\b|npm (?:WARN|info|notice|verb|http)|\[warn\]|\[WARNING\])/,
  /^\s*\d{1,3}(?:\.\d+)?% |\b\d{1,3}% \[|\d+%\|/,
  /^(?:travis_(?:fold|time)|section_(?:start|end)|##\[(?:group|endgroup|section|command)\]|The command "|Done\. Your build|\[Pipeline\]|Post job cleanup)/,
  /^\$ |^\+ \w+ |^> \S+@\S+ /,
  /^(?:make|gmake|mingw32-make)(?:\[\d+\])?: (?:Entering|Leaving|Nothing)/,
  /^\s*(?:CC|CXX|LD|AR|GEN|ERLC|LINK|CCLD|INSTALL|MKDIR) {1,}\S/,
  /^\[ *\d+%\]|^\[\d+\/\d+\]|^\[ *\d+ of \d+\] /,
];

/** What build tools print around any failure. */
const BOILERPLATE =
  /^(?:\[ERROR\] *(?:$|\[Help|-> \[Help|Re-run|To see|For more|After correcting|mvn |Please refer|See )|Run with --|> Run with|\* (?:Try|Get more help)|npm (?:ERR!|error) *(?:$|A complete log|Please include|If you need|<http|This is probably not)|\[error\] *$|Tasks: TOP =>|\(See full trace by)/;

/** What a line is to the block above it. */
type Role = "blank" | "noise" | "scores" | "continues" | "other";

/** Whether a line only tells of work going on. */
export const isNoise = (text: string): boolean =>
  BOILERPLATE.test(text) || NOISE.some((re) => re.test(text));

/** Grows around the line at `seed`. Never crosses `floor` and `ceiling` (indices, inclusive): section ends. */
export function grow(
  lines: readonly WindowLine[],
  seed: number,
  bounds: Extent,
  rank: Rank,
): Extent {
  return {
    from: growUp(lines, seed, bounds.from, rank),
    to: growDown(lines, seed, bounds.to, rank),
  };
}

/** The unbroken run of lines around a line that says nothing known: bounded by blanks, noise and `rank.tailUp`. */
export function paragraph(
  lines: readonly WindowLine[],
  seed: number,
  bounds: Extent,
  rank: Rank,
): Extent {
  const plain = (at: number): boolean => {
    const line = lines[at];
    return line !== undefined && line.text !== "" && !line.marker && !isNoise(line.text);
  };
  let from = seed;
  while (from > Math.max(bounds.from, seed - rank.tailUp) && plain(from - 1)) from--;
  let to = seed;
  while (to < Math.min(bounds.to, seed + rank.tailUp) && plain(to + 1)) to++;
  return { from, to };
}

/** Where what follows a parser's range ends: only lines that plainly go on, without a gap. */
export function growOn(
  lines: readonly WindowLine[],
  last: number,
  bounds: Extent,
  rank: Rank,
): number {
  const indent = indentOf(lines[last]?.text ?? "");
  let to = last;
  while (to < Math.min(bounds.to, last + rank.growDown)) {
    const line = lines[to + 1];
    if (!line || roleOf(line, indent, rank) !== "continues") break;
    to++;
  }
  return to;
}

function growUp(lines: readonly WindowLine[], seed: number, floor: number, rank: Rank): number {
  const indent = indentOf(lines[seed]?.text ?? "");
  let from = seed;
  for (let at = seed - 1; at >= Math.max(floor, seed - rank.growUp); at--) {
    const line = lines[at];
    if (!line) break;
    const role = roleOf(line, indent, rank);
    if (role !== "scores" && !(role === "continues" && indent > 0)) break;
    from = at;
  }
  return from;
}

function growDown(lines: readonly WindowLine[], seed: number, ceiling: number, rank: Rank): number {
  const indent = indentOf(lines[seed]?.text ?? "");
  let to = seed;
  let blanks = 0;
  let others = 0;
  for (let at = seed + 1; at <= Math.min(ceiling, seed + rank.growDown); at++) {
    const line = lines[at];
    if (!line) break;
    const role = roleOf(line, indent, rank);
    if (role === "noise") break;
    if (role === "blank") blanks++;
    if (role === "other") others++;
    if (blanks > 2 || others > 1) break;
    if (role !== "scores" && role !== "continues") continue;
    // After a gap only what scores or is plainly indented goes on; a caret or dash may be anything's.
    to = at;
    blanks = 0;
    others = 0;
  }
  return to;
}

function roleOf(line: WindowLine, indent: number, rank: Rank): Role {
  if (line.text === "") return "blank";
  if (line.verdict.weight >= rank.growWeight && !BOILERPLATE.test(line.text)) return "scores";
  if (line.marker || isNoise(line.text)) return "noise";
  if (indentOf(line.text) > indent) return "continues";
  return CONTINUES.some((re) => re.test(line.text)) ? "continues" : "other";
}

const indentOf = (text: string): number => {
  const at = text.search(/\S/);
  return at < 0 ? 0 : at;
};
