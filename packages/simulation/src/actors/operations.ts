/** External events: crashes, node drains, deploys, operators with kubectl, strangers. */

import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { newPodKey, signToken } from '@warm-pods/core/identity/token.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import { claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import type { SimPod } from '../engines/kube-objects.ts'
import { Process } from '../engines/simulated-process.ts'
import type { World } from '../world.ts'
import { PageCalls } from './visitor-calls.ts'

const EVENT_WEIGHTS = {
  crash: 3,
  unready: 3,
  nodeUnready: 0.5,
  drain: 1,
  podDeleted: 2,
  allPodsDeleted: 0.5,
  jobDeleted: 1,
  allJobsDeleted: 0.5,
  jobOrphaned: 1,
  strayJob: 2,
  deploy: 2,
  brokenDeploy: 1,
  lambdasDie: 1,
  ownerPauses: 0.5,
  wrongClock: 3,
  stranger: 3,
} as const

/** How far ahead a wrong clock is: two hours, a month, ten years. */
const FAR_AHEAD_MS = [7_200_000, 2_592_000_000, 315_360_000_000] as const

/** Injects random external events into a world. */
export class ExternalEvents {
  readonly #world: World
  #deploys = 1
  #strays = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Injects one event now. */
  inject(): void {
    const { chance, wire } = this.#world
    const what = chance.weighed(EVENT_WEIGHTS)
    wire.count(`outside ${what}`)
    this.#world.note(() => `from outside: ${what}`)
    this.#do(what)
  }

  /** Injects an event that makes refill retire warm slots, and triggers refill. */
  coincide(): void {
    const { chance, wire, lambdas } = this.#world
    const what = chance.pick(['deploy', 'nodeUnready'] as const)
    wire.count(`coincidence ${what}`)
    this.#world.note(() => `from outside, during a burst of claims: ${what}`)
    this.#do(what)
    lambdas.triggerRefill()
  }

  /** Ends the lasting effects: broken images and the owner's pause. */
  repair(): void {
    this.#world.brokenImages.clear()
    this.#pauseUntil(undefined)
  }

