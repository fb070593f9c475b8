/**
 * Runs a target: makes inputs, tries them in batches, keeps those that reach new code, compares with
 * native where the target has a command, cuts faults down and stores them.
 *
 * @module
 */
import { Coverage } from "./coverage.ts";
import { type Input, minimise, mutateInput, nameOf, type Pick, seeded } from "./input.ts";
import { type NativeSide, type OurAnswer, OurSide, sameAnswer, type Trial } from "./sides.ts";
import { type Answer, Finding, type FindingKind, type Target } from "./target.ts";

/** How to run. */
export interface EngineOptions {
  readonly seed: number;
  /** Ends after so many seconds, */
  readonly seconds: number;
  /** or after so many inputs, */
  readonly inputs: number;
  /** or after so many findings. */
  readonly findings: number;
  /** Whether coverage chooses what is kept. */
  readonly guided: boolean;
  /** Whether coverage is counted without choosing by it. */
  readonly counted: boolean;
  /** The other side; undefined when there is none here. */
  readonly native: NativeSide | undefined;
  /** Is told of each finding. */
  readonly report: (found: Found) => void;
}

/** A fault, cut down. */
export interface Found {
  readonly target: string;
  readonly kind: FindingKind;
  readonly message: string;
  readonly input: Input;
  /** Seconds since the start, and inputs tried until then. */
  readonly seconds: number;
  readonly inputs: number;
  readonly native?: Answer;
}

/** What a run did. */
export interface Summary {
  readonly inputs: number;
  readonly compared: number;
  readonly known: ReadonlyMap<string, number>;
  readonly findings: number;
  /** Inputs that were kept because they reached something new. */
  readonly kept: readonly Input[];
  readonly blocks: number;
}

const BATCH = 100;
/** How many of the inputs that reached something new count as the last ones. */
const RECENT = 30;
/** Of five inputs of a guided batch, so many are made by the grammar; the others change what was kept. */
const MANY = 4;
const FEW = 1;
/** Milliseconds from which an input is not kept: what is made of it would take long too. */
const LONG = 100;
/** How many inputs are tried again together. */
const TOGETHER = 10;
/** How often growth is measured before it is believed. */
const TURNS = 5;
/** Milliseconds that an input of 4 KiB or less may take. */
const SLOW = 1000;
const WORDS_OF_OURS =
  /internal error|(?<!Call to )\bundefined\b|TypeError|RangeError|ReferenceError|\.ts:\d/;

/** Tries inputs of one target. */
export async function runTarget(target: Target, options: EngineOptions): Promise<Summary> {
  const engine = new Engine(target, options, await OurSide.open());
  const coverage = options.guided || options.counted ? await Coverage.start() : undefined;
  try {
    return await engine.run(coverage);
  } finally {
    engine.close();
    await coverage?.stop();
  }
}

/** Tries one input; gives what is wrong with it. */
export async function tryInput(
  target: Target,
  input: Input,
  ours: OurSide,
  native: NativeSide | Answer | undefined,
  kind?: FindingKind,
): Promise<{ kind: FindingKind; message: string } | undefined> {
  const engine = new Engine(target, undefined, ours);
  return await engine.tryOne(input, native, kind, seedOf(input));
}

class Engine {
  readonly #started = performance.now();
  readonly #pick: Pick;
  readonly #kept: Input[];
  readonly #found = new Set<string>();
  readonly #known = new Map<string, number>();
  #dictionary: readonly string[] = [];
  /** Of five inputs, so many are made by the grammar, where there is one. */
  #made = 3;
  /** How much new code batches with many and with few such inputs have reached, the last ones most. */
  readonly #gains: [many: number, few: number] = [Infinity, Infinity];
  #inputs = 0;
  #compared = 0;
  /** Seconds spent on measuring growth. */
  #probing = 0;
  /** Seconds spent on finding which inputs reached something new. */
  #guiding = 0;

  constructor(
    private readonly target: Target,
    private readonly options: EngineOptions | undefined,
    private readonly ours: OurSide,
  ) {
    this.#pick = seeded(options?.seed ?? 1);
    this.#kept = [...target.seeds];
  }

