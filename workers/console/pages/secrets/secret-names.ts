/** Names of secrets: who may read which, and how a name is put together. Pure. */
import type { ModelProvider } from "../../../platform/secrets/model.ts";
import type { Secret, SecretKind } from "../../wire.ts";

interface Reader {
  readonly kind: SecretKind;
  /** Heading of the group. */
  readonly title: string;
  /** Who gets the value when it runs. */
  readonly read: string;
  /** What stands between the kind and the name, if anything. */
  readonly owner: "app" | "channel" | null;
}

/** In the order in which they are shown; the type of `kind` keeps the list complete. */
export const READERS: readonly Reader[] = [
  { kind: "env", title: "Tasks", read: "tasks of your DAGs that declare the name", owner: null },
  { kind: "app", title: "Apps", read: "the running code of that one app", owner: "app" },
  {
    kind: "channel",
    title: "Channels",
    read: "the delivery service, to sign what it sends to that channel or webhook",
    owner: "channel",
  },
  {
    kind: "model",
    title: "Models",
    read: "calls to the model provider you bring your own key for",
    owner: null,
  },
];

/** Model keys have names of their own, one per provider; the type keeps the table complete. */
const MODEL_KEYS = {
  openai: "OPENAI_KEY",
  anthropic: "ANTHROPIC_KEY",
  google: "GOOGLE_KEY",
  openai_compatible: "OPENAI_COMPATIBLE_KEY",
} as const satisfies Record<ModelProvider, string>;

export const MODEL_KEY_NAMES: readonly string[] = Object.values(MODEL_KEYS);

export interface SecretParts {
  readonly kind: SecretKind;
  /** App or channel; empty where the kind has none. */
  readonly owner: string;
  readonly name: string;
}

/** `app.shop.TOKEN` gives app, shop, TOKEN. */
export function partsOf(name: string): SecretParts {
  const parts = name.split(".");
  const kind = READERS.find((reader) => reader.kind === parts[0])?.kind ?? "env";
  return {
    kind,
    owner: parts.length > 2 ? (parts[1] ?? "") : "",
    name: parts.at(-1) ?? "",
  };
}

export const nameOf = ({ kind, owner, name }: SecretParts): string =>
  READERS.find((reader) => reader.kind === kind)?.owner === null
    ? `${kind}.${name}`
    : `${kind}.${owner}.${name}`;

export interface SecretGroup extends Reader {
  readonly secrets: readonly Secret[];
}

/** The secrets by who may read them, each group by name; empty groups are left out. */
export function grouped(secrets: readonly Secret[]): readonly SecretGroup[] {
  return READERS.map((reader) => ({
    ...reader,
    secrets: secrets
      .filter((secret) => partsOf(secret.name).kind === reader.kind)
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  })).filter((group) => group.secrets.length > 0);
}

/** The parts after another reader was chosen: what stays valid stays. */
export function withKind(parts: SecretParts, kind: string): SecretParts {
  const reader = READERS.find((each) => each.kind === kind);
  if (reader === undefined) return parts;
  const named = MODEL_KEY_NAMES.includes(parts.name);
  if (reader.kind === "model")
    return { ...parts, kind: reader.kind, name: named ? parts.name : (MODEL_KEY_NAMES[0] ?? "") };
  return { ...parts, kind: reader.kind, name: named ? "" : parts.name };
}

/** `env.NAME` as permissions name it: `secrets/env/NAME`. */
export const resourceOf = (name: string): string => `secrets/${name.replaceAll(".", "/")}`;

/** Bytes of a value as it is stored; a value counts its bytes, not its characters. */
export const valueBytes = (value: string): number => new TextEncoder().encode(value).length;
