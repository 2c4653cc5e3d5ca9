/** How URLs are read, and where a sign-in may lead. */
import { expect, test } from "vitest";
import { tokenIn } from "./fragment.ts";
import {
  accountSearch,
  analysesSearch,
  analysisSearch,
  keysSearch,
  loginSearch,
  membersSearch,
  runSearch,
  runsSearch,
  safeReturn,
  settingsOrgSearch,
} from "./search.ts";

test("[CN1] known parameters are kept, unknown and wrong ones are dropped", () => {
  expect(analysesSearch({ status: "failed", category: "", page: 3, cursor: 12 })).toEqual({
    status: "failed",
    cursor: "12",
  });
  expect(runsSearch({ dag: "sys.analyses", status: ["a"] })).toEqual({ dag: "sys.analyses" });
  expect(runSearch({ task: "t~1", dialog: "explode" })).toEqual({ task: "t~1" });
  expect(keysSearch({ dialog: "new", key: "k1" })).toEqual({ dialog: "new", key: "k1" });
  expect(loginSearch({ return_to: "/o/acme", error: "link_invalid", x: 1 })).toEqual({
    return_to: "/o/acme",
    error: "link_invalid",
  });
});

test("[CN1] a dialog of people and organizations is in the URL, with whom it is about", () => {
  expect(membersSearch({ dialog: "change", member: "u1", cursor: "c", x: 1 })).toEqual({
    dialog: "change",
    member: "u1",
    cursor: "c",
  });
  expect(membersSearch({ dialog: "revoke", invitation: "i1" })).toEqual({
    dialog: "revoke",
    invitation: "i1",
  });
  expect(membersSearch({ dialog: "explode" })).toEqual({});
  expect(accountSearch({ dialog: "unlink", identity: "i1" })).toEqual({
    dialog: "unlink",
    identity: "i1",
  });
  expect(accountSearch({ dialog: "invite" })).toEqual({});
  expect(accountSearch({ dialog: "delete" })).toEqual({ dialog: "delete" });
  expect(settingsOrgSearch({ dialog: "delete" })).toEqual({ dialog: "delete" });
  expect(settingsOrgSearch({ dialog: ["delete"] })).toEqual({});
});

test("[CN1] block, search text and wrap of an analysis are in its URL", () => {
  expect(analysisSearch({ block: 2, q: "error", wrap: true })).toEqual({
    block: 2,
    q: "error",
    wrap: true,
  });
  expect(analysisSearch({ block: 0, q: "", wrap: "yes", dialog: "delete" })).toEqual({
    dialog: "delete",
  });
  expect(analysisSearch({ block: 1.5 })).toEqual({});
});

test.each([
  ["/o/acme/runs?status=failed", "/o/acme/runs?status=failed"],
  [undefined, "/"],
  ["", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["/o/\u0007acme", "/"],
])("[CN4] after signing in, return_to %j leads to %s", (wanted, led) => {
  expect(safeReturn(wanted)).toBe(led);
});

test("[CN11] only #t= with a token of base64url is taken from a link", () => {
  expect(tokenIn("#t=abcdefghijklmnop-_012")).toBe("abcdefghijklmnop-_012");
  expect(tokenIn("#t=short")).toBeNull();
  expect(tokenIn("#t=<script>alert(1)</script>")).toBeNull();
  expect(tokenIn("#L12")).toBeNull();
});