  close(): void {
    this.ours.close();
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #next(): Input {
    const { target } = this;
    const pick = this.#pick;
    for (let tries = 0;; tries++) {
      const input = target.generate !== undefined && pick(5) < this.#made || this.#kept.length === 0
        ? target.generate?.(pick) ?? { args: [], data: "" }
        : mutateInput(this.#parent(), this.#parent(), pick, this.#words());
      if (target.accepts === undefined || target.accepts(input) || tries > 1000) return input;
    }
  }

  /** Lets the kind of batch that has found more come next, and now and then the other. */
  #chooseShare(gained: number): void {
    const gains = this.#gains;
    const last = this.#made === MANY ? 0 : 1;
    gains[last] = gains[last] === Infinity ? gained : 0.7 * gains[last] + 0.3 * gained;
    const better = gains[0] >= gains[1] ? 0 : 1;
    this.#made = [MANY, FEW][this.#pick(4) === 0 ? 1 - better : better];
  }

  /** One of what was kept: every other time one of the last, which reached something new. */
  #parent(): Input {
    const { length } = this.#kept;
    const fresh = length - this.target.seeds.length;
    const last = Math.min(fresh, RECENT);
    const at = last > 0 && this.#pick(2) === 0 ? length - 1 - this.#pick(last) : this.#pick(length);
    return this.#kept[at];
  }

  /** Words to put in: the target's own, and every other time those of the sources that ran. */
  #words(): readonly string[] {
    const own = this.target.words ?? [];
    return this.#dictionary.length > 0 && (own.length === 0 || this.#pick(2) === 0)
      ? this.#dictionary
      : own;
  }

  #trial(input: Input): Trial {
    return {
      command: this.target.command!(input),
      data: input.data,
      tree: this.target.tree === true,
      whole: this.target.whole === true,
    };
  }

  /** What is wrong with an input on our side alone. */
  async #check(
    input: Input,
    seed: number,
  ): Promise<{ kind: FindingKind; message: string; answer?: OurAnswer } | OurAnswer | undefined> {
    const pick = seeded(seed);
    const started = performance.now();
    try {
      await this.target.check?.(input, pick);
    } catch (error) {
      if (error instanceof Finding) return { kind: error.kind, message: error.message };
      return { kind: "crash", message: error instanceof Error ? error.stack ?? "" : String(error) };
    }
    if (this.target.command === undefined) {
      const ms = performance.now() - started;
      return ms > SLOW ? { kind: "hang", message: `${ms.toFixed(0)} ms` } : undefined;
    }
    const trial = this.#trial(input);
    // One input in three arrives in small pieces: no byte may be lost at their edges.
    const pieces = pick(3) > 0 || this.target.whole === true
      ? []
      : Array.from({ length: 1 + pick(3) }, () => 1 + pick([3, 40, 5000][pick(3)]));
    let answer: OurAnswer;
    try {
      answer = await this.ours.run(trial, pieces);
    } catch (error) {
      return { kind: "crash", message: error instanceof Error ? error.stack ?? "" : String(error) };
    }
    if (answer.reason !== "exit" && answer.reason !== "output" && answer.reason !== "timeout") {
      // A limit of memory is a documented end.
      if (answer.reason !== "memory" && answer.reason !== "signal") {
        return { kind: "crash", message: answer.reason };
      }
    }
    const shown = WORDS_OF_OURS.exec(answer.messages);
    if (shown !== null && !`${trial.command.argv.join(" ")}${trial.data}`.includes(shown[0])) {
      return { kind: "crash", message: answer.messages.slice(0, 400) };
    }
    return answer;
  }

  /** Compares with native's answer. */
  #compare(input: Input, ours: OurAnswer, native: Answer | undefined): string | undefined {
    if (native === undefined) {
      // Native says nothing; then ours may end by a limit too, but nothing is compared.
      return undefined;
    }
    if (ours.reason === "output") return undefined;
    this.#compared++;
    if (sameAnswer(ours, native)) return undefined;
    const why = this.target.known?.(input, native, ours);
    if (why !== undefined) {
      this.#known.set(why, (this.#known.get(why) ?? 0) + 1);
      return undefined;
    }
    const show = (answer: Answer): string =>
      JSON.stringify([
        answer.code,
        answer.stdout.slice(0, 600),
        answer.stderr.slice(0, 300),
        ...(answer.tree === undefined ? [] : [answer.tree]),
      ]);
    return `native ${show(native)}\nours   ${show(ours)}`;
  }

  /** Tries an input, with native's answer or native itself. */
  async tryOne(
    input: Input,
    native: NativeSide | Answer | undefined,
    kind?: FindingKind,
    seed = 1,
  ): Promise<{ kind: FindingKind; message: string } | undefined> {
    const { target } = this;
    if (target.accepts?.(input) === false) return undefined;
    if (kind === "growth") return await this.#grows(input);
    const result = await this.#check(input, seed);
    if (result === undefined) return undefined;
    if ("kind" in result) return result;
    if (result.ms > SLOW && target.command !== undefined && sizeOf(input) <= 4096) {
      const again = await this.ours.run(this.#trial(input));
      if (again.ms > SLOW) {
        const [wants] = native !== undefined && "run" in native
          ? await native.run([this.#trial(input)])
          : [native];
        // Where native does not end either, a limit is the right end.
        if (wants !== undefined) return { kind: "hang", message: `${again.ms.toFixed(0)} ms` };
      }
      return undefined;
    }
    if (target.command === undefined || native === undefined) return undefined;
    const [answer] = "run" in native ? await native.run([this.#trial(input)]) : [native];
    const difference = this.#compare(input, result, answer);
    return difference === undefined ? undefined : { kind: "difference", message: difference };
  }

  /** Whether the time for an input grows faster than its data. */
  async #grows(input: Input): Promise<{ kind: FindingKind; message: string } | undefined> {
    if (input.data.length < 2) return undefined;
    const time = async (length: number): Promise<number> => {
      const data = input.data.repeat(Math.ceil(length / input.data.length)).slice(0, length);
      const { ms, reason } = await this.ours.run(this.#trial({ ...input, data }), [], 5000);
      return reason === "output" ? 0 : reason === "timeout" ? Infinity : ms;
    };
    // Four times the data in more than nine times the time, again and again, and long enough to be
    // no noise of a machine that has other work.
    // Small data first: what is quadratic takes too long for more.
    for (const length of [8000, 32_000, 128_000]) {
      let [small, large] = [Infinity, Infinity];
      for (let turn = 0; turn < TURNS; turn++) {
        small = Math.min(small, await time(length));
        large = Math.min(large, await time(4 * length));
        if (large < 100 || large < 9 * small) break;
        if (turn < TURNS - 1) continue;
        return {
          kind: "growth",
          message: `${small.toFixed(0)} ms for ${length} bytes, ${large.toFixed(0)} ms for 4 times`,
        };
      }
      if (large > 1000) break;
    }
    return undefined;
  }

  async #keep(
    input: Input,
    fault: { kind: FindingKind; message: string },
    seed: number,
  ): Promise<void> {
    const { target, options } = this;
    if (options === undefined) return;
    const native = options.native;
    const seconds = this.#seconds();
    const deadline = performance.now() + 8_000;
    const small = await minimise(input, async (candidate) => {
      // What grows is measured over seconds: it is kept as it is.
      if (fault.kind === "growth" || performance.now() > deadline) return false;
      const again = await this.tryOne(candidate, native, fault.kind, seed);
      return again?.kind === fault.kind;
    });
    const last = small === input
      ? fault
      : await this.tryOne(small, native, fault.kind, seed) ?? fault;
    // The same fault is met again and again; what the smallest input is like tells them apart.
    const name = `${fault.kind} ${shapeOf(small)}`;
    if (this.#found.has(name)) return;
    this.#found.add(name);
    const [answer] = fault.kind === "difference" && native !== undefined
      ? await native.run([this.#trial(small)])
      : [undefined];
    options.report({
      target: target.name,
      kind: fault.kind,
      message: last.message,
      input: small,
      seconds,
      inputs: this.#inputs,
      ...(answer === undefined ? {} : { native: answer }),
    });
  }

  async run(coverage: Coverage | undefined): Promise<Summary> {
    const options = this.options!;
    const { target } = this;
    await coverage?.take();
    const over = (): boolean =>
      this.#seconds() > options.seconds || this.#inputs >= options.inputs ||
      this.#found.size >= options.findings;
    for (let first = true; !over(); first = false) {
      const inputs = first ? target.seeds.slice(0, 400) : [];
      while (inputs.length < BATCH && this.#inputs + inputs.length < options.inputs) {
        inputs.push(this.#next());
      }
      const seeds = inputs.map(seedOf);
      const results: (OurAnswer | undefined)[] = [];
      const quick: number[] = [];
      for (let i = 0; i < inputs.length && !over(); i++) {
        const before = performance.now();
        const result = await this.#check(inputs[i], seeds[i]);
        if (performance.now() - before < LONG) quick.push(i);
        this.#inputs++;
        if (result !== undefined && "kind" in result) await this.#keep(inputs[i], result, seeds[i]);
        else results[i] = result;
        // Measuring growth takes a quarter of the time, on inputs that were worked on to the end.
        const worked = result !== undefined && !("kind" in result) && result.code === 0;
        if (target.linear === true && worked && this.#probing < this.#seconds() / 4) {
          const began = this.#seconds();
          const slow = await this.#grows(inputs[i]);
          if (slow !== undefined) await this.#keep(inputs[i], slow, seeds[i]);
          this.#probing += this.#seconds() - began;
        }
      }
      const fresh = await coverage?.take();
      if (options.guided && fresh !== undefined) {
        if (first) this.#dictionary = coverage!.words();
        else this.#chooseShare(fresh.size);
      }
      if (fresh !== undefined && fresh.size > 0 && options.guided && !first) {
        const [some, theirs] = [quick.map((i) => inputs[i]), quick.map((i) => seeds[i])];
        await this.#guide(some, theirs, fresh, coverage!);
      }
      if (target.command !== undefined && options.native !== undefined && !over()) {
        const answers = await options.native.run(inputs.map((input) => this.#trial(input)));
        for (let i = 0; i < inputs.length && this.#found.size < options.findings; i++) {
          const ours = results[i];
          if (ours === undefined) continue;
          if (ours.ms > SLOW && sizeOf(inputs[i]) <= 4096) {
            const fault = await this.tryOne(inputs[i], options.native, "hang", seeds[i]);
            if (fault !== undefined) await this.#keep(inputs[i], fault, seeds[i]);
            continue;
          }
          const message = this.#compare(inputs[i], ours, answers[i]);
          if (message !== undefined) {
            await this.#keep(inputs[i], { kind: "difference", message }, seeds[i]);
          }
        }
      }
    }
    return {
      inputs: this.#inputs,
      compared: this.#compared,
      known: this.#known,
      findings: this.#found.size,
      kept: this.#kept.slice(target.seeds.length),
      blocks: coverage?.blocks ?? 0,
    };
  }

  /**
   * Keeps the inputs of a batch that reached something new. Reading what ran takes longer than most
   * inputs, so ten are tried again together, and one by one only where those ten reached something;
   * no batch is sifted while that has taken more than a third of the time.
   */
  async #guide(
    inputs: readonly Input[],
    seeds: readonly number[],
    fresh: Set<number>,
    coverage: Coverage,
  ): Promise<void> {
    const started = this.#seconds();
    if (this.#guiding > started / 3) return;
    for (let from = 0; from < inputs.length && fresh.size > 0; from += TOGETHER) {
      const to = Math.min(from + TOGETHER, inputs.length);
      for (let i = from; i < to; i++) await this.#check(inputs[i], seeds[i]);
      if (!await coverage.took(fresh, false)) continue;
      for (let i = from; i < to; i++) {
        await this.#check(inputs[i], seeds[i]);
        if (await coverage.took(fresh, true)) this.#kept.push(inputs[i]);
      }
    }
    this.#guiding += this.#seconds() - started;
  }
}

/** How an input is cut into pieces follows from the input, so that it is cut so again. */
function seedOf(input: Input): number {
  return Number.parseInt(nameOf(input).slice(0, 7), 16);
}

function sizeOf(input: Input): number {
  return input.data.length + input.args.reduce((sum, arg) => sum + arg.length, 0);
}

/** Letters as `a`, digits as `0`: inputs of one shape are taken for one fault. */
function shapeOf(input: Input): string {
  const shape = (text: string): string =>
    text.replace(/[0-9]+/g, "0").replace(/[^\x20-\x7e]+/g, "?").slice(0, 60);
  return JSON.stringify([input.args.map(shape), shape(input.data)]);
}
