/** The shape of a family's examples. */

/** By family id: lines that match, and near misses. */
export type Examples = Readonly<Record<string, readonly [hits: readonly string[], misses: readonly string[]]>>;
