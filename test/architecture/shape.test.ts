/** The shape of the repository: every file has a place, every place its form. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { exists, idsOf, isTest, readText, repositoryFiles, ROOT, titlesOf } from "./files.ts";
import { placeOf, ROLES, WORKERS } from "./roles.ts";

const files = repositoryFiles();
const code = files.filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !file.includes("/fixtures/"));

/** What lies at the top; a new entry is a decision, made here. */
const TOP_LEVEL = [
  ".ci",
  ".gitignore",
  ".npmrc",
  ".oxfmtrc.json",
  ".oxlintrc.json",
  "ARCHITECTURE.md",
  "LICENSE",
  "NOTICE",
  "README.md",
  "bench",
  "cli",
  "docs",
  "durable-objects",
  "knip.json",
  "local",
  "migrations",
  "package-lock.json",
  "package.json",
  "templates",
  "test",
  "tsconfig.json",
  "vitest.config.ts",
  "worker-configuration.d.ts",
  "workers",
  "wrangler.toml",
];

describe("places", () => {
  test("the top level holds what the list says and nothing else", () => {
    const top = new Set(files.map((file) => file.split("/")[0] ?? ""));
    expect([...top].filter((entry) => !TOP_LEVEL.includes(entry))).toEqual([]);
    for (const needed of ["LICENSE", "README.md", "ARCHITECTURE.md", "wrangler.toml"]) {
      expect(exists(needed), needed).toBe(true);
    }
  });

  test("every file of a Worker or a Durable Object has a role", () => {
    const strays = code.filter((file) => {
      const place = placeOf(file);
      if (place.kind === "unknown") return true;
      return place.kind === "capability" && !ROLES.some((role) => role === place.role);
    });
    expect(strays, "roles: see ARCHITECTURE.md").toEqual([]);
  });

  test("no file is called utils, helpers, common or manager, and no index re-exports a folder", () => {
    const names = code.filter((file) =>
      /(?:^|\/)(?:utils?|helpers?|common|manager|misc|shared)(?:\.|\/)/.test(file),
    );
    const barrels = code.filter(
      (file) =>
        /\/index\.tsx?$/.test(file) &&
        !WORKERS.some((worker) => file === `workers/${worker}/index.ts`),
    );
    expect([...names, ...barrels]).toEqual([]);
  });

  test("names are kebab-case", () => {
    const strange = code.filter(
      (file) => !/^[a-z0-9][a-z0-9-]*(?:\.[a-z0-9]+)+$/.test(file.split("/").at(-1) ?? ""),
    );
    expect(strange).toEqual([]);
  });

  test("every capability has its vocabulary in model.ts", () => {
    const folders = new Set(
      code.flatMap((file) => {
        const place = placeOf(file);
        if (place.kind !== "capability" || place.unit === "apps") return [];
        return [
          place.unit === "durable-objects"
            ? `durable-objects/${place.capability}`
            : `workers/${place.unit}/${place.capability}`,
        ];
      }),
    );
    const without = [...folders].filter(
      (folder) => !exists(`${folder}/model.ts`) && !exists(`${folder}/model`),
    );
    expect(without).toEqual([]);
  });

  test("every code file says in its first sentence what it is for", () => {
    const written = code.filter((file) => !isTest(file) && file !== "worker-configuration.d.ts");
    const silent = written.filter(
      (file) =>
        !/^(?:#![^\n]*\n|\/\/\/ <reference[^\n]*\n)*\s*(?:\/\*\*|\/\/ [A-Z])/.test(readText(file)),
    );
    expect(silent, "begin the file with a sentence in a comment").toEqual([]);
  });
});

describe("rules and their tests", () => {
  const specs = files.filter((file) => file.endsWith("SPEC.md"));
  const specIds = new Map(
    specs.flatMap((file) => rulesOf(readText(file)).map((id) => [id, file] as const)),
  );
  const registered = registerIds();
  const titles = files
    .filter((file) => isTest(file) || /^test\/(?:contract|simulation)\/.*\.ts$/.test(file))
    .flatMap((file) => titlesOf(readText(file)).map((title) => ({ file, title })));
  const tested = new Set(titles.flatMap(({ title }) => idsOf(title)));

  test("there are written rules", () => {
    expect(specIds.size).toBeGreaterThan(20);
  });

  test("every rule of a SPEC.md has a test whose title names it", () => {
    const untested = [...specIds]
      .filter(([id]) => !tested.has(id))
      .map(([id, file]) => `${id} (${file})`);
    expect(untested).toEqual([]);
  });

  test("every id in a test title is a rule of a SPEC.md or a row of the register", () => {
    const known = (id: string): boolean => specIds.has(id) || registered.has(id);
    const unknown = titles.flatMap(({ file, title }) =>
      idsOf(title)
        .filter((id) => !known(id))
        .map((id) => `${id} (${file})`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

/** Rules are lines that begin with their id, plain, in a list or as the first cell of a table. */
function rulesOf(spec: string): readonly string[] {
  return [
    ...spec.matchAll(/^(?:\|\s*|[-*]\s+)?(?:\*\*|`)?([A-Z]{1,3}\d+[a-z]?)(?:\*\*|`)?[\s:|.]/gm),
  ].map((match) => match[1] ?? "");
}

function registerIds(): ReadonlySet<string> {
  const papers = files.filter((file) => /^docs\/decisions\/.*\.md$/.test(file));
  return new Set(
    papers.flatMap((file) =>
      [...readText(file).matchAll(/^\| *([A-Z]\w*[\d.]*) *\|/gm)].map((match) => match[1] ?? ""),
    ),
  );
}

describe("migrations", () => {
  const migrations = files.filter((file) => /^migrations\/.*\.sql$/.test(file));

  test("they are numbered from 0001 without a gap", () => {
    const numbers = migrations.map((file) =>
      Number(/^migrations\/(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1]),
    );
    expect(numbers).toEqual(migrations.map((_, index) => index + 1));
  });

  test("a released migration is never edited", () => {
    const released: unknown = JSON.parse(readText("migrations/released.json"));
    const changed = Object.entries(released ?? {}).filter(
      ([name, hash]) =>
        createHash("sha256")
          .update(readText(`migrations/${name}`))
          .digest("hex") !== hash,
    );
    expect(changed).toEqual([]);
  });
});

describe("what is not written here", () => {
  // Written in pieces, so that this file does not find itself.
  const MARKERS = `TO${"DO"}|FIX${"ME"}|XX${"X"}`;
  const FORBIDDEN = [
    [
      "a work marker",
      // The first word of a comment, or with a colon: prose may speak of the word.
      new RegExp(`(?://|/\\*+|^\\s*\\*|<!--)\\s*(?:${MARKERS})\\b|\\b(?:${MARKERS})[:(]`, "m"),
    ],
    [
      "a path of one machine",
      new RegExp(`(?:^|[\\s"'\`(=:])/(?:wo${"rk"}/(?:main|shared|\\.library)|tm${"p"}/ew)\\b`, "m"),
    ],
  ] as const;
  const text = files.filter(
    (file) =>
      /\.(?:tsx?|mjs|json|md|sql|toml|css|html|sh)$|^\.|\.ci\/run$/.test(file) &&
      !file.includes("/fixtures/"),
  );

  test.each(FORBIDDEN)("%s", (_, pattern) => {
    expect(text.filter((file) => pattern.test(readText(file)))).toEqual([]);
  });

  test("no package file names a registry host", () => {
    const named = files.filter((file) => /(?:^|\/)(?:package(?:-lock)?\.json|\.npmrc)$/.test(file));
    expect(
      named.filter((file) =>
        /"resolved"|registry\s*=|https?:\/\/[^"\s]*(?:registry|artifactory|nexus|verdaccio)/.test(
          readText(file),
        ),
      ),
    ).toEqual([]);
  });

  test("silenced checks only ever become fewer", () => {
    const silenced = code
      .filter((file) => !file.startsWith("test/architecture/") && !file.endsWith(".d.ts"))
      .map(
        (file) =>
          readText(file).match(
            /\/[/*]\s*(?:oxlint-disable|eslint-disable|@ts-expect-error|@ts-ignore|@ts-nocheck)/g,
          )?.length ?? 0,
      )
      .reduce((total, count) => total + count, 0);
    const ratchet: unknown = JSON.parse(readText("test/architecture/ratchet.json"));
    expect(ratchet).toHaveProperty("disables");
    expect(ratchet, "lower `disables` in ratchet.json to the number found").toMatchObject({
      disables: silenced,
    });
  });
});

test("the repository root is found", () => {
  expect(exists("package.json"), ROOT).toBe(true);
});
