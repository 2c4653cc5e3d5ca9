/** Every built-in parser, in the order in which they are asked. */
import { antJunit, testng } from "./ant-junit.ts";
import { xctest } from "./apple-tests.ts";
import { arrowLocated } from "./arrow-located.ts";
import { buildTools } from "./build-tools.ts";
import { cargoTest, nextest } from "./cargo-test.ts";
import type { Parser } from "./contract.ts";
import { dotnetTest } from "./dotnet-test.ts";
import { exunit, hspec, sbtTest, scalatest, tasty } from "./functional-tests.ts";
import { furtherLinters, shellcheck } from "./further-linters.ts";
import { goTest } from "./go-test.ts";
import { gradleTest } from "./gradle-test.ts";
import { jest } from "./jest.ts";
import { credo, headed } from "./headed.ts";
import { jvmStyle, kotlinc, mavenCompiler, sbt } from "./jvm-compilers.ts";
import { jasmine, karma, karmaTree } from "./karma.ts";
import { located } from "./located.ts";
import { minitest, minitestReporters } from "./minitest.ts";
import { mocha } from "./mocha.ts";
import { boostTest, catch2, ctest, doctest, googletest } from "./native-tests.ts";
import { bracketLocated, parenLocated } from "./paren-located.ts";
import { pest, phpunit } from "./phpunit.ts";
import { pytest } from "./pytest.ts";
import { pydocstyle, pythonCodes, pythonFormat } from "./python-style.ts";
import { rspec } from "./rspec.ts";
import { scriptTests } from "./script-tests.ts";
import { stylish } from "./stylish.ts";
import { surefire } from "./surefire.ts";
import { nodeTest, prove, tap } from "./tap.ts";
import { ghc, goBuild } from "./two-line-compilers.ts";
import { trial, unittest } from "./unittest.ts";
import { vitest } from "./vitest.ts";
import { unmarked } from "./words.ts";

const OWN: readonly Parser[] = [
  pytest,
  unittest,
  trial,
  jest,
  vitest,
  mocha,
  karma,
  karmaTree,
  jasmine,
  tap,
  prove,
  nodeTest,
  goTest,
  cargoTest,
  nextest,
  surefire,
  gradleTest,
  antJunit,
  testng,
  rspec,
  minitest,
  minitestReporters,
  phpunit,
  pest,
  dotnetTest,
  ctest,
  googletest,
  catch2,
  doctest,
  boostTest,
  exunit,
  hspec,
  tasty,
  scalatest,
  sbtTest,
  xctest,
  scriptTests,
  goBuild,
  ghc,
  mavenCompiler,
  kotlinc,
  sbt,
  jvmStyle,
  parenLocated,
  bracketLocated,
  arrowLocated,
  headed,
  credo,
  pythonCodes,
  pydocstyle,
  pythonFormat,
  stylish,
  shellcheck,
  furtherLinters,
  buildTools,
  located,
];

/**
 * CI runners turn lines that a problem matcher knows into commands (`##[error]src/a.ts(1,2): ...`): every parser reads
 * what stands behind the mark.
 */
const behindMarks = (parser: Parser): Parser => ({
  ...parser,
  opens: (line) => parser.opens(unmarked(line)),
  open(findings) {
    const own = parser.open(findings);
    return { feed: (line, n) => own.feed(unmarked(line), n), end: () => own.end() };
  },
});

export const PARSERS: readonly Parser[] = OWN.map(behindMarks);
