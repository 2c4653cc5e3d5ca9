/**
 * Messages whose place follows below: behind an arrow (rustc and cargo, typos, ruff, Solidity, TOML and Elixir tools),
 * in a frame (oxlint), behind a word (checkpatch, Bandit, Terraform), or alone (esbuild).
 */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { anyOf, compileCode, group, intOf, positive, severityOf } from "./words.ts";

/** A message's first line, and what the place below it looks like. Captures: 1 severity, 2 rule, 3 message. */
interface Form {
  readonly prefilter: string;
  readonly head: RegExp;
  readonly place: RegExp;
  readonly tool?: string;
  /** Lines between message and place, blank ones included when `blanks`. */
  readonly gapMax: number;
  readonly blanks?: boolean;
}

const ARROW = /^\s*(?:-->|└─|╭▸|┌─|::: ) ?(\S[^:]*|[A-Za-z]:[^:]*):(\d+)(?::(\d+))?/;
const FORMS: readonly Form[] = [
  {
    prefilter: "^ {4}(?:error|warning): \\S",
    head: /^ {4}(error|warning)(): (\S.*)$/,
    place: /^\s+└─ (\S+\.\w+):(\d+)(?::(\d+))?/,
    tool: "elixir",
    gapMax: 8,
  },
  {
    prefilter: String.raw`^(?:error|warning)(?:\[[\w:-]{1,12}\])?: \S`,
    // Notes and help below a message belong to it: they never begin at the margin.
    head: /^(error|warning)(?:\[([\w:-]+)\])?: (\S.*)$/,
    place:
      /^\s*(?:(?:-->|└─|╭▸|┌─|::: ) ?|(?=\w[\w/.-]*\.exs?:))(\S[^:]*|[A-Za-z]:[^:]*):(\d+)(?::(\d+))?/,
    gapMax: 4,
  },
  {
    prefilter: String.raw`^(?:[A-Z]|UP|RUF|SIM|PL[CREW]|ANN|ARG|PERF|FURB|TRY)\d\d\d\d? `,
    head: /^()([A-Z]{1,4}\d{3,4}) (?:\[\*\] )?(\S.*)$/,
    place: /^\s*--> (\S[^:]*):(\d+)(?::(\d+))?|^(\S+\.(?:ya?ml|json|template)):(\d+):(\d+)$/,
    gapMax: 3,
  },
  {
    prefilter: "^(?:Error|Warning|ParserError|TypeError|DeclarationError): \\S",
    head: /^(\w*Error|Warning)()(?: \(\d+\))?: (\S.*)$/,
    place: ARROW,
    gapMax: 3,
  },
  {
    prefilter: "^(?:│ )?(?:Error|Warning|Notice): \\S",
    head: /^(?:│ )?(Error|Warning|Notice)(): (\S.*)$/,
    place: /^(?:│)?\s+on (\S+) line (\d+)()/,
    tool: "terraform",
    gapMax: 4,
    blanks: true,
  },
  {
    prefilter: "^(?:ERROR|WARNING|CHECK): \\S",
    head: /^(ERROR|WARNING|CHECK)()(?::\w+)?: (\S.*)$/,
    place: /^#\d+: FILE: (\S+?):(\d+)()/,
    tool: "checkpatch",
    gapMax: 2,
  },
  {
    prefilter: "^>> Issue: ",
    head: /^>> Issue: ()\[(B\d+)(?::\w+)?\] (\S.*)$/,
    place: /^\s+Location: (\S+?):(\d+)(?::(\d+))?/,
    tool: "bandit",
    gapMax: 6,
  },
  {
    prefilter: "^\\s{0,2}[⚠×] \\S",
    head: /^\s{0,2}([⚠×]) (?:([\w-]+\([\w-]+\)): )?(\S.*)$/,
    place: /^\s*[╭,]─\[(\S[^\]:]*):(\d+):(\d+)\]/,
    tool: "oxlint",
    gapMax: 3,
  },
  {
    prefilter: "^[✘▲X] \\[(?:ERROR|WARNING)\\] \\S",
    head: /^[✘▲X] \[(ERROR|WARNING)\]() (\S.*)$/,
    place: /^ {4}(\S[^:]*):(\d+):(\d+):$/,
    tool: "esbuild",
    gapMax: 3,
    blanks: true,
  },
];

const HEAD = anyOf(FORMS.map((form) => form.head));
/** How far down a shown excerpt may go. */
const EXCERPT_MAX = 60;

export const arrowLocated: Parser = {
  id: "arrow_located",
  kind: "compiler",
  prefilter: FORMS.map((form) => form.prefilter),
  opens: (line) => HEAD.test(line),
  open,
};

interface Head {
  readonly forms: readonly Form[];
  readonly from: number;
  readonly line: string;
}

function open(findings: Findings): OpenParser {
  let head: Head | undefined;
  let placed: { error: boolean; from: number; message: string } | undefined;
  let last = 0;
  const flush = (to: number): void => {
    if (placed?.error === true)
      findings.failure({ from: placed.from, to, code: compileCode(placed.message) });
    placed = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      const forms = HEAD.test(line) ? FORMS.filter((form) => form.head.test(line)) : [];
      if (forms.length > 0) {
        flush(n - 1);
        head = { forms, from: n, line };
        return true;
      }
      if (head !== undefined) {
        placed = place(findings, head, line);
        if (placed === undefined) return waits(head, line, n);
        head = undefined;
        return true;
      }
      const inside =
        /^\s*(?:\d+ *)?(?:\||│|=|\.\.\.|-->|:::)/.test(line) &&
        placed !== undefined &&
        n - placed.from < EXCERPT_MAX;
      if (!inside) flush(n - 1);
      return inside;
    },
    end: () => flush(last),
  };
}

/** Whether the place may still come. */
const waits = (head: Head, line: string, n: number): boolean =>
  head.forms.some(
    (form) =>
      n - head.from < form.gapMax &&
      (/^\s+\S/.test(line) ||
        /^[│#]/.test(line) ||
        ((form.blanks === true || n === head.from + 1) && line.trim() === "")),
  );

function place(
  findings: Findings,
  head: Head,
  line: string,
): { error: boolean; from: number; message: string } | undefined {
  for (const form of head.forms) {
    const at = form.place.exec(line);
    const match = form.head.exec(head.line);
    if (at === null || match === null) continue;
    const [file, message] = [(at[1] ?? group(at, 4)).trim(), group(match, 3)];
    const severity = severityOf(group(match, 1).endsWith("Error") ? "error" : group(match, 1));
    findings.diagnostic({
      tool: form.tool ?? toolOf(file, message),
      severity,
      file,
      line: intOf(at[2] ?? at[5]),
      column: positive(at[3] ?? at[6]),
      rule: group(match, 2) === "" ? undefined : match[2],
      message,
      log_line: head.from,
    });
    return { error: severity === "error", from: head.from, message };
  }
  return undefined;
}

function toolOf(file: string, message: string): string {
  if (message.includes("` should be `")) return "typos";
  if (/\.pyi?$/.test(file)) return "ruff";
  if (/\.exs?$/.test(file)) return "elixir";
  return file.endsWith(".rs") ? "rustc" : "generic";
}
