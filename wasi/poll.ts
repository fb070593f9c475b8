/**
 * Waiting for several things at once.
 *
 * @module
 */
import { type OpenFile, type PollItem, S_IFREG } from "../sandbox/types.ts";
import { CLOCK, CLOCK_ABSTIME, EVENT, EVENT_HANGUP, RIGHT, SIZE } from "./abi.ts";
import { clockNs } from "./clocks.ts";
import { ERRNO, type Errno } from "./errno.ts";
import type { Guest } from "./guest.ts";
import { blockFor } from "./unsuspended.ts";

/** One subscription as it was read; nothing of the guest's memory is looked at twice. */
interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  /** Why it cannot be waited for. */
  readonly error: Errno;
  /** When it is over, for clocks: a time of the clock `id`. */
  readonly clock?: { readonly id: number; readonly end: bigint };
  readonly file?: OpenFile;
}

/** Where the fields of a subscription are. */
interface Layout {
  readonly size: number;
  readonly clockId: number;
  readonly timeout: number;
  readonly flags: number;
}

const PREVIEW1: Layout = { size: SIZE.SUBSCRIPTION, clockId: 16, timeout: 24, flags: 40 };
const UNSTABLE: Layout = { size: SIZE.SUBSCRIPTION_UNSTABLE, clockId: 24, timeout: 32, flags: 48 };

const NS_PER_MS = 1_000_000n;
/** Longest wait in milliseconds; what is longer than a human life needs no exact end. */
const FOREVER_MS = 2 ** 42;

function readSubscription(guest: Guest, at: number, layout: Layout): Subscription {
  const { memory } = guest;
  const userdata = memory.u64(at);
  const type = memory.u8(at + 8);
  switch (type) {
    case EVENT.CLOCK: {
      const id = memory.u32(at + layout.clockId);
      const timeout = memory.u64(at + layout.timeout);
      const absolute = (memory.u16(at + layout.flags) & CLOCK_ABSTIME) !== 0;
      const now = clockNs(guest, id);
      if (now === undefined) return { userdata, type, error: ERRNO.INVAL };
      // A CPU clock stands still while its process waits, so the wait would have no end.
      if (id !== CLOCK.REALTIME && id !== CLOCK.MONOTONIC) {
        return { userdata, type, error: ERRNO.NOTSUP };
      }
      const end = absolute ? timeout : now + timeout;
      return { userdata, type, error: ERRNO.SUCCESS, clock: { id, end } };
    }
    case EVENT.FD_READ:
    case EVENT.FD_WRITE: {
      const number = memory.u32(at + 16);
      const right = type === EVENT.FD_READ ? RIGHT.FD_READ : RIGHT.FD_WRITE;
      let descriptor;
      try {
        descriptor = guest.fds.get(number);
      } catch {
        return { userdata, type, error: ERRNO.BADF };
      }
      if ((descriptor.rights & RIGHT.POLL_FD_READWRITE) === 0) {
        // A file that may be read or written may be waited for: opens by hand often forget it.
        if ((descriptor.rights & right) === 0) return { userdata, type, error: ERRNO.NOTCAPABLE };
      }
      const file = descriptor.file ?? descriptor.socket?.pollFile;
      if (file === undefined) return { userdata, type, error: ERRNO.NOTCONN };
      return { userdata, type, error: ERRNO.SUCCESS, file };
    }
    default:
      return { userdata, type, error: ERRNO.INVAL };
  }
}

/** What has happened: an error number, bytes and flags; undefined when nothing has. */
function happened(
  guest: Guest,
  subscription: Subscription,
): { error: Errno; bytes: number; flags: number } | undefined {
  const { clock, error, file, type } = subscription;
  if (error !== ERRNO.SUCCESS) return { error, bytes: 0, flags: 0 };
  if (clock !== undefined) {
    const now = clockNs(guest, clock.id) as bigint;
    return now >= clock.end ? { error, bytes: 0, flags: 0 } : undefined;
  }
  if (file === undefined) return undefined;
  const state = file.ready();
  const flags = state.hangup ? EVENT_HANGUP : 0;
  if (type === EVENT.FD_READ) {
    if (!state.read && !state.hangup) return undefined;
    return { error, bytes: state.available, flags };
  }
  if (!state.write && !state.hangup) return undefined;
  return { error, bytes: file.type === S_IFREG ? 0 : state.available, flags };
}

