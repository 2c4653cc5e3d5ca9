/** One log line as text runs: ANSI colours become classes, control and bidi characters become visible escapes [CN10]. */

export interface Run {
  readonly text: string;
  /** Class names of theme.css, empty for plain text. */
  readonly classes: string;
}

const COLORS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
// CSI sequences, OSC sequences up to BEL or ST, and lone two-character escapes.
const ESCAPES =
  /\u001b\[([0-9;:?]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;
// Control characters except tab, and everything that reorders or hides text (Trojan Source, CVE-2021-42574).
const HIDDEN =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

interface Style {
  color: string;
  readonly marks: Set<string>;
}

/**
 * Splits a line into runs. Linear in its length; never throws. The runs' texts hold no escape sequence.
 * Source of the codes: ECMA-48, "SGR - SELECT GRAPHIC RENDITION".
 */
export function runsOf(line: string): readonly Run[] {
  const runs: Run[] = [];
  const style: Style = { color: "", marks: new Set() };
  let from = 0;
  for (const match of line.matchAll(ESCAPES)) {
    push(runs, line.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match[2] === "m") select(style, match[1] ?? "");
  }
  push(runs, line.slice(from), style);
  return runs;
}

/** The line without escape sequences. */
export const plainText = (line: string): string => line.replaceAll(ESCAPES, "");

/** A line as a title: without escapes, indent and rulers such as `=====`; hidden characters visible. */
export const headline = (line: string): string =>
  runsOf(
    plainText(line)
      .replaceAll(/([_=~*#─⎯-])\1{3,}/g, " ")
      .trim(),
  )
    .map((run) => run.text)
    .join("");

function push(runs: Run[], text: string, style: Style): void {
  const classes = [...style.marks, style.color].filter((name) => name !== "").join(" ");
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) runs.push({ text: text.slice(from, match.index), classes });
    runs.push({ text: visible(match[0]), classes: "log-escape" });
    from = match.index + match[0].length;
  }
  if (from < text.length) runs.push({ text: text.slice(from), classes });
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

function select(style: Style, parameters: string): void {
  const codes = parameters === "" ? [0] : parameters.split(/[;:]/).map(Number);
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    // 38;5;n and 38;2;r;g;b name colours outside the eight: their arguments are skipped, the text stays readable.
    if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4;
    else apply(style, code);
  }
}

const MARKS: Readonly<Record<number, string>> = {
  1: "ansi-bold",
  2: "ansi-dim",
  3: "ansi-italic",
  4: "ansi-underline",
};

function apply(style: Style, code: number): void {
  const mark = MARKS[code];
  if (mark !== undefined) style.marks.add(mark);
  else if (code === 0) {
    style.marks.clear();
    style.color = "";
  } else if (code === 22) {
    style.marks.delete("ansi-bold");
    style.marks.delete("ansi-dim");
  } else if (code === 39) style.color = "";
  else if (code >= 30 && code <= 37) style.color = `ansi-${COLORS[code - 30] ?? "white"}`;
  else if (code >= 90 && code <= 97) style.color = `ansi-${COLORS[code - 90] ?? "white"}`;
}
