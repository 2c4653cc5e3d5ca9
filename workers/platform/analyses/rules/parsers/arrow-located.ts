/** Messages whose place follows on the next line behind an arrow: rustc and cargo, typos, ruff's full form, Elixir. */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { compileCode, intOf, positive, severityOf } from "./words.ts";

const HEAD =
  /^(?:(error|warning|note|help)(?:\[([\w:-]+)\])?: (\S.*)|([A-Z]{1,4}\d{3,4}) (?:\[\*\] )?(\S.*))$/;
const ARROW = /^\s*(?:-->|└─|╭▸|::: ) ?(\S[^:]*|[A-Za-z]:[^:]*):(\d+)(?::(\d+))?/;
/** The arrow follows at once; a message may take a second line, and some tools put a frame line between. */
const GAP_MAX = 4;
/** How far down a shown excerpt may go. */
const EXCERPT_MAX = 60;

export const arrowLocated: Parser = {
  id: "arrow_located",
  kind: "compiler",
  prefilter: [
    String.raw`^(?:error|warning)(?:\[[\w:-]{1,12}\])?: \S`,
    String.raw`^(?:[A-Z]|UP|RUF|SIM|PL[CREW]|ANN|ARG|PERF|FURB|TRY)\d\d\d `,
  ],
  opens: (line) => HEAD.test(line),
  open,
};

interface Head {
  readonly word: string;
  readonly rule: string | undefined;
  readonly message: string;
  readonly from: number;
}

function open(findings: Findings): OpenParser {
  let head: Head | undefined;
  let placed: { error: boolean; from: number; message: string } | undefined;
  let from = 0;
  let last = 0;
  const flush = (to: number): void => {
    if (placed?.error === true)
      findings.failure({ from: placed.from, to, code: compileCode(placed.message) });
    placed = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      const next = headOf(line, n);
      if (next !== undefined) {
        flush(n - 1);
        [head, from] = [next, n];
        return true;
      }
      if (head !== undefined) {
        const arrow = ARROW.exec(line);
        if (arrow !== null) {
          emit(findings, head, arrow);
          placed = {
            error: severityOf(head.word) === "error",
            from: head.from,
            message: head.message,
          };
          head = undefined;
          return true;
        }
        return n - from < GAP_MAX && /^\s+\S/.test(line);
      }
      const inside = /^\s*(?:\d+ *)?(?:\||│|=|\.\.\.|-->|:::)/.test(line) && n - from < EXCERPT_MAX;
      if (!inside) flush(n - 1);
      return inside;
    },
    end: () => flush(last),
  };
}

function headOf(line: string, n: number): Head | undefined {
  const match = HEAD.exec(line);
  if (
    match === null ||
    /^(?:aborting|could not compile|\d+ warnings?|build failed)/.test(match[3] ?? "")
  )
    return undefined;
  // Notes and help below a message belong to it: they never begin at the margin.
  if (match[4] !== undefined)
    return { word: "warning", rule: match[4], message: match[5] ?? "", from: n };
  return { word: match[1] ?? "", rule: match[2], message: match[3] ?? "", from: n };
}

function emit(findings: Findings, head: Head, arrow: RegExpExecArray): void {
  const file = (arrow[1] ?? "").trim();
  const line = intOf(arrow[2]);
  findings.diagnostic({
    tool: toolOf(file, head),
    severity: severityOf(head.word),
    file,
    line,
    column: positive(arrow[3]),
    rule: head.rule,
    message: head.message,
    log_line: head.from,
  });
}

function toolOf(file: string, head: Head): string {
  if (/` should be `/.test(head.message)) return "typos";
  if (/\.pyi?$/.test(file)) return "ruff";
  return /\.exs?$/.test(file) ? "elixir" : "rustc";
}
