/** The lint rules of this house: the role table and the few habits that no general linter knows. */
import { join, posix, relative } from "node:path";
import type { RuleTester } from "oxlint/plugins-dev";
import { PROBLEMS } from "../../workers/platform/http/model.ts";
import { importRefusal } from "./layers.ts";
import { isPure, placeOf } from "./roles.ts";

export type Rule = Parameters<RuleTester["run"]>[1];
type Context = Parameters<NonNullable<Rule["create"]>>[0];

const ROOT = join(import.meta.dirname, "../..");

/** Shortest text after `--` that can be a reason. */
export const REASON_CHARS_MIN = 12;

const pathOf = (context: Context): string => relative(ROOT, context.filename).replaceAll("\\", "/");

/** Which file may import which: see layers.ts. Every form of import counts, types included. */
export const layers: Rule = {
  create(context) {
    const from = pathOf(context);
    const check = (source: { value: unknown } & object): void => {
      if (typeof source.value !== "string") return;
      const reason = importRefusal(from, targetOf(from, source.value));
      if (reason !== null) {
        context.report({
          node: asNode(source),
          message: `${from} imports ${source.value}: ${reason}.`,
        });
      }
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => {
        if (node.source !== null) check(node.source);
      },
      ImportExpression: (node) => {
        if (node.source.type === "Literal") check(node.source);
      },
    };
  },
};

/** The repository path of a relative import; a package keeps its name. */
function targetOf(from: string, source: string): string {
  return source.startsWith(".")
    ? posix.join(posix.dirname(from), source.replace(/\?.*$/, ""))
    : source;
}

type Node = NonNullable<Parameters<Context["report"]>[0]["node"]>;
// The visitor's node types and the report's node type are generated apart; every visited node has a range.
const asNode = (node: object): Node => node as Node;

/** Pure files take time and chance as arguments. The other globals are hidden by the core TypeScript project. */
export const pureWorld: Rule = {
  create(context) {
    if (!isPure(placeOf(pathOf(context)))) return {};
    return {
      Identifier(node) {
        if (node.name === "Date" || node.name === "performance") {
          context.report({
            node: asNode(node),
            message: "A pure file takes the time as an argument (milliseconds since 1970).",
          });
        }
      },
      MemberExpression(node) {
        if (context.sourceCode.getText(node) === "Math.random") {
          context.report({
            node: asNode(node),
            message: "A pure file takes chance as an argument (an Rng).",
          });
        }
      },
    };
  },
};

const DISABLE = /^\s*(?:oxlint-disable|eslint-disable|@ts-expect-error|@ts-ignore|@ts-nocheck)/;

/** A silenced check says why, behind ` -- `. The number of silenced checks may only fall: ratchet.json. */
export const reasonedDisable: Rule = {
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (!DISABLE.test(comment.value)) continue;
          const reason = comment.value.split(" -- ")[1]?.trim() ?? "";
          if (reason.length < REASON_CHARS_MIN) {
            context.report({
              loc: comment.loc,
              message: "A silenced check ends with ` -- ` and the reason.",
            });
          }
        }
      },
    };
  },
};

/** An alarm set for the running millisecond never fires (workerd#6866), so its time is clamped where it is set. */
export const alarmClamped: Rule = {
  create(context) {
    return {
      CallExpression(node) {
        if (node.callee.type !== "MemberExpression" || node.callee.property.type !== "Identifier")
          return;
        if (node.callee.property.name !== "setAlarm") return;
        const [at] = node.arguments;
        if (at !== undefined && context.sourceCode.getText(at).startsWith("Math.max(")) return;
        context.report({
          node: asNode(node),
          message:
            "Write setAlarm(Math.max(at, now + 1)): an alarm for the running millisecond is lost (workerd#6866).",
        });
      },
    };
  },
};

const FETCHING = /^workers\/console\/|\/adapters\/egress\.ts$|\/client\.ts$|\/client\//;
const IN_WORKER = /^(?:workers|durable-objects)\//;

/** Outgoing requests pass the egress adapter, which refuses private addresses, or a client that is built on it. */
export const fetchThroughAdapter: Rule = {
  create(context) {
    const path = pathOf(context);
    if (!IN_WORKER.test(path) || FETCHING.test(path)) return {};
    // Pure files see no global `fetch` at all, so the name is theirs to use.
    if (placeOf(path).kind === "test-file" || isPure(placeOf(path))) return {};
    return {
      CallExpression(node) {
        const callee = context.sourceCode.getText(node.callee);
        if (callee === "fetch" || callee === "globalThis.fetch" || callee === "self.fetch") {
          context.report({
            node: asNode(node),
            message: "Send requests through adapters/egress.ts or a client.ts.",
          });
        }
      },
    };
  },
};

/** A refusal's code comes from the code table, so that each has a status, a remedy and a page. */
export const knownCode: Rule = {
  create(context) {
    return {
      CallExpression(node) {
        if (node.callee.type !== "Identifier" || node.callee.name !== "refuse") return;
        const [code] = node.arguments;
        if (code?.type !== "Literal" || typeof code.value !== "string" || code.value in PROBLEMS)
          return;
        context.report({
          node: asNode(code),
          message: `Add ${code.value} to the table in workers/platform/http/model.ts.`,
        });
      },
    };
  },
};

/** Logs and names in the console come from strangers; React's escaping is the defence. */
export const noRawHtml: Rule = {
  create(context) {
    return {
      JSXAttribute(node) {
        if (node.name.type === "JSXIdentifier" && node.name.name === "dangerouslySetInnerHTML") {
          context.report({
            node: asNode(node),
            message: "Render text, never markup: what the console shows is written by strangers.",
          });
        }
      },
    };
  },
};
