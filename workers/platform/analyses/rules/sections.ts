/** Which part of a log belongs to which step, which step failed, and where the run stopped: markers as data [AN11]. */

/** What a marker line says: a step begins or ends, or a command ended with a code. */
export type MarkerKind = "begin" | "end" | "exit" | "teardown";

export interface Marker {
  readonly id: string;
  readonly kind: MarkerKind;
  /** Captures `name` (of the step) and `code` (exit code). Sees normalised lines. */
  readonly re: RegExp;
  /** Fragments for the prefilter, case sensitive; every matching line holds one. */
  readonly words: readonly string[];
  /** Code when the line names none. */
  readonly code?: number;
}

/** Services and the shapes of their marker lines. */
export const MARKERS: readonly Marker[] = [
  {
    id: "travis_fold",
    kind: "begin",
    re: /^travis_fold:start:(?<name>\S+)/,
    words: ["travis_fold:start:"],
  },
  {
    id: "travis_exit",
    kind: "exit",
    re: /^The command "(?<name>.*)" (?:failed and )?exited with (?<code>\d+)/,
    words: ['" (?:failed and )?exited with \\d'],
  },
  {
    id: "travis_done",
    kind: "teardown",
    re: /^(?:Done\. Your build exited with \d|Your build has been stopped)/,
    words: ["Your build exited with", "Your build has been stopped"],
  },
  {
    id: "github_run",
    kind: "begin",
    re: /^##\[group\]Run (?<name>.*)/,
    words: ["##\\[group\\]Run "],
  },
  {
    id: "github_exit",
    kind: "exit",
    re: /^##\[error\](?:Error: )?(?:Process completed with exit code|The process '.*' failed with exit code) (?<code>\d+)/,
    words: ["with exit code \\d"],
  },
  {
    id: "github_cancel",
    kind: "exit",
    re: /^##\[error\]The operation was cancell?ed/,
    words: ["operation was cancel"],
    code: 143,
  },
  {
    id: "github_post",
    kind: "teardown",
    re: /^(?:Post job cleanup\.|Cleaning up orphan processes)/,
    words: ["Post job cleanup", "Cleaning up orphan"],
  },
  {
    id: "azure_begin",
    kind: "begin",
    re: /^##\[section\]Starting: (?<name>.*)/,
    words: ["##\\[section\\]"],
  },
  {
    id: "azure_end",
    kind: "end",
    re: /^##\[section\]Finishing: (?<name>.*)/,
    words: ["##\\[section\\]"],
  },
  {
    id: "azure_exit",
    kind: "exit",
    re: /^##\[error\](?:Bash|PowerShell|Cmd\.exe|.{0,200}) exited with code '(?<code>\d+)'/,
    words: ["exited with code '"],
  },
  {
    id: "gitlab_begin",
    kind: "begin",
    re: /^section_start:\d+:(?<name>\w+)/,
    words: ["section_start:"],
  },
  { id: "gitlab_end", kind: "end", re: /^section_end:\d+:(?<name>\w+)/, words: ["section_end:"] },
  {
    id: "gitlab_exit",
    kind: "exit",
    re: /^(?:ERROR|WARNING): Job failed(?: \(.{0,60}\))?: (?:.{0,60}exit (?:code|status) (?<code>\d+))?/,
    words: ["Job failed"],
    code: 1,
  },
  {
    id: "gitlab_after",
    kind: "teardown",
    re: /^(?:Running after_script|Uploading artifacts for failed job|Cleaning up project directory)/,
    words: ["Running after_script", "artifacts for failed job", "Cleaning up project"],
  },
  {
    id: "buildkite_begin",
    kind: "begin",
    re: /^(?:---|\+\+\+|~~~) (?::\w+: )?(?<name>(?:Running|Preparing|Uploading|Cleaning).*)/,
    words: ["^(?:---|\\+\\+\\+|~~~) "],
  },
  {
    id: "buildkite_exit",
    kind: "exit",
    re: /Error: The command exited with status (?<code>-?\d+)/,
    words: ["The command exited with status"],
  },
  {
    id: "jenkins_stage",
    kind: "begin",
    re: /^\[Pipeline\] \{ \((?<name>.*)\)/,
    words: ["\\[Pipeline\\] \\{ \\("],
  },
  {
    id: "jenkins_end",
    kind: "end",
    re: /^\[Pipeline\] \/\/ stage/,
    words: ["\\[Pipeline\\] // stage"],
  },
  {
    id: "jenkins_post",
    kind: "begin",
    re: /^\[Pipeline\] \{ \((?<name>Declarative: Post Actions)\)/,
    words: ["Declarative: Post Actions"],
  },
  {
    id: "jenkins_exit",
    kind: "exit",
    re: /^(?:ERROR: script returned exit code (?<code>\d+)|Build step '.*' marked build as failure)/,
    words: ["script returned exit code", "marked build as failure"],
    code: 1,
  },
  {
    id: "jenkins_done",
    kind: "teardown",
    re: /^Finished: (?:FAILURE|ABORTED|UNSTABLE)/,
    words: ["Finished: (?:FAIL|ABORT|UNST)"],
  },
  {
    id: "circle_exit",
    kind: "exit",
    re: /^Exited with code (?:exit status )?(?<code>\d+)/,
    words: ["Exited with code"],
  },
  {
    id: "appveyor_exit",
    kind: "exit",
    re: /^Command exited with code (?<code>\d+)/,
    words: ["Command exited with code"],
  },
];

/** Steps whose failure is an echo, not a cause. */
const TEARDOWN_NAME =
  /^(?:after_(?:script|failure|success)|cache\.\d|Post |Complete |Declarative: Post|cleanup|upload_artifacts|Finalize)/i;
/** Sections kept per log; a log with more gets coarser ones. */
const SECTIONS_MAX = 20_000;

export type Outcome = "failed" | "unknown" | "passed" | "teardown";
/** Lines `from` to `to`, inclusive. */
export interface Section {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly outcome: Outcome;
}
/** The steps of one log, ascending and disjoint, and where it stopped. */
export interface Outline {
  readonly sections: readonly Section[];
  /** Line of the first failing exit outside teardown, else the last line. */
  readonly stopLine: number;
  readonly stopped: boolean;
  readonly exitCode: number | null;
}

/** Collects markers in line order and draws the outline at the end. */
export class Outliner {
  readonly #sections: Section[] = [];
  #from = 1;
  #name = "";
  #teardown = false;
  #stop: { line: number; code: number } | null = null;

  /** Takes a marker match of line `n`. */
  mark(marker: Marker, groups: Readonly<Record<string, string | undefined>>, n: number): void {
    if (marker.kind === "exit") this.#exit(Number(groups["code"] ?? marker.code ?? 1), n);
    else if (marker.kind === "teardown") this.#open(n, "", true);
    else if (marker.kind === "begin")
      this.#open(n, groups["name"] ?? "", TEARDOWN_NAME.test(groups["name"] ?? ""));
    else this.#close(n, this.#teardown ? "teardown" : "unknown");
  }

  /** The outline of a log of `lines` lines. */
  outline(lines: number): Outline {
    this.#close(lines, this.#teardown ? "teardown" : "unknown");
    return {
      sections: this.#sections,
      stopLine: this.#stop?.line ?? lines,
      stopped: this.#stop !== null,
      exitCode: this.#stop?.code ?? null,
    };
  }

  #exit(code: number, n: number): void {
    const teardown = this.#teardown;
    this.#close(n, teardown ? "teardown" : code === 0 ? "passed" : "failed");
    if (code !== 0 && !teardown) this.#stop ??= { line: n, code };
  }

  #open(n: number, name: string, teardown: boolean): void {
    this.#close(n - 1, this.#teardown ? "teardown" : "unknown");
    this.#name = name;
    this.#teardown = teardown;
  }

  #close(to: number, outcome: Outcome): void {
    if (to < this.#from || this.#sections.length >= SECTIONS_MAX) return;
    this.#sections.push({ from: this.#from, to, name: this.#name, outcome });
    this.#from = to + 1;
  }
}

/** The section of a line; null between sections. Binary search. */
export function sectionAt(outline: Outline, line: number): Section | null {
  let low = 0;
  let high = outline.sections.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const section = outline.sections[middle];
    if (!section || line < section.from) high = middle - 1;
    else if (line > section.to) low = middle + 1;
    else return section;
  }
  return null;
}
