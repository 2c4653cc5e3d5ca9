/** Takes secrets out of text that is stored, sent, shown or prompted [RD1]: linear shapes, the key stays. */

/** What stands in for a secret. */
export const redacted = (rule: string): string => `[redacted:${rule}]`;

interface Shape {
  readonly id: string;
  /** Cheap test: a line without it is surely none of this shape's. */
  readonly hint: RegExp;
  /** Group 1 stays, the rest of the match goes. */
  readonly re: RegExp;
}

/** Secrets that look the same wherever they occur. Widths are bounded, so each is linear in the line. */
const SHAPES: readonly Shape[] = [
  {
    id: "github",
    hint: /gh[pousr]_|github_pat_/,
    re: /()\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255})/g,
  },
  {
    id: "gitlab",
    hint: /gl[a-z]{2,6}-/,
    re: /()\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt)-[A-Za-z0-9_-]{20,100}/g,
  },
  { id: "aws", hint: /A(?:KIA|SIA|BIA|CCA)/, re: /()\bA(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}\b/g },
  {
    id: "slack",
    hint: /xox[a-z]-|xapp-|hooks\.slack/,
    re: /()(?:\bxox[abeoprs]-[A-Za-z0-9-]{10,250}|\bxapp-\d-[A-Za-z0-9-]{10,250}|(?<=hooks\.slack\.com\/(?:services|workflows)\/)[A-Za-z0-9+/]{20,100})/g,
  },
  {
    id: "google",
    hint: /AIza|ya29\.|GOCSPX/,
    re: /()(?:\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,300}|\bGOCSPX-[A-Za-z0-9_-]{20,60})/g,
  },
  {
    id: "stripe",
    hint: /_(?:live|test)_/,
    re: /()\b(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{10,150}/g,
  },
  { id: "webhook", hint: /whsec_/, re: /()\bwhsec_[A-Za-z0-9+/=]{20,100}/g },
  { id: "npm", hint: /npm_/, re: /()\bnpm_[A-Za-z0-9]{36}\b/g },
  { id: "pypi", hint: /pypi-/, re: /()\bpypi-[A-Za-z0-9_-]{50,300}/g },
  { id: "model_key", hint: /\bsk-/, re: /()\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,200}/g },
  { id: "sendgrid", hint: /\bSG\./, re: /()\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}/g },
  { id: "digitalocean", hint: /do[opr]_v1_/, re: /()\bdo[opr]_v1_[a-f0-9]{64}\b/g },
  { id: "docker", hint: /dckr_/, re: /()\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,60}/g },
  {
    id: "hashicorp",
    hint: /\bhv[sbr]\.|atlasv1/,
    re: /()(?:\bhv[sbr]\.[A-Za-z0-9_-]{24,300}|\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70})/g,
  },
  {
    id: "azure",
    hint: /AccountKey=|[?&]sig=/,
    re: /((?:AccountKey=|[?&]sig=))[A-Za-z0-9+/%=]{20,200}/g,
  },
  {
    id: "supabase",
    hint: /sbp_|sb_secret_/,
    re: /()\b(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,60})/g,
  },
  {
    id: "jwt",
    hint: /eyJ/,
    re: /()\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,2000})?/g,
  },
  {
    id: "authorization",
    hint: /authorization|x-api-key|private-token/i,
    re: /((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:basic|bearer|token|digest|apikey|aws4-hmac-sha256)\s{1,4})?|(?:x-api-key|private-token)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',;]{4,4000}/gi,
  },
  { id: "bearer", hint: /bearer /i, re: /(\bbearer\s{1,4})[A-Za-z0-9._~+/=-]{16,4000}/gi },
  {
    id: "url_credentials",
    hint: /:\/\/[^\s/]*@/,
    re: /([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]{1,200}(?=@)/gi,
  },
  { id: "key_value", hint: /pass|secret|token|key|credential|pwd/i, re: keyValue() },
];

