/** Each compiler's, linter's and build tool's parser reads its forms and leaves look-alikes alone. */
import { describe, expect, test } from "vitest";
import { PARSERS } from "./registry.ts";
import { parseLines } from "./run.ts";

interface Case {
  readonly hits: readonly [log: string, found: readonly string[]][];
  readonly misses: readonly [string, string];
}

/** `tool severity file:line:column message`, failures of build tools as `from-to code`. */
function foundBy(id: string, log: string): string[] {
  const parser = PARSERS.find((candidate) => candidate.id === id);
  if (parser === undefined) throw new Error(`no parser ${id}`);
  const { diagnostics, failures } = parseLines(log.split("\n"), [parser]);
  if (parser.kind === "build") return failures.map(({ from, to, code }) => `${from}-${to} ${code}`);
  return diagnostics.map(
    ({ tool, severity, file, line, column, message }) =>
      `${tool} ${severity} ${file}:${line ?? ""}:${column ?? ""} ${message}`,
  );
}

const CASES: Readonly<Record<string, Case>> = {
  go_build: {
    hits: [
      [
        "# example.test/shop\n./cart.go:12:5: undefined: total",
        ["go error ./cart.go:12:5 undefined: total"],
      ],
      [
        "# example.test/shop [example.test/shop.test]\n./cart_test.go:7:2: declared and not used: x",
        ["go error ./cart_test.go:7:2 declared and not used: x"],
      ],
    ],
    misses: ["# a heading of a shell script\nmake all", "# example.test/shop\nok"],
  },
  ghc: {
    hits: [
      [
        "src/Cart.hs:12:5: error:\n    • Couldn't match type ‘Int’ with ‘Text’\n    • In the expression: x",
        ["ghc error src/Cart.hs:12:5 Couldn't match type ‘Int’ with ‘Text’"],
      ],
      [
        "src/Cart.hs:(12,5)-(14,9): warning: [-Wunused-imports]\n    The import of ‘Data.List’ is redundant",
        ["ghc warning src/Cart.hs:12:5 The import of ‘Data.List’ is redundant"],
      ],
    ],
    misses: [
      "src/Cart.hs:11:18: Suggestion: Redundant bracket",
      "[1 of 3] Compiling Cart ( src/Cart.hs, dist/Cart.o )",
    ],
  },
  maven_compiler: {
    hits: [
      [
        "[ERROR] /app/src/main/java/Cart.java:[12,34] cannot find symbol",
        ["javac error /app/src/main/java/Cart.java:12:34 cannot find symbol"],
      ],
      [
        "[WARN] src/main/java/Cart.java:[12,5] (whitespace) WhitespaceAround: '=' is not preceded with whitespace.",
        ["checkstyle warning src/main/java/Cart.java:12:5 '=' is not preceded with whitespace."],
      ],
    ],
    misses: [
      "[INFO] Compiling 12 source files to /app/target/classes",
      "[ERROR] Failed to execute goal on project shop",
    ],
  },
  kotlinc: {
    hits: [
      [
        "e: file:///app/src/Cart.kt:12:5 Unresolved reference: total",
        ["kotlinc error /app/src/Cart.kt:12:5 Unresolved reference: total"],
      ],
      [
        "w: /app/src/Cart.kt: (12, 5): Variable 'x' is never used",
        ["kotlinc warning /app/src/Cart.kt:12:5 Variable 'x' is never used"],
      ],
    ],
    misses: ["e: the letter before f", "w: some Gradle plugin is deprecated"],
  },
  sbt: {
    hits: [
      [
        "[error] /app/src/Cart.scala:6: type mismatch;",
        ["scalac error /app/src/Cart.scala:6: type mismatch;"],
      ],
      [
        "[warn] /app/src/Cart.scala:6:7: Object name does not match",
        ["scalac warning /app/src/Cart.scala:6:7 Object name does not match"],
      ],
      [
        "[error] /app/src/Cart.scala: File length exceeds 5 lines",
        ["scalastyle error /app/src/Cart.scala:: File length exceeds 5 lines"],
      ],
    ],
    misses: [
      "[error] (Compile / compileIncremental) Compilation failed",
      "[info] /app/src/Cart.scala:6: formatted",
    ],
  },
  jvm_style: {
    hits: [
      [
        "[ERROR] /app/src/Cart.java:12:5: Missing a Javadoc comment. [JavadocMethod]",
        ["checkstyle error /app/src/Cart.java:12:5 Missing a Javadoc comment. [JavadocMethod]"],
      ],
      [
        "warning file=/app/src/Cart.scala message=Magic Number line=6 column=7",
        ["scalastyle warning /app/src/Cart.scala:6:7 Magic Number"],
      ],
    ],
    misses: ["[ERROR] Tests run: 5, Failures: 1", "warning: file name is long"],
  },
  paren_located: {
    hits: [
      [
        "src/cart.ts(3,13): error TS2345: Argument of type 'boolean' is not assignable.\n  Type 'boolean' is not a number.\nDone",
        [
          "tsc error src/cart.ts:3:13 Argument of type 'boolean' is not assignable.\nType 'boolean' is not a number.",
        ],
      ],
      [
        "src/cart.ts:3:13 - error TS7006: Parameter 'y' implicitly has an 'any' type.",
        ["tsc error src/cart.ts:3:13 Parameter 'y' implicitly has an 'any' type."],
      ],
      [
        "C:\\app\\Cart.cs(12,5): error CS0246: The type 'X' could not be found [C:\\app\\App.csproj]",
        [
          "msbuild error C:\\app\\Cart.cs:12:5 error CS0246: The type 'X' could not be found [C:\\app\\App.csproj]",
        ],
      ],
      [
        "cart.cpp(12): error C2065: 'total': undeclared identifier",
        ["msvc error cart.cpp:12: error C2065: 'total': undeclared identifier"],
      ],
    ],
    misses: ["retry(3,13): error while asking the server", "see chapter (3,13): errors"],
  },
  bracket_located: {
    hits: [
      [
        "src/cart.ts[12, 5]: missing semicolon",
        ["tslint error src/cart.ts:12:5 missing semicolon"],
      ],
      [
        "[shop/cart.proto:11:5] Found an incorrect indentation style",
        ["protolint warning shop/cart.proto:11:5 Found an incorrect indentation style"],
      ],
    ],
    misses: ["[10:20:30] Starting the build", "prices[3, 4]: taken from the table"],
  },
  arrow_located: {
    hits: [
      [
        "error[E0425]: cannot find value `total` in this scope\n  --> src/cart.rs:12:5\n   |\n12 |     total\n   |     ^^^^^ not found",
        ["rustc error src/cart.rs:12:5 cannot find value `total` in this scope"],
      ],
      [
        "error: `zeebra` should be `zebra`\n  --> docs/a.txt:1:1\n  |",
        ["typos error docs/a.txt:1:1 `zeebra` should be `zebra`"],
      ],
    ],
    misses: [
      "error: could not compile `shop` due to previous error",
      "warning: the lock file is old\nnothing more",
    ],
  },
  headed: {
    hits: [
      [
        'File "bin/cart.ml", line 12, characters 4-9:\n12 | let x = y\n        ^\nError: Unbound value y',
        ["ocaml error bin/cart.ml:12:4 Unbound value y"],
      ],
      [
        "src/cart.cr:12:5\n[W] Lint/UselessAssign: Useless assignment to variable `x`",
        ["ameba warning src/cart.cr:12:5 Lint/UselessAssign: Useless assignment to variable `x`"],
      ],
      [
        "src/cart.ts:12:5 lint/suspicious/noExplicitAny ━━━━━━\n\n  × Unexpected any.",
        ["biome error src/cart.ts:12:5 Unexpected any."],
      ],
    ],
    misses: ['File "bin/cart.ml", line 12\n\nnothing', "src/cart.cr:12:5\nput aside"],
  },
  credo: {
    hits: [
      [
        "┃ [W] ↗ There should be no calls to IO.inspect/1.\n┃       lib/cart.ex:12:5 #(Cart.total)",
        ["credo warning lib/cart.ex:12:5 There should be no calls to IO.inspect/1."],
      ],
      [
        "┃ [R] → Modules should have a @moduledoc tag.\n┃       lib/cart.ex:1:11 #(Cart)",
        ["credo info lib/cart.ex:1:11 Modules should have a @moduledoc tag."],
      ],
    ],
    misses: ["┃ Code Readability", "┃ [W] ↗ There should be no calls\nlib/cart.ex"],
  },
  python_codes: {
    hits: [
      [
        "shop/cart.py:4:1: F401 'sys' imported but unused\nshop/cart.py:9:80: E501 line too long (82 > 79 characters)",
        [
          "flake8 error shop/cart.py:4:1 'sys' imported but unused",
          "flake8 warning shop/cart.py:9:80 line too long (82 > 79 characters)",
        ],
      ],
      [
        "shop/cart.py:9:80: E501 line too long (82 > 79 characters)",
        ["pycodestyle warning shop/cart.py:9:80 E501 line too long (82 > 79 characters)"],
      ],
    ],
    misses: ["shop/cart.py:4: DeprecationWarning: old", "10:20:30: E404 page not found"],
  },
  pydocstyle: {
    hits: [
      [
        "shop/cart.py:27 in public function `total`:\n        D300: Use triple double quotes",
        ["pydocstyle warning shop/cart.py:27: D300: Use triple double quotes"],
      ],
      [
        "shop/cart.py:1 at module level:\n        D100: Missing docstring in public module",
        ["pydocstyle warning shop/cart.py:1: D100: Missing docstring in public module"],
      ],
    ],
    misses: ["shop/cart.py:27 in total", "shop/cart.py:27 in public function `total`:\nnothing"],
  },
  python_format: {
    hits: [
      ["would reformat /app/shop/cart.py", ["black error /app/shop/cart.py:: would reformat"]],
      [
        "ERROR: /app/shop/cart.py Imports are incorrectly sorted and/or formatted.",
        ["isort error /app/shop/cart.py:: Imports are incorrectly sorted and/or formatted."],
      ],
    ],
    misses: [
      "2 files would be reformatted, 1 file left unchanged.",
      "ERROR: /app/shop/cart.py was not found",
    ],
  },
  stylish: {
    hits: [
      [
        "/app/src/cart.js\n  2:10  error  'x' is defined but never used  no-unused-vars\n\n✖ 1 problem",
        ["eslint error /app/src/cart.js:2:10 'x' is defined but never used  no-unused-vars"],
      ],
      [
        "FILE: /app/src/Cart.php\n-----\nFOUND 1 ERROR\n-----\n 12 | ERROR | [x] Line is too long",
        ["phpcs error /app/src/Cart.php:12: Line is too long"],
      ],
      [
        " ------ ------\n  Line   src/Cart.php\n ------ ------\n  12     Access to an undefined property Cart::$x.\n ------ ------",
        ["phpstan error src/Cart.php:12: Access to an undefined property Cart::$x."],
      ],
    ],
    misses: ["/app/src/cart.js\n/app/src/list.js", "dist/cart.css\n  2 KB written"],
  },
  shellcheck: {
    hits: [
      [
        "In deploy.sh line 12:\nrm $x\n   ^-- SC2086 (info): Double quote to prevent globbing.",
        ["shellcheck info deploy.sh:12: SC2086: Double quote to prevent globbing."],
      ],
      [
        "In bin/run line 3:\ncd $d\n   ^---^ SC2164 (warning): Use 'cd ... || exit'.",
        ["shellcheck warning bin/run:3: SC2164: Use 'cd ... || exit'."],
      ],
    ],
    misses: ["In deploy.sh line 12:\nnothing to see\n", "In the third line: a comma"],
  },
  further_linters: {
    hits: [
      [
        "/app/cart.js: line 2, col 10, Error - 'x' is defined but never used. (no-unused-vars)",
        ["eslint error /app/cart.js:2:10 'x' is defined but never used. (no-unused-vars)"],
      ],
      [
        "/app/manifests/init.pp - ERROR: cart not in autoload module layout on line 7",
        ["puppet_lint error /app/manifests/init.pp:7: ERROR: cart not in autoload module layout"],
      ],
      [
        "PHP Parse error:  syntax error, unexpected '}' in /app/Cart.php on line 12",
        ["php error /app/Cart.php:12: Parse error: syntax error, unexpected '}'"],
      ],
      [
        "** (CompileError) lib/cart.ex:12: undefined function total/0",
        ["elixir error lib/cart.ex:12: undefined function total/0"],
      ],
    ],
    misses: ["The parser stopped: line 2, column 10", "# Failed at t/cart.t line 12"],
  },
  located: {
    hits: [
      [
        "src/cart.c:12:5: error: 'total' undeclared (first use in this function)",
        ["gcc error src/cart.c:12:5 'total' undeclared (first use in this function)"],
      ],
      [
        "shop/cart.py:12: error: Incompatible return value type  [return-value]",
        ["mypy error shop/cart.py:12: Incompatible return value type  [return-value]"],
      ],
      [
        "app/cart.rb:12:81: C: Layout/LineLength: Line is too long. [83/80]",
        ["rubocop info app/cart.rb:12:81 Layout/LineLength: Line is too long. [83/80]"],
      ],
      [
        "shop/cart.go:42:21: Error return value is not checked (errcheck)",
        ["golangci_lint error shop/cart.go:42:21 Error return value is not checked (errcheck)"],
      ],
      ["Cart.java:12: error: ';' expected", ["javac error Cart.java:12: ';' expected"]],
      [
        "shop/cart.py:1:0: C0114: Missing module docstring (missing-module-docstring)",
        ["pylint info shop/cart.py:1: Missing module docstring (missing-module-docstring)"],
      ],
      [
        "README.md:7:81 MD013/line-length Line length [Expected: 80; Actual: 99]",
        [
          "markdownlint warning README.md:7:81 MD013/line-length Line length [Expected: 80; Actual: 99]",
        ],
      ],
      [
        "deploy.yml:3:32: [error] trailing spaces (trailing-spaces)",
        ["yamllint error deploy.yml:3:32 [error] trailing spaces (trailing-spaces)"],
      ],
    ],
    misses: ["registry.example.com:443:1: connected", "tests/test_cart.py:12: AssertionError"],
  },
  build_tools: {
    hits: [
      [
        "* What went wrong:\nExecution failed for task ':compileJava'.\n> Compilation failed; see the compiler error output for details.\n\n* Try:",
        ["1-3 compile.type"],
      ],
      [
        "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\n",
        ["1-2 dependency.conflict"],
      ],
      [
        "CMake Error at CMakeLists.txt:12 (find_package):\n  Could not find a package configuration file\n\ndone",
        ["1-2 config.build_script"],
      ],
      [
        "ERROR: Could not find a version that satisfies the requirement nope==9",
        ["1-1 dependency.resolve"],
      ],
      [
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile: Compilation failure",
        ["1-1 compile.type"],
      ],
    ],
    misses: [
      "npm WARN deprecated left@1.0.0: old",
      "CMake Warning at CMakeLists.txt:12 (message):",
    ],
  },
};

describe("[AN13] messages", () => {
  for (const [id, { hits, misses }] of Object.entries(CASES)) {
    test.each(hits)(`[AN13] ${id} reads %j`, (log, found) => {
      expect(foundBy(id, log)).toEqual(found);
    });
    test.each(misses)(`[AN13] ${id} finds nothing in %j`, (log) => {
      expect(foundBy(id, log)).toEqual([]);
    });
  }

  test("[AN13] every parser of messages has its hits and near misses", () => {
    const ids = PARSERS.filter((parser) => parser.kind !== "test").map((parser) => parser.id);
    expect(Object.keys(CASES).toSorted()).toEqual(ids.toSorted());
  });
});
