/** What build tools and package managers print when they give up: the lines a person would point to, and their places. */
import type { Category, Diagnostic } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { anyOf, intOf } from "./words.ts";

/** How a tool's failure begins, how far its text goes, and what it means. */
interface Shape {
  readonly tool: string;
  readonly prefilter: string;
  readonly head: RegExp;
  /** Lines below the head that still belong to it. */
  readonly more?: RegExp;
  readonly linesMax?: number;
  readonly code: Category | ((text: string) => Category);
  /** Captures of `head` that place the failure in a file. */
  readonly file?: number;
  readonly line?: number;
  readonly message?: number;
}

const dependency = (text: string): Category => {
  if (/ERESOLVE|conflict|incompatible|peer dep/i.test(text)) return "dependency.conflict";
  if (/EINTEGRITY|integrity|checksum|hash(?:es)? (?:do not|mismatch)/i.test(text))
    return "dependency.integrity";
  if (/lock ?file|frozen|out of (?:date|sync)/i.test(text)) return "dependency.lockfile";
  if (/ETIMEDOUT|ENOTFOUND|ECONNRESET|ECONNREFUSED|network|timed? ?out/i.test(text))
    return "network.reset";
  if (/E401|E403|unauthorized|forbidden|authentication/i.test(text)) return "auth.registry";
  return /E404|ETARGET|not found|No matching|Could not find|unable to resolve/i.test(text)
    ? "dependency.resolve"
    : "dependency.install";
};

