/** The scorers of labelled sets count as B7 defines. */
import { describe, expect, test } from "vitest";
import { parseExpected } from "./diagnostics.ts";
import { matched } from "./tests.ts";

const failed = (suite: string | undefined, name: string) => ({
  framework: "any",
  ...(suite === undefined ? {} : { suite }),
  name,
  log_line: 1,
});

describe("[AN13] scorers", () => {
  test("[AN13] a name counts once, in whichever spelling its framework uses", () => {
    const expected = [
      "test_a (shop.CartTest)",
      "shop.test_cart::test_b",
      "Cart › adds items",
      "Cart removes items:",
    ];
    const found = [
      failed("shop.CartTest", "test_a"),
      failed("shop.test_cart", "test_b"),
      failed("Cart", "adds items"),
      failed("Cart", "adds items"),
      failed(undefined, "Cart removes items"),
    ];
    expect(matched(expected, found)).toEqual({ tp: 4, fp: ["Cart ## adds items"], fn: [] });
  });

  test("[AN13] what was not found is missed", () => {
    expect(matched(["shop.CartTest.adds"], [failed("shop.CartTest", "removes")])).toEqual({
      tp: 0,
      fp: ["shop.CartTest ## removes"],
      fn: ["shop.CartTest.adds"],
    });
  });

  test("[AN13] an expected parse keeps file, line and the whole message", () => {
    const text = [
      "a.ts|3 col 13 error 7006| one",
      "  two",
      "|| no match",
      "b.py|| would reformat",
    ].join("\n");
    expect(parseExpected(text)).toEqual(["a.ts|3|one two", "b.py||would reformat"]);
  });
});
