/** The forms of addresses that lead inside, one row each: what a hostile caller would register. */
import { expect, test } from "vitest";
import { addressesRefusal, checkTarget, egressPolicy, isGlobal, URL_CHARS_MAX } from "./egress.ts";

const POLICY = egressPolicy({
  EGRESS_ALLOW: "127.0.0.1:9000, hooks.lan:8443,[::1]:9000",
  PUBLIC_HOSTS: "edgewright.example.org,localhost:8787",
  ISSUER: "https://console.example.org",
  WORKERS_SUBDOMAIN: "acme",
});

function kindOf(text: string): string {
  const url = URL.parse(text);
  if (url === null) return "unreadable";
  const { protocol, hostname, port, username, password } = url;
  const userinfo = username !== "" || password !== "";
  return checkTarget({ chars: text.length, protocol, hostname, port, userinfo }, POLICY).kind;
}

test.each([
  "http://hooks.example.com/",
  "ftp://hooks.example.com/",
  "javascript:alert(1)",
  "https://hooks.example.com:8443/",
  "https://hooks.example.com:80/",
  "https://user@hooks.example.com/",
  "https://user:password@hooks.example.com/",
  "https://127.0.0.1/",
  "https://127.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.0.0.1/",
  "https://0177.0.0.1/",
  "https://017700000001/",
  "https://127.0.0.1./",
  "https://①②⑦.0.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://8.8.8.8/",
  "https://[::1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[fe80::1]/",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://a.localhost/",
  "https://printer.local/",
  "https://metadata.google.internal/",
  "https://vault.internal./",
  "https://1.0.0.127.in-addr.arpa/",
  "https://intranet/",
  "https://intranet./",
  "https://edgewright.example.org/",
  "https://EDGEWRIGHT.example.org./",
  "https://console.example.org/",
  "https://edgewright-platform.acme.workers.dev/",
  "https://hooks..example.com/",
  "https://-hooks.example.com/",
  `https://hooks.example.com/${"x".repeat(URL_CHARS_MAX)}`,
])("[WH7] %s is refused by its form", (text) => {
  expect(["refused", "unreadable"]).toContain(kindOf(text));
});

test.each([
  "https://hooks.example.com/a?b=c",
  "https://hooks.example.com:443/",
  "https://hooks.example.com./",
  "https://bücher.example.com/",
  "https://worker.other-team.workers.dev/",
  "https://notedgewright.example.org/",
])("[WH7] %s is a name whose addresses are looked up", (text) => {
  expect(kindOf(text)).toBe("lookup");
});

test("[WH7] an installation that answers under workers.dev calls no Worker of its account, told so or not", () => {
  const host = "edgewright.acme.workers.dev";
  const policy = egressPolicy({ PUBLIC_HOSTS: host, ISSUER: `https://${host}` });
  const judged = (hostname: string) =>
    checkTarget({ chars: 30, protocol: "https:", hostname, port: "", userinfo: false }, policy)
      .kind;
  expect(judged("apps.acme.workers.dev")).toBe("refused");
  expect(judged("apps.notacme.workers.dev")).toBe("lookup");
});

test.each([
  ["http://127.0.0.1:9000/hook", "open"],
  ["https://hooks.lan:8443/hook", "open"],
  ["http://[::1]:9000/", "open"],
  ["http://127.0.0.1:9001/hook", "refused"],
  ["http://127.0.0.2:9000/hook", "refused"],
  ["https://hooks.lan/hook", "refused"],
  ["http://user@127.0.0.1:9000/hook", "refused"],
])("[WH9] EGRESS_ALLOW opens exact targets only: %s is %s", (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});

test.each([
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.8",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.1.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::7f00:1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "64:ff9b::7f00:1",
  "64:ff9b::8.8.8.8",
  "64:ff9b:1::a00:1",
  "100::1",
  "2001::1",
  "2001:2::1",
  "2001:10::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "2002:808:808::1",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "0x7f.1",
  "2130706433",
  "localhost",
  "",
])("[WH8] the address %s is not one of the public Internet", (address) => {
  expect(isGlobal(address)).toBe(false);
});

test.each([
  "8.8.8.8",
  "93.184.215.14",
  "172.32.0.1",
  "100.128.0.1",
  "2606:4700:4700::1111",
  "2a00:1450::1",
])("[WH8] %s is public", (address) => {
  expect(isGlobal(address)).toBe(true);
});

test("[WH8] one address inside refuses a name with public ones beside it, and so does having none", () => {
  expect(addressesRefusal(["8.8.8.8", "2606:4700:4700::1111"])).toBeNull();
  expect(addressesRefusal(["8.8.8.8", "10.0.0.1"])).not.toBeNull();
  expect(addressesRefusal([])).not.toBeNull();
});
