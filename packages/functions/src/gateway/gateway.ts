import type { Runtime } from '../lib/clock.ts'
import type { Handshake, MakeHandshake } from './handshake.ts'

/** The visitors' way to a pod, as far as the functions can check it. */
export interface Gateway {
  /** Makes a handshake now. It never rejects. */
  readonly handshake: MakeHandshake
  /** Returns a handshake of this process that is at most a second old, or makes one. Concurrent calls share one. */
  recent(ip: string): Promise<TimedHandshake>
}

export type TimedHandshake = Handshake & {
  /** When it ended, ms since 1970. */
  readonly atMs: number
}

const RECENT_MS = 1_000

export function createGateway(
  handshake: MakeHandshake,
  { monotonic, now }: Pick<Runtime, 'monotonic' | 'now'>,
): Gateway {
  const known = new Map<string, { readonly result: Promise<TimedHandshake>; endedMs: number }>()

  function forgetOld(): void {
    for (const [ip, { endedMs }] of known) if (monotonic() - endedMs > RECENT_MS) known.delete(ip)
  }

  return {
    handshake,
    recent(ip) {
      forgetOld()
      const found = known.get(ip)
      if (found) return found.result
      const entry = {
        result: handshake(ip).then((result) => {
          entry.endedMs = monotonic()
          return { ...result, atMs: now() }
        }),
        endedMs: Number.POSITIVE_INFINITY,
      }
      known.set(ip, entry)
      return entry.result
    },
  }
}
