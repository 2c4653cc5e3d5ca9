/** Compilers whose message follows its place on later lines: GHC; and Go, whose package heading tells build from lint. */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { compileCode, intOf, positive } from "./words.ts";

const GHC =
  /^((?:[A-Za-z]:)?[^\s:]{1,400}\.(?:l?hs|hsc|hs-boot)):(?:(\d+):(\d+)(?:-\d+)?|\((\d+),(\d+)\)-\(\d+,\d+\)):(?: ?(error|warning|Warning)(?::)?(?: \[[^\]]*\])*:?)?\s*(.*)$/;
const MESSAGE_LINES_MAX = 40;

/** GHC, plain and under cabal or stack; the message is the first line below when none stands beside the place. */
export const ghc: Parser = {
  id: "ghc",
  kind: "compiler",
  prefilter: [String.raw`\.l?hs:[\d(]`],
  opens: (line) => isGhc(GHC.exec(line)),
  open: openGhc,
};

/** hlint and hspec use the same place with other words behind it; hlint's `Warning: hint` has the hint beside it. */
const isGhc = (match: RegExpExecArray | null): match is RegExpExecArray =>
  match !== null && ((match[7] ?? "") === "" || (match[6] !== undefined && match[6] !== "Warning"));

function openGhc(findings: Findings): OpenParser {
  let head: { match: RegExpExecArray; from: number } | undefined;
  const lines: string[] = [];
  let last = 0;
  const flush = (to: number): void => {
    if (head !== undefined && lines.length > 0) emitGhc(findings, head, lines, to);
    head = undefined;
    lines.length = 0;
  };
  return {
    feed(line, n) {
      last = n;
      const match = GHC.exec(line);
      if (isGhc(match)) {
        flush(n - 1);
        head = { match, from: n };
        if ((match[7] ?? "") !== "") lines.push(match[7] ?? "");
        return true;
      }
      if (
        head === undefined ||
        line.trim() === "" ||
        !/^\s/.test(line) ||
        lines.length >= MESSAGE_LINES_MAX
      ) {
        flush(n - 1);
        return false;
      }
      if (!/^\s*\d*\s*\|/.test(line)) lines.push(line.trim());
      return true;
    },
    end: () => flush(last),
  };
}

function emitGhc(
  findings: Findings,
  head: { match: RegExpExecArray; from: number },
  lines: readonly string[],
  to: number,
): void {
  const { match, from } = head;
  const warning = /^warning/i.test(match[6] ?? "") || lines[0]?.startsWith("Warning") === true;
  const message = (lines[0] ?? "").replace(/^• /, "").replace(/^Warning: ?/, "");
  const line = intOf(match[2] ?? match[4]);
  findings.diagnostic({
    tool: "ghc",
    severity: warning ? "warning" : "error",
    file: match[1] ?? "",
    line,
    column: positive(match[3] ?? match[5]),
    message: message === "" ? (lines[1] ?? "") : message,
    log_line: from,
  });
  if (!warning) findings.failure({ from, to, code: compileCode(lines.join(" ")) });
}

const GO_PACKAGE = /^# [\w.~/-]+(?: \[[\w./-]+\])?$/;
const GO_ERROR = /^(?:vet: )?((?:\.{0,2}\/)?[^\s:]+\.go):(\d+)(?::(\d+))?: (.*)$/;

/** `# package`, then `./file.go:12:5: message` of the compiler or of vet. */
export const goBuild: Parser = {
  id: "go_build",
  kind: "compiler",
  prefilter: [String.raw`^# [\w.~]+\.\w+/\S`, String.raw`^# \w+$`],
  opens: (line) => GO_PACKAGE.test(line),
  open(findings) {
    let from = 0;
    return {
      feed(line, n) {
        if (from === 0) {
          from = n;
          return true;
        }
        const match = GO_ERROR.exec(line);
        if (match === null) return /^\t|^# /.test(line) && n - from < 200;
        findings.diagnostic({
          tool: "go",
          severity: "error",
          file: match[1] ?? "",
          line: intOf(match[2]) ?? 1,
          column: positive(match[3]),
          message: match[4] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: compileCode(match[4] ?? "") });
        return n - from < 200;
      },
      end() {},
    };
  },
};
