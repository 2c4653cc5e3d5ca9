/** Where a browser may be sent, and which user a proof stands for. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Signup } from "../model.ts";
import { entryOf, safeReturn, withQuery } from "./entry.ts";

const ORIGIN = "https://app.example.com";

describe("the way back", () => {
  test("[ID5] whatever is asked for, a browser resolves the answer to a path of this origin", () => {
    const nasty = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .array(
          fc.constantFrom(
            "/",
            "\\",
            "\t",
            "\n",
            "\r",
            " ",
            "\0",
            "@",
            ":",
            "?",
            "#",
            "%2f",
            "%5c",
            "//evil.example",
            "evil.example",
            "https:",
            "javascript:",
            "‮",
            "。",
            "．",
            "..",
            "\u{85}",
            "\u{2028}",
          ),
          { maxLength: 8 },
        )
        .map((parts) => parts.join("")),
      fc.string({ maxLength: 40 }).map((text) => `/${text}`),
    );
    fc.assert(
      fc.property(nasty, (asked) => {
        const path = safeReturn(asked);
        expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
        expect(path).toMatch(/^\/(?![/\\])/);
        expect(path === "/" || path === asked).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("[ID5] a path with query and fragment is kept as it is", () => {
    for (const path of ["/", "/runs", "/o/x/keys?status=live&q=a%20b#row-7", "/é"])
      expect(safeReturn(path)).toBe(path);
    expect(safeReturn(undefined)).toBe("/");
  });

  test("[ID8] what is told is added before the fragment", () => {
    expect(withQuery("/account", "linked", "google")).toBe("/account?linked=google");
    expect(withQuery("/a?b=c#d#e", "error", "x&y")).toBe("/a?b=c&error=x%26y#d#e");
  });
});

describe("who a proof stands for", () => {
  const known = fc.record({
    identityOf: fc.option(fc.constant("owner"), { nil: undefined }),
    emailOf: fc.option(fc.constant("namesake"), { nil: undefined }),
    invited: fc.boolean(),
  });

  test("[ID6] [ID8] [ID9] the identity's user comes first, then the address's, then a new one if that is allowed", () => {
    fc.assert(
      fc.property(known, fc.constantFrom(...Signup.options), (given, signup) => {
        const entry = entryOf(given, signup);
        if (given.identityOf !== undefined)
          expect(entry).toEqual({ kind: "known", userId: "owner" });
        else if (given.emailOf !== undefined)
          expect(entry).toEqual({ kind: "attach", userId: "namesake" });
        else if (signup === "closed" || (signup === "invite" && !given.invited))
          expect(entry).toEqual({ kind: "refused", code: "signup_closed" });
        else expect(entry).toEqual({ kind: "new", ownOrg: signup === "open" });
      }),
    );
  });
});
