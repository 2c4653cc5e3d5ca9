/** Each test framework's parser finds its two forms and leaves two look-alikes alone. */
import { describe, expect, test } from "vitest";
import { PARSERS } from "./registry.ts";
import { parseLines } from "./run.ts";

interface Case {
  readonly hits: readonly [log: string, found: readonly string[]][];
  readonly misses: readonly [string, string, ...string[]];
}

/** `suite | name`, as every hit below expects it. */
const namesOf = (id: string, log: string): string[] => {
  const parser = PARSERS.find((candidate) => candidate.id === id);
  if (parser === undefined) throw new Error(`no parser ${id}`);
  return parseLines(log.split("\n"), [parser]).failed_tests.map(
    ({ suite, name }) => `${suite ?? ""} | ${name}`,
  );
};

const RULE70 = "=".repeat(70);
const DASH70 = "-".repeat(70);
const DASH79 = "-".repeat(79);
const DOTS79 = ".".repeat(79);

const CASES: Readonly<Record<string, Case>> = {
  pytest: {
    hits: [
      [
        "FAILED tests/test_cart.py::TestCart::test_total[3-eur] - AssertionError: assert 3 == 4",
        ["tests.test_cart.TestCart | test_total[3-eur]"],
      ],
      [
        "____________ TestCart.test_total ____________\n\n    def test_total(self):\n>       assert 3 == 4\nE       assert 3 == 4\n\ntests/test_cart.py:12: AssertionError\n=== 1 failed in 0.12s ===",
        ["tests.test_cart.TestCart | test_total"],
      ],
      ["tests/test_cart.py::test_total FAILED            [ 10%]", ["tests.test_cart | test_total"]],
      [
        "____ ERROR collecting tests/test_tax.py ____\nE   ModuleNotFoundError: No module named 'vat'\n==== 1 error in 0.1s ====",
        [" | tests.test_tax"],
      ],
    ],
    misses: [
      "___________________________________ summary ____________________________________",
      "tests/test_cart.py::test_total PASSED [ 10%]",
    ],
  },
  unittest: {
    hits: [
      [
        `${RULE70}\nFAIL: test_total (shop.tests.CartTest)\n${DASH70}\nTraceback (most recent call last):\nAssertionError: 3 != 4\n\n${DASH70}\nRan 4 tests in 0.1s`,
        ["shop.tests.CartTest | test_total"],
      ],
      [
        `${RULE70}\nERROR: test_total (shop.tests.CartTest.test_total)\n${DASH70}\nTraceback (most recent call last):\nKeyError: 'x'\n`,
        ["shop.tests.CartTest | test_total"],
      ],
      ["FAIL: shop.tests.test_cart.test_total", ["shop.tests.test_cart | test_total"]],
    ],
    misses: [
      "ERROR: Could not find a version that satisfies the requirement shop",
      `${RULE70}\nInstalling collected packages`,
    ],
  },
  trial: {
    hits: [
      [
        `[FAIL]\nTraceback (most recent call last):\n  File "a.py", line 3\nAssertionError: 3\n\nshop.test.test_cart.CartTests.test_total\n${DASH79}`,
        ["shop.test.test_cart.CartTests | test_total"],
      ],
      [
        `[ERROR]\nTraceback: x\n\nshop.test.CartTests.test_a\nshop.test.CartTests.test_b\n${"=".repeat(79)}`,
        ["shop.test.CartTests | test_a", "shop.test.CartTests | test_b"],
      ],
    ],
    misses: ["[FAIL] could not mount the disk", `[ERROR]\nnothing named\n${DASH79}`],
  },
  jest: {
    hits: [
      [
        "FAIL src/cart.test.js\n  ● Cart › adds items\n\n    expect(received).toBe(expected)\n\n      at Object.<anonymous> (src/cart.test.js:7:15)\n",
        ["Cart | adds items"],
      ],
      [
        "  ● throws on an empty cart\n\n    Error: boom\nTests:       1 failed, 4 passed, 5 total",
        [" | throws on an empty cart"],
      ],
    ],
    misses: [
      "  ● Console\n\n    console.log src/cart.js:3",
      " PASS  src/cart.test.js\n  ✓ adds items (3 ms)",
    ],
  },
  vitest: {
    hits: [
      [
        " FAIL  src/cart.test.ts > Cart > adds items\nAssertionError: expected 3 to be 4",
        ["Cart | adds items"],
      ],
      ["   × src/cart.test.ts > adds items 5ms\n     → expected 3 to be 4", [" | adds items"]],
    ],
    misses: [
      " ✓ src/cart.test.ts > Cart > adds items",
      " FAIL  src/cart.test.ts [ src/cart.test.ts ]",
    ],
  },
  mocha: {
    hits: [
      [
        "  1 failing\n\n  1) Cart\n       GET /items:\n         answers:\n     Error: boom\n",
        ["Cart GET /items: | answers"],
      ],
      [
        "  3 passing (12ms)\n  1 failing\n\n  1) Cart\n       adds items:\n     AssertionError: expected 3 to equal 4\n      at Context.<anonymous> (test/cart.js:7:9)\n",
        ["Cart | adds items"],
      ],
      [
        "  1 failing\n\n  1) Cart adds items:\n     Error: Timeout of 2000ms exceeded.\n",
        [" | Cart adds items"],
      ],
    ],
    misses: ["  12 passing (40ms)\n  2 pending", "  1) first step of the manual\n  2) second step"],
  },
  karma: {
    hits: [
      ["Chrome 80.0.3987 (Linux 0.0.0) Cart adds items FAILED", [" | Cart adds items"]],
      [
        "Chrome Headless 90.0.4430.212 (Linux x86_64) Cart removes items FAILED",
        [" | Cart removes items"],
      ],
    ],
    misses: [
      "Chrome 80.0.3987 (Linux 0.0.0): Executed 5 of 5 SUCCESS (0.1 secs / 0.05 secs)",
      "Upload (attempt 2) of the report FAILED",
    ],
  },
  karma_tree: {
    hits: [
      [
        "FAILED TESTS:\n  Cart\n    when empty\n      ✖ has no total\n        Firefox 72.0.0 (Linux 0.0.0)\n      Error: expected 0\n",
        ["Cart when empty | has no total"],
      ],
      [
        "SUMMARY:\n✔ 7 tests completed\n✖ 1 test failed\n\nFAILED TESTS:\n  Cart\n    ✖ adds items\n",
        ["Cart | adds items"],
      ],
    ],
    misses: ["SUMMARY:\n✔ 7 tests completed\n", "FAILED TESTS:\nnone of them"],
  },
  jasmine: {
    hits: [
      [
        "Failures:\n1) Cart adds items\n  Message:\n    Expected 3 to be 4.\n  Stack:\n    Error\n\n5 specs, 1 failure",
        [" | Cart adds items"],
      ],
      [
        "Failures:\n1) Cart adds\n  Message:\n    boom\n2) Cart removes\n  Message:\n    boom\n",
        [" | Cart adds", " | Cart removes"],
      ],
    ],
    misses: [
      "Failures:\n\n  1) Cart adds items\n     Failure/Error: expect(3).to eq 4",
      "5 specs, 0 failures",
    ],
  },
  tap: {
    hits: [
      ["not ok 3 - adds items", [" | adds items"]],
      ["    not ok 1 should be equal", [" | should be equal"]],
    ],
    misses: ["not ok 4 - later # TODO not written", "it is not okay to stop here"],
  },
  prove: {
    hits: [
      ["#   Failed test 'adds items'\n#   at t/cart.t line 12.", [" | adds items"]],
      ["#   Failed test at t/cart.t line 9.", [" | t/cart.t line 9"]],
    ],
    misses: [
      "# Failed test paths (this command will update them)",
      "#   Looks like you planned 5 tests",
    ],
  },
  node_test: {
    hits: [
      ["test at test/cart.test.js:3:1\n✖ adds items (1.234ms)", [" | adds items"]],
      ["  ✖ removes items (0.4ms)", [" | removes items"]],
    ],
    misses: ["✔ adds items (1.2ms)", "✖ 3 problems (3 errors, 0 warnings)"],
  },
  go_test: {
    hits: [
      [
        "--- FAIL: TestTotal (0.00s)\n    cart_test.go:12: got 3, want 4\nFAIL\nFAIL\texample.test/shop\t0.012s",
        ["example.test/shop | TestTotal"],
      ],
      [
        '{"Time":"2024-01-01T00:00:00Z","Action":"fail","Package":"example.test/shop","Test":"TestTotal/eur","Elapsed":0}',
        ["example.test/shop | TestTotal/eur"],
      ],
      ["=== FAIL: shop TestTotal (0.00s)\n    cart_test.go:12: got 3", ["shop | TestTotal"]],
    ],
    misses: ["--- PASS: TestTotal (0.00s)", "=== RUN   TestTotal"],
  },
  cargo_test: {
    hits: [
      ["test cart::tests::adds ... FAILED", [" | cart::tests::adds"]],
      [
        "---- cart::tests::adds stdout ----\nthread 'cart::tests::adds' panicked at src/cart.rs:12:9:\nassertion failed\n\nfailures:",
        [" | cart::tests::adds"],
      ],
    ],
    misses: [
      "test cart::tests::adds ... ok",
      "---- begin of output stdout ----\nnothing\nfailures:",
    ],
  },
  nextest: {
    hits: [
      ["        FAIL [   0.005s] shop::cart tests::adds", ["shop::cart | tests::adds"]],
      ["     TIMEOUT [  60.002s] (3/9) shop tests::slow", ["shop | tests::slow"]],
    ],
    misses: [
      "        PASS [   0.005s] shop::cart tests::adds",
      "     Summary [   0.010s] 5 tests run: 5 passed, 0 skipped",
    ],
  },
  surefire: {
    hits: [
      ["[ERROR] Crashed tests:\n[ERROR] com.example.CartTest\n", [" | com.example.CartTest"]],
      [
        "testTotal(com.example.CartTest)  Time elapsed: 0.01 sec  <<< FAILURE!\njava.lang.AssertionError: 3",
        ["com.example.CartTest | testTotal"],
      ],
      [
        "[ERROR] com.example.CartTest.testTotal -- Time elapsed: 0.01 s <<< ERROR!\njava.lang.NullPointerException",
        ["com.example.CartTest | testTotal"],
      ],
      [
        "Failed tests: \n  CartTest.testTotal:42 expected:<3> but was:<4>\n\nTests run: 5, Failures: 1, Errors: 0, Skipped: 0",
        ["CartTest | testTotal"],
      ],
      [
        "[ERROR] Errors: \n[ERROR]   CartTest>BaseTest.testTotal:33 » IllegalState\n[INFO]",
        ["CartTest | testTotal"],
      ],
      ["Running com.example.CartTest\nstarting\nDone.", [" | com.example.CartTest"]],
    ],
    misses: [
      "Running com.example.CartTest\n..Tests run: 5, Failures: 0, Errors: 0\n[INFO] BUILD SUCCESS",
      "Running com.example.CartTest\nTests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 sec",
      "[ERROR] Failures: none were found by the scanner",
    ],
  },
  gradle_test: {
    hits: [
      [
        "com.example.CartTest > testTotal FAILED\n    java.lang.AssertionError at CartTest.java:12",
        ["com.example.CartTest | testTotal"],
      ],
      ["CartTest > WhenEmpty > hasNoTotal() FAILED", ["CartTest$WhenEmpty | hasNoTotal()"]],
    ],
    misses: ["> Task :shop:test FAILED", "com.example.CartTest > testTotal PASSED"],
  },
  ant_junit: {
    hits: [
      [
        "    [junit] Running com.example.CartTest\n    [junit] Test com.example.CartTest FAILED (timeout)",
        [" | com.example.CartTest"],
      ],
      [
        "    [junit] Testcase: testTotal(com.example.CartTest):\tFAILED\n    [junit] expected:<3> but was:<4>",
        ["com.example.CartTest | testTotal"],
      ],
      [
        "Testsuite: com.example.CartTest\nTestcase: testTotal took 0.01 sec\n\tCaused an ERROR\nboom",
        ["com.example.CartTest | testTotal"],
      ],
    ],
    misses: [
      "Testcase: testTotal took 0.01 sec",
      "Testsuite: com.example.CartTest\nTests run: 1, Failures: 0, Errors: 0",
    ],
  },
  testng: {
    hits: [
      ["FAILED: testTotal", [" | testTotal"]],
      [
        "   [testng] FAILED CONFIGURATION: @BeforeClass com.example.CartTest.setUp",
        ["com.example.CartTest | setUp"],
      ],
    ],
    misses: ["PASSED: testTotal", "FAILED: the deployment of shop to staging"],
  },
  rspec: {
    hits: [
      [
        "Failures:\n\n  1) Cart adds items\n     Failure/Error: expect(3).to eq 4\n\n       expected: 4\n     # ./spec/cart_spec.rb:7:in `block'\n\nFinished in 0.1 seconds",
        [" | Cart adds items"],
      ],
      ["rspec ./spec/cart_spec.rb:7 # Cart adds items", [" | Cart adds items"]],
    ],
    misses: ["Failures:\n\n  1) Cart adds items\n     Message: boom", "5 examples, 0 failures"],
  },
  minitest: {
    hits: [
      [
        "  1) Failure:\nCartTest#test_total [test/cart_test.rb:12]:\nExpected: 4\n  Actual: 3\n",
        ["CartTest | test_total"],
      ],
      [
        "  2) Error:\ntest_total(CartTest):\nNoMethodError: undefined method `x'\n",
        ["CartTest | test_total"],
      ],
    ],
    misses: ["Failure: the disk is full", "5 runs, 6 assertions, 0 failures, 0 errors, 0 skips"],
  },
  minitest_reporters: {
    hits: [
      [' FAIL["test_total", "CartTest", 0.12]', ["CartTest | test_total"]],
      ["  test_0001_adds items                      FAIL (0.02s)", [" | test_0001_adds items"]],
    ],
    misses: [
      "  test_0001_adds items                      PASS (0.02s)",
      " ERROR CartController#show (500)",
    ],
  },
  phpunit: {
    hits: [
      [
        "There was 1 failure:\n\n1) Shop\\CartTest::testTotal\nFailed asserting that 3 is 4.\n\n/app/tests/CartTest.php:12\n\nFAILURES!\nTests: 5, Assertions: 6, Failures: 1.",
        ["Shop\\CartTest | testTotal"],
      ],
      [
        "There were 2 errors:\n\n1) CartTest::testA with data set #0 (1)\nError: boom\n\n2) CartTest::testB\nError: boom\n\nTests: 5, Assertions: 6, Errors: 2.",
        ["CartTest | testA with data set #0 (1)", "CartTest | testB"],
      ],
    ],
    misses: [
      "There was 1 warning:\n\n1) Shop\\CartTest::testTotal\nold style\n\nTests: 5, Assertions: 6, Warnings: 1.",
      "There were 3 failures of the pump last year",
    ],
  },
  pest: {
    hits: [
      [
        "   FAILED  Tests\\Unit\\CartTest > it adds items",
        ["Tests\\Unit\\CartTest | it adds items"],
      ],
      [
        "  • Tests\\Unit\\CartTest > it removes items",
        ["Tests\\Unit\\CartTest | it removes items"],
      ],
    ],
    misses: ["   PASS  Tests\\Unit\\CartTest", "  • Tests are found below tests/"],
  },
  dotnet_test: {
    hits: [
      [
        "  Failed Shop.Tests.CartTests.Adds [5 ms]\n  Error Message:\n   Assert.Equal() Failure\n  Stack Trace:\n     at Shop.Tests.CartTests.Adds() in /src/CartTests.cs:line 12",
        ["Shop.Tests.CartTests | Adds"],
      ],
      [
        "[xUnit.net 00:00:01.23]     Shop.Tests.CartTests.Adds(x: 3) [FAIL]",
        ["Shop.Tests.CartTests | Adds(x: 3)"],
      ],
      ["1) Failed : Shop.Tests.CartTests.Adds\nExpected: 4", ["Shop.Tests.CartTests | Adds"]],
    ],
    misses: [
      "  Passed Shop.Tests.CartTests.Adds [5 ms]",
      "  Failed to restore packages [took 3 s]",
    ],
  },
  ctest: {
    hits: [
      [
        " 5/10 Test  #5: cart_total .......................***Failed    0.10 sec",
        [" | cart_total"],
      ],
      ["\t  5 - cart_total (SEGFAULT)", [" | cart_total"]],
    ],
    misses: [
      " 5/10 Test  #5: cart_total .......................   Passed    0.10 sec",
      "100% tests passed, 0 tests failed out of 10",
    ],
  },
  googletest: {
    hits: [
      [
        "/src/cart_test.cc:12: Failure\nExpected equality\n[  FAILED  ] CartTest.Adds (3 ms)",
        ["CartTest | Adds"],
      ],
      ["[  FAILED  ] Sizes/CartTest.Adds/3, where GetParam() = 7", ["Sizes/CartTest | Adds/3"]],
    ],
    misses: ["[       OK ] CartTest.Adds (3 ms)", "[  FAILED  ] 2 tests, listed below:"],
  },
  catch2: {
    hits: [
      [
        `${DASH79}\nCart adds items\n${DASH79}\n/src/cart.cpp:5\n${DOTS79}\n\n/src/cart.cpp:7: FAILED:\n  REQUIRE( total == 4 )`,
        [" | Cart adds items"],
      ],
      [
        `${DASH79}\nCart\n  when empty\n${DASH79}\ncart.cpp(5)\n${DOTS79}\n\ncart.cpp(9): FAILED:\n`,
        [" | Cart"],
      ],
    ],
    misses: [`${DASH79}\nInstalling\n${DASH79}\ndone`, "test cases: 5 | 5 passed"],
  },
  doctest: {
    hits: [
      [
        "TEST CASE:  adds items\n\n/src/cart.cpp:7: ERROR: CHECK( total == 4 ) is NOT correct!",
        [" | adds items"],
      ],
      [
        "TEST CASE:  removes items\n\ncart.cpp(9): FATAL ERROR: REQUIRE( ok ) is NOT correct!",
        [" | removes items"],
      ],
    ],
    misses: ["TEST CASE: 12 of 40 done", "[doctest] test cases: 5 | 5 passed | 0 failed"],
  },
  boost_test: {
    hits: [
      [
        'cart_test.cpp(12): error: in "shop/cart/adds": check total == 4 has failed',
        ["shop/cart | adds"],
      ],
      ['/src/cart_test.cpp:12: fatal error: in "adds": std::bad_alloc', [" | adds"]],
    ],
    misses: [
      "cart_test.cpp(12): error: in instantiation of function template",
      "*** No errors detected",
    ],
  },
  exunit: {
    hits: [
      [
        "  1) test adds items (Shop.CartTest)\n     test/cart_test.exs:7\n     Assertion with == failed",
        ["Shop.CartTest | test adds items"],
      ],
      [
        "  2) property totals are sums (Shop.CartTest)\n     test/cart_test.exs:12\n     ** (RuntimeError) boom",
        ["Shop.CartTest | property totals are sums"],
      ],
    ],
    misses: ["  1) test the new engine (see notes below)", "5 tests, 0 failures"],
  },
  hspec: {
    hits: [
      [
        "  test/CartSpec.hs:7:5: \n  1) Cart adds items\n       expected: 4",
        [" | Cart adds items"],
      ],
      [
        "  test/CartSpec.hs:9:\n  2) Cart.total is zero when empty",
        [" | Cart.total is zero when empty"],
      ],
    ],
    misses: [
      "  test/CartSpec.hs:7:5: \n\nRandomized with seed 1",
      "[1 of 3] Compiling Cart ( src/Cart.hs )",
    ],
  },
  tasty: {
    hits: [
      [
        "    adds items:                    FAIL (0.01s)\n      test/Main.hs:7: expected 4",
        [" | adds items"],
      ],
      ["  tables:   FAIL\n    expected: 4", [" | tables"]],
    ],
    misses: ["    adds items:                    OK (0.01s)", "1 out of 20 tests failed (0.12s)"],
  },
  scalatest: {
    hits: [
      [
        "[info] CartSpec:\n[info] A cart\n[info] - should add items *** FAILED ***\n[info]   3 did not equal 4 (CartSpec.scala:7)",
        ["CartSpec | should add items"],
      ],
      ["- adds items *** FAILED *** (12 milliseconds)", [" | adds items"]],
    ],
    misses: ["[info] CartSpec:\n[info] - should add items", "[info] *** 1 TEST FAILED ***"],
  },
  sbt_test: {
    hits: [
      [
        "[error] Test com.example.CartTest.testTotal failed: java.lang.AssertionError: 3, took 0.01 sec",
        ["com.example.CartTest | testTotal"],
      ],
      [
        "==> X com.example.CartSuite.adds items  0.01s munit.ComparisonFailException",
        ["com.example.CartSuite | adds items"],
      ],
    ],
    misses: [
      "[info] Test com.example.CartTest.testTotal started",
      "[error] (Test / test) sbt.TestsFailedException: Tests unsuccessful",
    ],
  },
  xctest: {
    hits: [
      [
        "/src/CartTests.swift:12: error: -[ShopTests.CartTests testTotal] : XCTAssertEqual failed",
        ["ShopTests.CartTests | testTotal"],
      ],
      ["Test Case 'CartTests.testTotal' failed (0.01 seconds)", ["CartTests | testTotal"]],
    ],
    misses: [
      "Test Case 'CartTests.testTotal' passed (0.01 seconds)",
      "/src/Cart.swift:12: error: cannot find 'x' in scope",
    ],
  },
  script_tests: {
    hits: [
      ["cart_SUITE:adds failed on line 12", ["cart_SUITE | adds"]],
      ["[  FAILED  ] spec/cart_spec.lua @ 12: adds items (3.10 ms)", [" | adds items"]],
      [
        "{0} shop.tests.CartTest.test_total [0.012s] ... FAILED",
        ["shop.tests.CartTest | test_total"],
      ],
      ["Failure in shop.tests.CartTest.test_total", ["shop.tests.CartTest | test_total"]],
      ["  1) [chromium] › tests/cart.spec.ts:12:5 › cart › adds items ────", ["cart | adds items"]],
      ["  [-] adds items 12ms (10ms|2ms)", [" | adds items"]],
      ["00:05 +3 -1: test/cart_test.dart: cart adds items [E]", [" | cart adds items"]],
      [
        "//shop:cart_test                                   FAILED in 1.2s",
        [" | //shop:cart_test"],
      ],
    ],
    misses: ["  [+] adds items 12ms (10ms|2ms)", "00:05 +4: All tests passed!"],
  },
};