/** `NAME_TOKEN=value`, `"apiKey": "value"`, `--password value`: names that end in a word for a secret, values that look like one. */
function keyValue(): RegExp {
  const name = String.raw`[A-Za-z0-9_.-]{0,60}(?:password|passwd|passphrase|secret|token|api_?key|apikey|access_?key(?:_?id)?|private_?key|secret_?key|auth_?key|credentials?|pwd)`;
  const value = String.raw`(?:"[^"\s]{6,500}"|'[^'\s]{6,500}'|[^\s"'\`,;(){}<>\[\]$*|&]{8,500})`;
  return new RegExp(
    String.raw`((?:^|[\s"'{,;?&])(?:--?)?${name}["']?(?:\s{0,2}[=:]\s{0,2}(?!=)|(?<=--[\w-]{1,60})\s))${value}`,
    "gi",
  );
}

/** Values that are plainly no secret: placeholders, masks, variables, words, paths, versions. */
const HARMLESS =
  /^["']?(?:\*+|x{4,}|\[?(?:redacted|secure|masked|hidden|filtered)\]?.*|\$.*|%.*|<.*|true|false|null|none|nil|undefined|required|optional|missing|invalid|expired|string|unknown|[a-z]{1,20}|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*|[./~].*|\w+\.\w+\(?.*|\d+|v?\d+\.\d+.*)["']?$/;
const PEM_BEGIN = /-----BEGIN (?:[A-Z0-9]+ ){0,4}(?:PRIVATE KEY|CERTIFICATE)(?: BLOCK)?-----/;
const PEM_END = /-----END [A-Z0-9 ]{1,60}-----/;
const PEM_LINES_MAX = 200;
const PEM_BODY = /^[\s>|+\d.:-]{0,20}[A-Za-z0-9+/=]{16,100}\s*$/;

/** Redacts lines of one log in order, remembering an open PEM block, and counts what went. */
export class Redactor {
  #count = 0;
  #pemUntil = 0;

  /** How many secrets went so far. */
  get count(): number {
    return this.#count;
  }

  /** The line without its secrets; line numbers stay. `n` tells whether lines follow each other. */
  line(text: string, n: number): string {
    const pem = this.#pem(text, n);
    if (pem !== null) return pem;
    let clean = text;
    for (const shape of SHAPES) {
      if (shape.hint.test(clean))
        clean = clean.replace(shape.re, (match: string, kept: string) =>
          this.#replaced(shape.id, match, kept),
        );
    }
    return clean;
  }

  #replaced(id: string, match: string, kept: string): string {
    const value = match.slice(kept.length);
    if (value.includes("[redacted:") || (id === "key_value" && HARMLESS.test(value))) return match;
    if (id === "url_credentials" && /^\$|^\*+$|^git$/.test(value)) return match;
    this.#count++;
    return kept + redacted(id);
  }

  /** A PEM block is one secret over many lines: its head is named, its body blanked. Null: no part of one. */
  #pem(text: string, n: number): string | null {
    const begin = PEM_BEGIN.exec(text);
    if (begin) {
      this.#count++;
      const rest = text.slice(begin.index);
      this.#pemUntil = PEM_END.test(rest) ? 0 : n + PEM_LINES_MAX;
      return text.slice(0, begin.index) + redacted("pem");
    }
    // Line 0 stands for text apart from the log, such as a test name: it continues no block.
    if (n === 0 || n > this.#pemUntil) return null;
    if (PEM_END.test(text)) {
      this.#pemUntil = 0;
      return redacted("pem");
    }
    if (PEM_BODY.test(text) || text.trim() === "") return redacted("pem");
    this.#pemUntil = 0;
    return null;
  }
}

/** Redacts whole text, for single strings and pages of a log viewer. A page may begin inside a PEM block: its body alone is not known. */
export function redact(text: string): { text: string; count: number } {
  const redactor = new Redactor();
  const lines = text.split("\n").map((line, at) => redactor.line(line, at + 1));
  return { text: lines.join("\n"), count: redactor.count };
}
