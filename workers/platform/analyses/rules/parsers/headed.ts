/** Messages below their place: OCaml, gfortran, Crystal and its linter, svelte-check, Biome, Flow, credo. */
import type { Diagnostic } from "../../model.ts";
import type { Findings, Parser } from "./contract.ts";
import { anyOf, compileCode, group, intOf, positive, severityOf } from "./words.ts";

/** A place alone on its line, and the message that some lines below tells it was one. Captures: file, line, column. */
interface Form {
  readonly tool: string;
  readonly prefilter: string;
  readonly head: RegExp;
  /** Captures: severity, message. */
  readonly message: RegExp;
  readonly gapMax: number;
}

const FORMS: readonly Form[] = [
  {
    tool: "ocaml",
    prefilter: String.raw`^File "\S+\.mli?", lines? \d`,
    head: /^File "([^"]+\.ml[iyl]?)", lines? (\d+)(?:-\d+)?(?:, characters (\d+)-\d+)?:?$/,
    message: /^(Error|Warning)(?: \d+)?(?: \[[\w-]+\])?: (.*)$/,
    gapMax: 12,
  },
  {
    tool: "gfortran",
    prefilter: String.raw`\.[fF](?:90|95|03|08|77)?:\d+:\d+:`,
    head: /^(\S+\.[fF](?:or|\d\d)?):(\d+):(\d+):$/,
    message: /^(Error|Warning|Fatal Error): (.*)$/,
    gapMax: 6,
  },
  {
    tool: "crystal",
    prefilter: String.raw`^In \S+\.cr:\d`,
    head: /^(?:Showing last frame.*)?In (\S+\.cr):(\d+)(?::(\d+))?$/,
    message: /^(Error): (.*)$/,
    gapMax: 8,
  },
  {
    tool: "ameba",
    prefilter: String.raw`\.cr:\d+:\d`,
    head: /^(\S+\.cr):(\d+):(\d+)(?: \[Correctable\])?$/,
    message: /^\[([CWEF])\] ([A-Z]\w*\/\w+: .*)$/,
    gapMax: 1,
  },
  {
    tool: "svelte_check",
    prefilter: String.raw`\.(?:svelte|[cm]?[jt]s):\d+:\d+$`,
    head: /^(\S+\.(?:svelte|[cm]?[jt]sx?)):(\d+):(\d+)$/,
    message: /^(Error|Warn|Hint): (.*)$/,
    gapMax: 1,
  },
  {
    tool: "biome",
    prefilter: String.raw`:\d+:\d+ (?:lint|format|parse|assist)`,
    head: /^(\S+\.\w+):(\d+):(\d+) (?:lint|format|parse|assist)\S*.*━/,
    message: /^\s+([×✖!⚠ℹi]) (.*)$/,
    gapMax: 3,
  },
  {
    tool: "flow",
    prefilter: "^Error -{4,}",
    head: /^Error -{4,} (\S+?):(\d+):(\d+)$/,
    message: /^()(\S.*)$/,
    gapMax: 3,
  },
];

const HEAD = anyOf(FORMS.map((form) => form.head));

/** Place first, message below; without the message nothing is reported. */
export const headed: Parser = {
  id: "headed",
  kind: "compiler",
  prefilter: FORMS.map((form) => form.prefilter),
  opens: (line) => HEAD.test(line),
  open(findings) {
    let form: Form | undefined;
    let place: RegExpExecArray | null = null;
    let from = 0;
    return {
      feed(line, n) {
        const next = FORMS.find((candidate) => candidate.head.test(line));
        if (next !== undefined) {
          [form, place, from] = [next, next.head.exec(line), n];
          return true;
        }
        const message = form?.message.exec(line) ?? null;
        if (form !== undefined && place !== null && message !== null) {
          report(findings, { tool: form.tool, place, message }, { from, to: n });
          return false;
        }
        return form !== undefined && n - from < form.gapMax;
      },
      end() {},
    };
  },
};

interface Read {
  readonly tool: string;
  readonly place: RegExpExecArray;
  readonly message: RegExpExecArray;
}

function report(
  findings: Findings,
  { tool, place, message }: Read,
  at: { from: number; to: number },
): void {
  const severity: Diagnostic["severity"] = severityOf(
    group(message, 1),
    tool === "flow" ? "error" : "warning",
  );
  findings.diagnostic({
    tool,
    severity,
    file: group(place, 1),
    line: intOf(place[2]),
    column: positive(place[3]),
    message: group(message, 2).trim(),
    log_line: at.from,
  });
  if (severity === "error") findings.failure({ ...at, code: compileCode(group(message, 2)) });
}

const CREDO_HEAD = /^┃\s+\[([CRWFDE])\] \S+ (\S.*)$/;
const CREDO_PLACE = /^┃\s+(\S+\.exs?):(\d+)(?::(\d+))?/;

/** credo's own form: a bar, the message, and its place on the next line. */
export const credo: Parser = {
  id: "credo",
  kind: "linter",
  prefilter: [String.raw`^┃\s+\[[CRWFDE]\]`],
  opens: (line) => CREDO_HEAD.test(line),
  open(findings) {
    let head: RegExpExecArray | null = null;
    return {
      feed(line, n) {
        const next = CREDO_HEAD.exec(line);
        if (next !== null) {
          head = next;
          return true;
        }
        const place = CREDO_PLACE.exec(line);
        if (head === null || place === null) return false;
        findings.diagnostic({
          tool: "credo",
          severity: severityOf(head[1]),
          file: group(place, 1),
          line: intOf(place[2]),
          column: positive(place[3]),
          message: group(head, 2),
          log_line: n - 1,
        });
        findings.failure({ from: n - 1, to: n, code: "lint.style" });
        return false;
      },
      end() {},
    };
  },
};