describe("[AN13] failed tests", () => {
  for (const [id, { hits, misses }] of Object.entries(CASES)) {
    test.each(hits)(`[AN13] ${id} names the failed tests of %j`, (log, found) => {
      expect(namesOf(id, log)).toEqual(found);
    });
    test.each(misses)(`[AN13] ${id} finds none in %j`, (log) => {
      expect(namesOf(id, log)).toEqual([]);
    });
  }

  test("[AN13] every test parser has its hits and near misses", () => {
    const ids = PARSERS.filter((parser) => parser.kind === "test").map((parser) => parser.id);
    expect(Object.keys(CASES).toSorted()).toEqual(ids.toSorted());
  });
});

describe("[AN13] totals", () => {
  const TOTALS: readonly [line: string, run: number, failed: number, skipped: number][] = [
    ["===== 2 failed, 30 passed, 1 skipped, 3 warnings in 4.12s =====", 32, 2, 1],
    ["Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)", 7, 3, 1],
    ["Tests:       1 failed, 3 skipped, 431 passed, 435 total", 432, 1, 3],
    ["  188 passing (2s)\n  17 pending\n  1 failing", 189, 1, 17],
    ["Tests run: 1692, Failures: 4, Errors: 1, Skipped: 2", 1692, 5, 2],
    ["375 tests completed, 1 failed, 28 skipped", 375, 1, 28],
    ["test result: FAILED. 4 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out", 5, 1, 2],
    ["12 examples, 2 failures, 1 pending", 12, 2, 1],
    ["5 runs, 6 assertions, 1 failures, 1 errors, 1 skips", 5, 2, 1],
    ["Tests: 5, Assertions: 6, Failures: 1, Skipped: 2.", 5, 1, 2],
    ["Failed!  - Failed:     1, Passed:     5, Skipped:     2, Total:     8", 6, 1, 2],
    ["90% tests passed, 1 tests failed out of 10", 10, 1, 0],
  ];
  test.each(TOTALS)("[AN13] %j is read as totals", (line, run, failed, skipped) => {
    expect(parseLines(line.split("\n")).counts).toEqual([
      expect.objectContaining({ run, failed, skipped }),
    ]);
  });
});
