import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLine } from './last-line.ts'
import { endGroups, signalGroup } from './process-groups.ts'
import type { Reaper } from './start-reaper.ts'

/** One part of the system: a program that is kept running, in a process group of its own with what it starts. */
export interface PartOptions<Ready> {
  /** As a person calls it: "the database". */
  readonly name: string
  /** Absolute path of the program. It says `{ ready: … }` to its parent, ends on SIGTERM, and when its parent is gone. */
  readonly program: string
  /** What the program is told, given what it said when it was last ready: one that took a free port keeps it. */
  readonly settings: (last: Ready | undefined) => unknown
  readonly env: Readonly<Record<string, string>>
  /** Everything the part prints is appended here. */
  readonly log: string
  readonly reaper: Reaper
  /** Reads what the part said when it was ready. */
  readonly parse: (ready: unknown) => Ready
  readonly onChange: (change: PartChange) => void
  /** Once aborted, nothing is started again. */
  readonly signal: AbortSignal
  readonly policy?: Partial<RestartPolicy>
}

export interface RestartPolicy {
  readonly readyWithinMs: number
  /** More ends than this within the window, and the part is given up. */
  readonly endsAllowed: number
  readonly windowMs: number
  /** First pause before another try; doubles with each. */
  readonly pauseMs: number
}

export type PartChange =
  | { readonly kind: 'ended'; readonly name: string; readonly why: string }
  | { readonly kind: 'back'; readonly name: string; readonly afterMs: number }
  | { readonly kind: 'given up'; readonly name: string; readonly why: string; readonly log: string }

export interface Part<Ready> {
  /** What it said when it was first ready. */
  readonly ready: Ready
  stop(graceMs: number): Promise<void>
}

/** A part that does not come up, with the last thing it said. */
export class PartFailed extends Error {
  override name = 'PartFailed'
}

const POLICY: RestartPolicy = { readyWithinMs: 30_000, endsAllowed: 4, windowMs: 60_000, pauseMs: 100 }

/**
 * Starts a part and keeps it running until it is stopped.
 * @throws PartFailed when it does not come up at all.
 */
export async function startPart<Ready>(options: PartOptions<Ready>): Promise<Part<Ready>> {
  const policy = { ...POLICY, ...options.policy }
  const { reaper, signal } = options
  const ends: number[] = []
  let child: ChildProcess | undefined
  let last: Ready | undefined
  let stopped = false
  const isStopping = () => stopped || signal.aborted

  async function bringUp(): Promise<Ready> {
    for (;;) {
      if (isStopping()) throw new PartFailed(`${options.name} was told to stop`)
      const [started, ready] = launch(options, options.settings(last), policy.readyWithinMs)
      child = started
      const said = await ready
      if (said.ok) {
        last = options.parse(said.value)
        return last
      }
      clearAway(started)
      await pauseOrGiveUp(said.why)
    }
  }

  /** @throws PartFailed when it has ended too often. */
  async function pauseOrGiveUp(why: string): Promise<void> {
    const now = performance.now()
    ends.push(now)
    const recent = ends.filter((end) => end > now - policy.windowMs).length
    if (recent > policy.endsAllowed) throw new PartFailed(why)
    await sleep(policy.pauseMs * 2 ** (recent - 1))
  }

  /** A part that died cannot have stopped what it had started: pods of an engine, for one. */
  function clearAway(dead: ChildProcess): void {
    if (dead.pid === undefined) return
    signalGroup(dead.pid, 'SIGKILL')
    reaper.remove(dead.pid)
  }

  async function keepUp(): Promise<void> {
    while (child && !isStopping()) {
      const current = child
      const why = await endOf(current)
      if (isStopping()) return
      clearAway(current)
      const diedAt = performance.now()
      options.onChange({ kind: 'ended', name: options.name, why })
      try {
        await pauseOrGiveUp(why)
        await bringUp()
        options.onChange({ kind: 'back', name: options.name, afterMs: performance.now() - diedAt })
      } catch (error) {
        if (isStopping()) return
        const reason = error instanceof PartFailed ? error.message : String(error)
        return options.onChange({ kind: 'given up', name: options.name, why: reason, log: options.log })
      }
    }
  }

  const ready = await bringUp()
  const kept = keepUp()
  return {
    ready,
    async stop(graceMs) {
      stopped = true
      if (child?.pid !== undefined) {
        await endGroups([child.pid], graceMs)
        reaper.remove(child.pid)
      }
      await kept
    },
  }
}

type Said = { ok: true; value: unknown } | { ok: false; why: string }

function launch<Ready>(
  options: PartOptions<Ready>,
  settings: unknown,
  readyWithinMs: number,
): [ChildProcess, Promise<Said>] {
  const log = openSync(options.log, 'a')
  const child = spawn(process.execPath, [options.program, JSON.stringify(settings)], {
    detached: true,
    env: { ...options.env },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  if (child.pid !== undefined) options.reaper.add(child.pid)
  const { promise, resolve } = Promise.withResolvers<Said>()
  const timer = setTimeout(
    () => resolve({ ok: false, why: `was not ready within ${readyWithinMs / 1_000} s` }),
    readyWithinMs,
  )
  child.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'ready' in message)
      resolve({ ok: true, value: message.ready })
  })
  endOf(child).then((how) => resolve({ ok: false, why: lastLine(options.log) ?? how }))
  return [child, promise.finally(() => clearTimeout(timer))]
}

/** Resolves with how a process ended, at once when it already has. */
function endOf(child: ChildProcess): Promise<string> {
  const told = (code: number | null, signal: NodeJS.Signals | null) =>
    signal ? `was killed (${signal})` : `ended with exit code ${code}`
  const { promise, resolve } = Promise.withResolvers<string>()
  if (child.exitCode !== null || child.signalCode !== null) resolve(told(child.exitCode, child.signalCode))
  child.once('exit', (code, signal) => resolve(told(code, signal)))
  child.once('error', (error) => resolve(error.message))
  return promise
}
