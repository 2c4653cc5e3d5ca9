/** Which addresses count together, and which are the machine's own. */
import { expect, test } from "vitest";
import { isOwnMachine, networkOf } from "./client-ip.ts";

test.each([
  ["198.51.100.7", "198.51.100.7"],
  ["::ffff:198.51.100.7", "198.51.100.7"],
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
])("[RL3] %s counts for %s", (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});

test("[RL3] only loopback is the machine itself, however it is written", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isOwnMachine)).toBe(true);
  expect(["10.0.0.1", "192.168.0.1", "0.0.0.0", "fe80::1"].some(isOwnMachine)).toBe(false);
});
