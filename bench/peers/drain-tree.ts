/** A Drain parse tree (He et al., ICWS 2017): the classic online log parser, written here as a peer of the analyzer. */

/** The paper's defaults: tree depth 4, similarity 0.4, at most 100 children per node. */
export const DRAIN = { depth: 4, similarity: 0.4, childrenMax: 100 } as const;

/** The masks that Drain3's documentation shows: addresses, hexadecimal ids, numbers. */
export const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, "<IP>"],
  [/\b(?:[0-9a-f]{6,} ?){3,}\b/gi, "<SEQ>"],
  [/\b0x[a-f0-9A-F]+\b/g, "<HEX>"],
  [/(?<=[^A-Za-z0-9]|^)[-+]?\d+(?=[^A-Za-z0-9]|$)/g, "<NUM>"],
];

const WILDCARD = "<*>";

interface Cluster {
  readonly template: string[];
  lines: number;
}
interface Node {
  readonly children: Map<string, Node>;
  readonly clusters: Cluster[];
}

/** Groups lines by template, one line at a time. Memory grows with the templates, not with the lines. */
export class Drain {
  readonly #root: Node = leaf();
  readonly #masks: readonly (readonly [RegExp, string])[];
  #lines = 0;
  #clusters = 0;

  /** @param masks replaced in each line before it is cut into tokens; the paper calls this domain knowledge */
  constructor(masks: readonly (readonly [RegExp, string])[] = []) {
    this.#masks = masks;
  }

  /** Puts one line, without LF, into the cluster it is most similar to, or opens a new one. */
  add(line: string): void {
    const masked = this.#masks.reduce((text, [pattern, name]) => text.replace(pattern, name), line);
    const tokens = masked.split(" ").filter((token) => token !== "");
    const node = this.#descend(tokens);
    this.#lines += 1;
    const best = nearest(node.clusters, tokens);
    if (best !== undefined) {
      merge(best, tokens);
      return;
    }
    node.clusters.push({ template: tokens, lines: 1 });
    this.#clusters += 1;
  }

  /** The lines seen, the lines that its clusters hold (equal unless one was lost), and the clusters. */
  counts(): { readonly lines: number; readonly held: number; readonly clusters: number } {
    return { lines: this.#lines, held: held(this.#root), clusters: this.#clusters };
  }

  /** First level: token count; then the leading tokens, those with digits as wildcards. */
  #descend(tokens: readonly string[]): Node {
    let node = childOf(this.#root, String(tokens.length), Infinity);
    for (const token of tokens.slice(0, DRAIN.depth - 2)) {
      node = childOf(node, /\d/.test(token) ? WILDCARD : token, DRAIN.childrenMax);
    }
    return node;
  }
}

const leaf = (): Node => ({ children: new Map(), clusters: [] });

function childOf(node: Node, key: string, childrenMax: number): Node {
  const known = node.children.get(key);
  if (known !== undefined) return known;
  const wanted = node.children.size < childrenMax ? key : WILDCARD;
  const child = node.children.get(wanted) ?? leaf();
  node.children.set(wanted, child);
  return child;
}

function nearest(clusters: readonly Cluster[], tokens: readonly string[]): Cluster | undefined {
  let best: Cluster | undefined;
  let bestShare = tokens.length === 0 ? -1 : DRAIN.similarity;
  for (const cluster of clusters) {
    const share = similarity(cluster.template, tokens);
    if (share >= bestShare) [best, bestShare] = [cluster, share];
  }
  return best;
}

/** Share of places with an equal token; a wildcard counts as different, as in the paper. */
function similarity(template: readonly string[], tokens: readonly string[]): number {
  if (tokens.length === 0) return 1;
  let equal = 0;
  for (let n = 0; n < tokens.length; n += 1) if (template[n] === tokens[n]) equal += 1;
  return equal / tokens.length;
}

function merge(cluster: Cluster, tokens: readonly string[]): void {
  cluster.lines += 1;
  for (const [n, token] of tokens.entries())
    if (cluster.template[n] !== token) cluster.template[n] = WILDCARD;
}

function held(node: Node): number {
  const own = node.clusters.reduce((sum, cluster) => sum + cluster.lines, 0);
  return [...node.children.values()].reduce((sum, child) => sum + held(child), own);
}
