/** Plays one seed of the dispatcher and tells what was broken. */
import type {
  Changes,
  Needs,
  Slice,
  Store,
} from "../../durable-objects/dispatcher/machine/state.ts";
import { SqliteStore } from "../../durable-objects/dispatcher/store/sqlite.ts";
import type { Fault } from "./faults.ts";
import { Watch } from "./invariants.ts";
import { MemoryStore } from "./memory-store.ts";
import { nodeDatabase } from "./node-sqlite.ts";
import { World } from "./world.ts";

export interface Played {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly hash: string;
  readonly turns: number;
  readonly tasks: number;
  readonly met: ReadonlyMap<Fault, number>;
  /** What the dispatcher answered to which event, and which errors its tasks ended an attempt with. */
  readonly outcomes: ReadonlySet<string>;
}

/** A bug put in on purpose, to see that an invariant notices it. */
export interface Plant {
  readonly changes?: (changes: Changes, store: MemoryStore) => Changes;
  readonly load?: (needs: Needs, store: MemoryStore) => void;
  readonly turned?: (world: World, store: MemoryStore) => void;
}

/** The command that replays a seed with its trace. */
export const replay = (seed: bigint): string =>
  `npm run sim -- --machine dispatcher --seed ${String(seed)}`;

/** Sources and steps grow with the seed's own draw; a run takes a few milliseconds. */
export function simulate(
  seed: bigint,
  options: { keepTrace?: boolean; plant?: Plant } = {},
): Played {
  let turns = 0;
  let watch: Watch | null = null;
  const { plant = {} } = options;
  const made: MemoryStore[] = [];
  const outcomes = new Set<string>();
  const world = new World({
    seed,
    keepTrace: options.keepTrace ?? false,
    store: (crash) => {
      const store = new PlantedStore(crash, plant);
      made.push(store);
      return store;
    },
    onTurn: (event, turned) => {
      turns += 1;
      outcomes.add(`${event.type} ${turned.ok ? turned.answer.kind : turned.refusal.code}`);
      if (made[0] !== undefined) plant.turned?.(world, made[0]);
      watch?.afterTurn(event, turned);
    },
  });
  const [store] = made;
  if (store === undefined) throw new Error("the world opens one store");
  watch = new Watch(world, store);
  try {
    if (world.play({ sources: 4 + Number(seed % 9n), steps: 600 })) watch.atRest();
    else
      world.violations.push(
        `liveness: with faults off it did not settle: ${JSON.stringify(store.head())}`,
      );
  } catch (error) {
    world.violations.push(`bug: ${String(error)}`);
  }
  for (const { error } of store.tasks.values()) if (error !== null) outcomes.add(error.code);
  return {
    violations: world.violations,
    trace: world.trace,
    hash: world.hash(),
    turns,
    tasks: store.tasks.size,
    met: world.faults.met,
    outcomes,
  };
}

class PlantedStore extends MemoryStore {
  readonly #plant: Plant;

  constructor(crash: () => void, plant: Plant) {
    super(crash);
    this.#plant = plant;
  }

  override load(needs: Needs): Slice {
    this.#plant.load?.(needs, this);
    return super.load(needs);
  }

  override apply(changes: Changes): void {
    super.apply(this.#plant.changes?.(changes, this) ?? changes);
  }
}

/** The same seed over real SQLite: its trace must be the one of the maps. */
export function simulateOnSqlite(seed: bigint): { readonly hash: string } {
  const db = nodeDatabase();
  const world = new World({
    seed,
    keepTrace: false,
    store: (crash) => crashing(new SqliteStore(db), crash),
    onTurn: () => {},
  });
  world.play({ sources: 4 + Number(seed % 9n), steps: 600 });
  db.close();
  return { hash: world.hash() };
}

/** Dies as often in a write as the maps do: they look for a crash between four tables. */
const crashing = (store: SqliteStore, crash: () => void): Store =>
  new Proxy(store, {
    get(target, name) {
      if (name === "apply") {
        return (changes: Parameters<Store["apply"]>[0]) => {
          target.apply(changes);
          for (let table = 0; table < 4; table += 1) crash();
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
