/** The scripted visit: claims, three kills with fail-overs, a heal, a cold start, a refused socket, and two visitors who stay. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { type KillOption, Visitor } from './visitor.ts'

/** The facts of the visit that the metrics must repeat. */
export interface VisitFacts {
  readonly claims: { warm: number; cold: number; contention: number }
  readonly kills: Record<KillOption, number>
  readonly failovers: number
  /** From each kill to the first pong of the next pod, ms. */
  readonly failoverMs: readonly number[]
  readonly heals: number
  readonly refusedSockets: number
  /** Sockets that a newer one of the same session replaced. */
  readonly replacedSockets: number
  /** The visitors who are still connected. */
  readonly staying: readonly Visitor[]
}

export interface VisitedSystem {
  readonly site: string
  /** The origin of the WebSockets, `ws://…`. */
  readonly gateway: string
}

const KILLS: readonly KillOption[] = ['polite', 'crash', 'freeze']
const POLL_MS = 200
const PATIENCE_MS = 180_000

/** Makes the visit and waits until the pool is whole again. @param say called with each step. */
export async function visit(system: VisitedSystem, say: (step: string) => void): Promise<VisitFacts> {
  const { gateway, site } = system
  const claims = { warm: 0, cold: 0, contention: 0 }
  const claim = async (): Promise<Visitor> => {
    const visitor = await Visitor.claim(site, gateway, () => {
      claims.contention += 1
    })
    claims[visitor.session.source === 'cold' ? 'cold' : 'warm'] += 1
    return visitor
  }
  await untilWhole(site)
  say('claims a warm pod and pings it')
  const first = await claim()
  await first.ping(5)
  const failoverMs: number[] = []
  for (const how of KILLS) {
    say(`kills it (${how}) and fails over`)
    failoverMs.push(await first.failOver(await first.kill(how)))
    await untilWhole(site)
    // Another kill of the session is refused before.
    await sleep(LIMITS.killCooldownMs)
  }
  say('kills it (polite) and waits until its Job has healed')
  await first.kill('polite')
  await first.heal()
  await first.untilHeals(KILLS.length + 1)
  await first.release()
  await untilWhole(site)
  say('claims more pods than are warm, so one starts cold')
  const crowd = await Promise.all(Array.from({ length: LIMITS.target + 1 }, claim))
  const [second, third, ...others] = crowd
  if (!second || !third) throw new Error('Expected two visitors.')
  await Promise.all(others.map((visitor) => visitor.release()))
  say('tries a forged token, and replaces a socket')
  await second.connectWithForgedToken()
  await second.connect()
  await second.ping(20)
  await third.ping(20)
  await untilWhole(site)
  // The pods measure the round trip with each heartbeat.
  await sleep(2 * LIMITS.heartbeatMs)
  return {
    claims,
    kills: { polite: 2, crash: 1, freeze: 1 },
    failovers: KILLS.length,
    failoverMs,
    heals: KILLS.length + 1,
    refusedSockets: 1,
    replacedSockets: 1,
    staying: [second, third],
  }
}

/** Polls until every slot is warm. @throws Error after three minutes, with the problem that the pool shows. */
export async function untilWhole(site: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const pool = (await (await fetch(`${site}/api/pool`)).json()) as Pool
    if (pool.slots.every(({ state }) => state === 'warm')) return
    if (performance.now() > deadline) throw new Error(`The pool is not whole: ${JSON.stringify(pool.slots)}`)
    await sleep(POLL_MS)
  }
}