const SHAPES: readonly Shape[] = [
  {
    tool: "cmake",
    prefilter: "^CMake Error",
    head: /^CMake Error(?: at (\S+?):(\d+)(?: \((\w+)\))?|: ).*$/,
    more: /^(?: {2}|$)/,
    linesMax: 12,
    code: "config.build_script",
    file: 1,
    line: 2,
  },
  {
    tool: "make",
    prefilter: String.raw`\*\*\* No rule to make target`,
    head: /^\S*make(?:\[\d+\])?: \*\*\* (No rule to make target .*)$/,
    code: "config.build_script",
  },
  {
    tool: "make",
    prefilter: String.raw`:\d{1,7}: \*\*\* `,
    head: /^(\S+?):(\d+): \*\*\* (.*)$/,
    code: "config.build_script",
    file: 1,
    line: 2,
    message: 3,
  },
  {
    tool: "gradle",
    prefilter: String.raw`^\* What went wrong:`,
    head: /^\* What went wrong:/,
    more: /^(?!\* |BUILD |> Task )\S|^\s+\S/,
    linesMax: 15,
    code: gradleCode,
  },
  {
    tool: "maven",
    prefilter: String.raw`^\[ERROR\] Failed to execute goal `,
    head: /^\[ERROR\] Failed to execute goal .*$/,
    code: mavenCode,
  },
  {
    tool: "maven",
    prefilter: "Non-resolvable (?:parent|import) POM|Could not resolve dependencies",
    head: /^\[(?:ERROR|FATAL)\] .*(?:Non-resolvable|Could not resolve dependencies)/,
    code: "dependency.resolve",
  },
  {
    tool: "npm",
    prefilter: "^npm (?:ERR!|error) code ",
    head: /^npm (?:ERR!|error) code (?!ELIFECYCLE)\S+/,
    more: /^npm (?:ERR!|error)(?! A complete log)/,
    linesMax: 20,
    code: dependency,
  },
  {
    tool: "yarn",
    prefilter:
      "^error (?:An unexpected error|Couldn't find|Your lockfile|Found incompatible|Received malformed)|^(?:➤ )?YN\\d",
    head: /^(?:error (?:An unexpected error|Couldn't find|Your lockfile|Found incompatible|Received malformed).*|➤ YN\d+: .*(?:Error|failed|needs to be).*)$/,
    code: dependency,
  },
  {
    tool: "pnpm",
    prefilter: "ERR_PNPM_",
    head: /^\s*ERR_PNPM_\w+.*$/,
    more: /^\S|^ /,
    linesMax: 4,
    code: dependency,
  },
  {
    tool: "pip",
    prefilter:
      "^(?:ERROR|error): (?:Could not|No matching|Cannot install|ResolutionImpossible|Failed building|THESE PACKAGES|Package|subprocess-)",
    head: /^(?:ERROR|error): (?:Could not (?:find|install|build|open)|No matching distribution|Cannot install|ResolutionImpossible|Failed building wheel|THESE PACKAGES|Package .* requires|subprocess-exited).*$/,
    code: dependency,
  },
  {
    tool: "bundler",
    prefilter:
      "^Bundler could not find compatible|^Could not find (?:gem )?\\S|^An error occurred while installing|^Your bundle is locked",
    head: /^(?:Bundler could not find compatible versions.*|Could not find (?:gem )?['"]?\S+ ?\S* (?:in|or)\b.*|An error occurred while installing .*|Your bundle is locked .*)$/,
    more: /^\s+\S/,
    linesMax: 12,
    code: dependency,
  },
  {
    tool: "docker",
    prefilter:
      "^(?:ERROR|error|failed to solve): (?:failed to |process )|returned a non-zero code: ",
    head: /^(?:(?:ERROR|error): failed to (?:solve|build|compute).*|ERROR: process ".*" did not complete successfully.*|failed to solve: .*|The command '.*' returned a non-zero code: \d+)$/,
    code: "infra.image_build",
  },
  {
    tool: "docker",
    prefilter: String.raw`^Dockerfile\S*:\d`,
    head: /^(Dockerfile\S*):(\d+)$/,
    more: /^\s*(?:-{4,}|\d+ \|)/,
    linesMax: 14,
    code: "infra.image_build",
    file: 1,
    line: 2,
  },
  {
    tool: "terraform",
    prefilter: "^(?:│ )?Error: ",
    head: /^(?:│ )?Error: (\S.*)$/,
    more: /^(?:│|$| {2}on )/,
    linesMax: 16,
    code: "deploy.apply",
    message: 1,
  },
  {
    tool: "bazel",
    prefilter: String.raw`^ERROR: \S{1,200}:\d`,
    head: /^ERROR: (\S+?\/(?:BUILD(?:\.bazel)?|\w+\.bzl)):(\d+):\d+: (.*)$/,
    code: "config.build_script",
    file: 1,
    line: 2,
    message: 3,
  },
  {
    tool: "cabal",
    prefilter: "^(?:cabal|Error): (?:Could not resolve dependencies|cabal: )",
    head: /^(?:cabal|Error): (?:cabal: )?Could not resolve dependencies.*$/,
    more: /^\[__|^\s/,
    linesMax: 12,
    code: "dependency.resolve",
  },
  {
    tool: "cargo",
    prefilter: "^error: failed to (?:select a version|get |load |parse )",
    head: /^error: failed to (?:select a version|get |load |parse ).*$/,
    more: /^\s+\S|^$|^Caused by/,
    linesMax: 14,
    code: dependency,
  },
  {
    tool: "go",
    prefilter: "^go: |no required module provides",
    head: /^(?:go: .*(?:unknown revision|checksum mismatch|missing go\.sum|module .* (?:not found|found)|no matching versions).*|.*no required module provides package .*)$/,
    code: dependency,
  },
  {
    tool: "composer",
    prefilter: "^Your requirements could not be resolved",
    head: /^Your requirements could not be resolved.*$/,
    more: /^\s+|^$/,
    linesMax: 14,
    code: "dependency.resolve",
  },
];

function gradleCode(text: string): Category {
  if (/There were failing tests/.test(text)) return "test.assertion";
  if (/Compilation (?:failed|error)|compilation failed/i.test(text)) return "compile.type";
  if (/Could not (?:resolve|find|download)/.test(text)) return "dependency.resolve";
  return /[Cc]heckstyle|[Ss]potless|[Ll]int|detekt|PMD|spotbugs/i.test(text)
    ? "lint.static"
    : "config.build_script";
}

function mavenCode(text: string): Category {
  if (/There are test failures|surefire|failsafe/.test(text)) return "test.assertion";
  if (/[Cc]ompilation failure|compiler-plugin/.test(text)) return "compile.type";
  if (/Could not resolve|Could not find artifact|Could not transfer/.test(text))
    return "dependency.resolve";
  return /checkstyle|pmd|spotbugs|findbugs|enforcer|spotless|license|rat-plugin/.test(text)
    ? "lint.static"
    : "config.build_script";
}

const HEAD = anyOf(SHAPES.map((shape) => shape.head));

export const buildTools: Parser = {
  id: "build_tools",
  kind: "build",
  prefilter: SHAPES.map((shape) => shape.prefilter),
  opens: (line) => HEAD.test(line),
  open,
};

interface Open {
  readonly shape: Shape;
  readonly from: number;
  readonly match: RegExpExecArray;
  readonly lines: string[];
}

function open(findings: Findings): OpenParser {
  let current: Open | undefined;
  let last = 0;
  const flush = (): void => {
    if (current !== undefined) report(findings, current, last);
    current = undefined;
  };
  return {
    feed(line, n) {
      const belongs =
        current?.shape.more?.test(line) === true &&
        n - current.from < (current.shape.linesMax ?? 1);
      if (belongs) {
        current?.lines.push(line.trim());
        if (line.trim() !== "") last = n;
        return true;
      }
      flush();
      for (const shape of SHAPES) {
        const match = shape.head.exec(line);
        if (match === null) continue;
        [current, last] = [{ shape, from: n, match, lines: [line] }, n];
        break;
      }
      return current?.shape.more !== undefined;
    },
    end: flush,
  };
}

function report(findings: Findings, open_: Open, to: number): void {
  const { shape, from, match, lines } = open_;
  const text = lines.join("\n");
  findings.failure({
    from,
    to,
    code: typeof shape.code === "string" ? shape.code : shape.code(text),
  });
  const file = shape.file === undefined ? undefined : match[shape.file];
  if (file === undefined) return;
  const line = intOf(shape.line === undefined ? undefined : match[shape.line]);
  const message =
    shape.message === undefined
      ? lines.slice(1).find((below) => below !== "")
      : match[shape.message];
  const diagnostic: Diagnostic = {
    tool: shape.tool,
    severity: "error",
    file,
    line,
    message: (message ?? match[0]).slice(0, 500),
    log_line: from,
  };
  findings.diagnostic(diagnostic);
}