  #do(what: keyof typeof EVENT_WEIGHTS): void {
    const { chance, kube, lambdas, limits } = this.#world
    switch (what) {
      case 'crash':
        this.#onPod((pod) => kube.crash(pod))
        break
      case 'unready':
        this.#onPod((pod) => this.#losesReady(pod))
        break
      case 'nodeUnready': {
        const node = chance.pick(kube.nodes)
        for (const pod of this.#runningPods()) if (pod.node === node) this.#losesReady(pod)
        break
      }
      case 'drain':
        kube.drain(chance.pick(kube.nodes))
        break
      case 'podDeleted':
        this.#onPod((pod) => kube.deletePod(pod.name, 'operator', { graceMs: limits.graceMs }))
        break
      case 'allPodsDeleted': {
        const graceMs = chance.happens(0.5) ? 0 : limits.graceMs
        for (const pod of this.#runningPods()) kube.deletePod(pod.name, 'operator', { graceMs })
        break
      }
      case 'allJobsDeleted':
        for (const name of [...kube.jobs.keys()]) kube.deleteJob(name, 'operator')
        break
      case 'jobDeleted':
      case 'jobOrphaned': {
        const names = [...kube.jobs.keys()]
        if (names.length > 0)
          kube.deleteJob(chance.pick(names), 'operator', { orphan: what === 'jobOrphaned' })
        break
      }
      case 'strayJob':
        if (kube.jobs.size < limits.cap)
          kube.createJob(strayJobManifest(`warm-${limits.target + 5}-${this.#strays++}-stray`))
        break
      case 'deploy':
        this.#deploy(`pod:${++this.#deploys}`)
        break
      case 'brokenDeploy':
        this.#deployBroken()
        break
      case 'lambdasDie':
        lambdas.killAll()
        break
      case 'ownerPauses':
        this.#pauseUntil(this.#world.wallMs() + chance.between(1_000, 90_000))
        break
      case 'wrongClock':
        void this.#writeByWrongClock().catch(() => {
          // An injected fault has hit the write.
        })
        break
      case 'stranger':
        void this.#stranger()
        break
      default:
        what satisfies never
    }
  }

  #losesReady(pod: SimPod): void {
    const { chance, kube, loop } = this.#world
    kube.setReady(pod, false)
    loop.in(chance.between(500, 40_000), () => kube.setReady(pod, true))
  }

  #onPod(act: (pod: SimPod) => unknown): void {
    const pods = this.#runningPods()
    if (pods.length > 0) act(this.#world.chance.pick(pods))
  }

  #runningPods(): SimPod[] {
    return [...this.#world.kube.pods.values()].filter((pod) => !pod.exit && !pod.deletion)
  }

  #deploy(image: string): void {
    this.#world.image = image
    this.#world.lambdas.retire()
  }

  #deployBroken(): void {
    const { chance, loop, brokenImages } = this.#world
    const image = `pod:${++this.#deploys}-broken`
    brokenImages.add(image)
    loop.in(chance.between(5_000, 150_000), () => brokenImages.delete(image))
    this.#deploy(image)
  }

  /** A process with a clock far ahead writes one time into a row, and ends. */
  async #writeByWrongClock(): Promise<void> {
    const { chance, limits, sessions } = this.#world
    const services = this.#world.servicesOf(new Process('wrong-clock', 'api', chance.pick(FAR_AHEAD_MS)))
    const nowMs = services.now()
    const what = chance.pick(['lease', 'backOff', 'slot', 'session'] as const)
    switch (what) {
      case 'lease':
        await services.refill.acquireLease('wrong-clock', nowMs, limits.refillLeaseMs)
        break
      case 'backOff':
        await services.refill.backOff(nowMs + limits.refillBackOffMaxMs)
        break
      case 'slot': {
        const { slots } = await services.slots.read()
        if (slots.length === 0) return
        const slot = chance.pick(slots)
        if (slot.state === 'WARM' && chance.happens(0.5)) {
          // The Lambda ends before it creates the session.
          const claimant = { sessionId: chance.hex(32), epoch: 1, visitor: 'wrong-clock' }
          await services.slots.claim(slot, claimSlot(slot, claimant, nowMs))
        } else await services.slots.move(slot, withTime(slot, nowMs))
        break
      }
      case 'session': {
        const ids = [...sessions.rows.keys()]
        const row = ids.length > 0 ? await services.sessions.get(chance.pick(ids)) : undefined
        if (!row || row.state === 'ended') return
        const ends = { leaseEndsAtMs: nowMs + limits.leaseMs, endsAtMs: nowMs + limits.lifetimeMs }
        await services.sessions.update(row, { ...row, ...ends })
        break
      }
      default:
        what satisfies never
    }
  }

  /** Pauses refill as the owner's console does: by a write to refill's row. */
  #pauseUntil(untilMs: number | undefined): void {
    const expression = untilMs === undefined ? 'REMOVE pausedUntil' : 'SET pausedUntil = :until'
    this.#world.dynamo.execute(
      new UpdateCommand({
        TableName: 'Pool',
        Key: { pool: 'main', slot: 'refill' },
        UpdateExpression: expression,
        ...(untilMs === undefined
          ? {}
          : { ExpressionAttributeValues: { ':until': new Date(untilMs).toISOString() } }),
      }),
    )
  }

  /** A stranger tries to open a socket to another visitor's pod, and to kill another session's pod. */
  async #stranger(): Promise<void> {
    const { chance, kube, sessions } = this.#world
    const pods = [...kube.pods.values()].filter((pod) => pod.process)
    if (pods.length > 0) await kube.connect(chance.pick(pods).ip, await this.#token())
    const ids = [...sessions.rows.keys()]
    if (ids.length === 0) return
    const stranger = await PageCalls.open(this.#world, new Process('stranger', 'page', 0), '203.0.113.9')
    await stranger.unauthorisedKill(chance.pick(ids))
  }

  async #token(): Promise<string> {
    const { chance, wallMs, tokens, sessions } = this.#world
    const kinds = ['none', 'forged', 'another pod’s'] as const
    switch (chance.pick(kinds)) {
      case 'none':
        return 'warm-pods.v1'
      case 'forged': {
        const ids = [...sessions.rows.keys()]
        const sessionId = ids.length > 0 ? chance.pick(ids) : '0'.repeat(32)
        const expiresAtS = Math.ceil(wallMs.call(this.#world) / 1_000) + 600
        return `warm-pods.v1, ${await signToken(newPodKey(), { sessionId, epoch: 1, expiresAtS })}`
      }
      case 'another pod’s':
        return tokens.length > 0 ? chance.pick(tokens) : 'warm-pods.v1'
    }
  }
}

/** A slot whose time limit counts from `nowMs`. */
function withTime(slot: Slot, nowMs: number): Slot {
  switch (slot.state) {
    case 'EMPTY':
      return slot
    case 'STARTING':
      return { ...slot, sinceMs: nowMs }
    case 'WARM':
      return { ...slot, checkedAtMs: nowMs }
    case 'CLAIMED':
      return { ...slot, claimedAtMs: nowMs }
    default:
      return slot satisfies never
  }
}

/** Returns the manifest of a Job that no row has ever named. */
function strayJobManifest(name: string) {
  return {
    metadata: { name, labels: {} },
    spec: { template: { spec: { containers: [{ name: 'echo', image: 'pod:stray' }] } } },
  }
}