function writeEvents(
  guest: Guest,
  subscriptions: readonly Subscription[],
  out: number,
  result: number,
  timeIsOver: boolean,
): number {
  const { memory } = guest;
  let count = 0;
  let first: Subscription | undefined;
  const write = (subscription: Subscription, error: Errno, bytes: number, flags: number): void => {
    const at = out + count * SIZE.EVENT;
    memory.clear(at, SIZE.EVENT);
    memory.setU64(at, subscription.userdata);
    memory.setU16(at + 8, error);
    memory.setU8(at + 10, subscription.type);
    if (subscription.type !== EVENT.CLOCK) {
      memory.setU64Number(at + 16, bytes);
      memory.setU16(at + 24, flags);
    }
    count++;
  };
  for (const subscription of subscriptions) {
    const event = happened(guest, subscription);
    if (event !== undefined) write(subscription, event.error, event.bytes, event.flags);
    else if (subscription.clock !== undefined) {
      if (first?.clock === undefined || leftMs(guest, subscription) < leftMs(guest, first)) {
        first = subscription;
      }
    }
  }
  // Timers of the host may be a little early; the wait is over all the same.
  if (count === 0 && timeIsOver && first !== undefined) write(first, ERRNO.SUCCESS, 0, 0);
  if (count > 0) memory.setU32(result, count);
  return count;
}

/** Milliseconds until a clock subscription is over. */
function leftMs(guest: Guest, subscription: Subscription): number {
  const { clock } = subscription;
  if (clock === undefined) return Infinity;
  const left = clock.end - (clockNs(guest, clock.id) as bigint);
  if (left <= 0n) return 0;
  // Rounded up, so that the clock has passed the end when the wait is over.
  const ms = Number(left / NS_PER_MS) + Number(left % NS_PER_MS) / 1e6;
  return Math.min(ms, FOREVER_MS);
}

function poll(
  guest: Guest,
  layout: Layout,
  subscriptionsPointer: number,
  eventsPointer: number,
  number: number,
  result: number,
): number {
  const { memory, system } = guest;
  const count = number >>> 0;
  if (count === 0) return ERRNO.INVAL;
  const from = memory.range(subscriptionsPointer, count * layout.size);
  const out = memory.range(eventsPointer, count * SIZE.EVENT);
  memory.range(result, 4);
  if (count > guest.fds.limit + 64) return ERRNO.INVAL;
  const subscriptions: Subscription[] = [];
  for (let i = 0; i < count; i++) {
    subscriptions.push(readSubscription(guest, from + i * layout.size, layout));
  }
  if (writeEvents(guest, subscriptions, out, result, false) > 0) return ERRNO.SUCCESS;
  const items: PollItem[] = [];
  let timeout = Infinity;
  for (const subscription of subscriptions) {
    if (subscription.file !== undefined) {
      const read = subscription.type === EVENT.FD_READ;
      items.push({ file: subscription.file, read, write: !read });
    }
    timeout = Math.min(timeout, leftMs(guest, subscription));
  }
  if (!guest.suspends) {
    if (timeout === Infinity) return ERRNO.AGAIN;
    (system.block ?? blockFor)(timeout);
    writeEvents(guest, subscriptions, out, result, true);
    return ERRNO.SUCCESS;
  }
  const wait = (left: number): number =>
    guest.with(system.poll(items, left === Infinity ? undefined : left), (ready) => {
      const over = ready.length === 0;
      if (writeEvents(guest, subscriptions, out, result, over) > 0) return ERRNO.SUCCESS;
      // What was ready has been taken by somebody else meanwhile.
      let again = Infinity;
      for (const each of subscriptions) again = Math.min(again, leftMs(guest, each));
      return wait(again);
    });
  return wait(timeout);
}

/** Waits until at least one subscription has something to tell. */
export function poll_oneoff(
  guest: Guest,
  subscriptions: number,
  events: number,
  count: number,
  result: number,
): number {
  return poll(guest, PREVIEW1, subscriptions, events, count, result);
}

/** As `poll_oneoff`, with the longer subscriptions of wasi_unstable. */
export function poll_oneoff_unstable(
  guest: Guest,
  subscriptions: number,
  events: number,
  count: number,
  result: number,
): number {
  return poll(guest, UNSTABLE, subscriptions, events, count, result);
}
