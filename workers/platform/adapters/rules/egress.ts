/** Which addresses of the outside may be called: names and ports by their form, IP addresses by where they lead. Pure. */
import ipaddr from "ipaddr.js";

/** Longest URL that is called. */
export const URL_CHARS_MAX = 2_048;
const HTTPS_PORT = 443;

/** What an installation says about its own surroundings. */
export interface EgressPolicy {
  /** `host:port` that may be called whatever they are, in the clear too [WH9]. */
  readonly allow: ReadonlySet<string>;
  /** Host names under which this installation answers itself. */
  readonly ownHosts: ReadonlySet<string>;
  /** `.acme.workers.dev`: the names of our own account; null when it has none [C51]. */
  readonly ownSuffix: string | null;
}

/** The settings of which a policy is made, as text. */
export interface EgressSettings {
  readonly EGRESS_ALLOW?: string | undefined;
  readonly PUBLIC_HOSTS: string;
  readonly ISSUER: string;
  readonly WORKERS_SUBDOMAIN?: string | undefined;
}

export function egressPolicy(settings: EgressSettings): EgressPolicy {
  const own = [
    ...listOf(settings.PUBLIC_HOSTS),
    settings.ISSUER.replace(/^https?:\/\//, "").toLowerCase(),
  ];
  const hosts = own.map((host) => host.replace(/:\d+$/, ""));
  const told = settings.WORKERS_SUBDOMAIN?.trim().toLowerCase() ?? "";
  // An installation that answers under workers.dev says by that whose account it is.
  const suffix = told === "" ? hosts.flatMap(accountOf)[0] : `.${told}.workers.dev`;
  return {
    allow: new Set(listOf(settings.EGRESS_ALLOW ?? "")),
    ownHosts: new Set(hosts),
    ownSuffix: suffix ?? null,
  };
}

const accountOf = (host: string): readonly string[] =>
  /\.[^.]+\.workers\.dev$/.exec(host)?.slice(0, 1) ?? [];

const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "");

/** The parts of a URL as the WHATWG parser gives them: lower case, numeric hosts already as dotted quads. */
export interface Target {
  readonly chars: number;
  /** `https:` */
  readonly protocol: string;
  readonly hostname: string;
  /** Empty for the scheme's own. */
  readonly port: string;
  readonly userinfo: boolean;
}

export type Checked =
  /** Of the exact targets that are open: its addresses need no look. */
  | { readonly kind: "open" }
  /** A name whose addresses are to be looked up and checked. */
  | { readonly kind: "lookup"; readonly name: string }
  /** Why not, in a sentence that repeats nothing of the URL. */
  | { readonly kind: "refused"; readonly detail: string };

const refused = (detail: string): Checked => ({ kind: "refused", detail });

/** Names that lead into a machine or its neighborhood, never to a public host. */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|onion|test|example|invalid)$/;
const NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/;
const IPV4_FORM = /^\d+(?:\.\d+){0,3}$/;

/** Judges a URL by its form alone [WH7]; whether its name leads to public addresses is `isGlobal`'s to say. */
export function checkTarget(target: Target, policy: EgressPolicy): Checked {
  const { protocol, hostname, userinfo } = target;
  if (target.chars > URL_CHARS_MAX)
    return refused(`The URL has more than ${String(URL_CHARS_MAX)} characters.`);
  if (protocol !== "https:" && protocol !== "http:") return refused("The URL is not an https URL.");
  if (userinfo) return refused("The URL carries a user name or password.");
  const port = target.port === "" ? (protocol === "https:" ? HTTPS_PORT : 80) : Number(target.port);
  if (policy.allow.has(`${hostname}:${String(port)}`)) return { kind: "open" };
  if (protocol !== "https:") return refused("The URL is not an https URL.");
  if (port !== HTTPS_PORT) return refused(`The port is not ${String(HTTPS_PORT)}.`);
  return checkName(hostname, policy);
}

function checkName(hostname: string, policy: EgressPolicy): Checked {
  if (hostname.startsWith("[") || IPV4_FORM.test(hostname))
    return refused("The host is an IP address; only names are called.");
  // A name may end in a dot, which changes nothing about where it leads.
  const name = hostname.replace(/\.$/, "");
  if (!name.includes(".")) return refused("The host is a name of one label.");
  if (!NAME.test(name)) return refused("The host is no valid name.");
  if (LOCAL_NAME.test(name)) return refused("The host is a local name.");
  if (policy.ownHosts.has(name)) return refused("The host is this installation itself.");
  if (policy.ownSuffix !== null && name.endsWith(policy.ownSuffix))
    return refused("The host belongs to this installation's own account.");
  return { kind: "lookup", name };
}

/**
 * Networks that are not the public Internet though a range table may call them unicast, or that carry an IPv4 address
 * inside. Source: the IANA special-purpose address registries.
 */
const NOT_GLOBAL = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
].map((network) => ipaddr.parseCIDR(network));
/** All of IPv6 that is given out; NAT64, mapped, unique local, link-local and multicast addresses lie outside. */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");

/** Whether an address, as a resolver writes it, is one of the public Internet [WH8]. What cannot be read is not. */
export function isGlobal(address: string): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  if (parsed.kind() === "ipv6" && !inside(parsed, GLOBAL_IPV6)) return false;
  return !NOT_GLOBAL.some((network) => inside(parsed, network));
}

type Address = ReturnType<typeof ipaddr.parse>;

const inside = (address: Address, [network, bits]: readonly [Address, number]): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

/** Why a name with these addresses may not be called, or null [WH8]: one address inside is enough. */
export function addressesRefusal(addresses: readonly string[]): string | null {
  if (addresses.length === 0) return "The host has no address.";
  return addresses.every(isGlobal) ? null : "The host has an address that is not public.";
}
