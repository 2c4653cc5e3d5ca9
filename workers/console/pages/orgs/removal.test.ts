/** The sentences before somebody is removed. */
import { expect, test } from "vitest";
import type { Key } from "../../wire.ts";
import { liveKeysOf, removalTexts } from "./removal.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const KEY: Key = {
  id: "k1",
  key_id: "0000000000000000",
  name: "ci",
  grants: [],
  created_by: "grace",
  created_at: "2026-11-01T00:00:00Z",
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
  replaced_by: null,
  version: 1,
};

test("[CN9] only keys of the person that still work count as lost", () => {
  const keys = [
    KEY,
    { ...KEY, id: "k2", created_by: "ada" },
    { ...KEY, id: "k3", revoked_at: "2026-11-02T00:00:00Z" },
    { ...KEY, id: "k4", expires_at: "2026-11-20T12:00:00Z" },
    { ...KEY, id: "k5", expires_at: "2026-11-20T12:00:01Z" },
  ];
  expect(liveKeysOf(keys, "grace", NOW).map((key) => key.id)).toEqual(["k1", "k5"]);
});

test("[CN9] removing somebody names how many keys are revoked, and which", () => {
  const keys = ["ci", "deploy", "nightly", "bench"].map((name) => ({ name }));
  const removal = { who: "Grace Hopper", org: "Acme", keys, keepKeys: false };
  expect(removalTexts(removal)).toEqual({
    title: "Remove Grace Hopper?",
    action: "Remove the member",
    done: "Grace Hopper is removed.",
    consequences: [
      "Grace Hopper loses access to Acme at once; only a new invitation brings them back.",
      "4 API keys made by Grace Hopper (ci, deploy, nightly and 1 more) are revoked: whatever uses them stops.",
      "What was made here stays: analyses, runs and the audit log.",
    ],
  });
  expect(removalTexts({ ...removal, keepKeys: true }).consequences[1]).toBe(
    "4 API keys made by Grace Hopper (ci, deploy, nightly and 1 more) keep working, with the permissions as they are.",
  );
});

test.each([
  [[{ name: "ci" }], false, "1 API key made by you (ci) is revoked: whatever uses it stops."],
  [
    [{ name: "ci" }],
    true,
    "1 API key made by you (ci) keeps working, with the permissions as they are.",
  ],
  [[], false, "No live key was made by you."],
  [null, false, "All keys made by you are revoked."],
  [null, true, "Keys made by you keep working."],
])("[CN9] leaving with the keys %j, kept %s: %s", (keys, keepKeys, sentence) => {
  const texts = removalTexts({ who: null, org: "Acme", keys, keepKeys });
  expect(texts.title).toBe("Leave Acme?");
  expect(texts.consequences[1]).toBe(sentence);
});
