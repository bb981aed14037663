import { describe, expect, it } from 'vitest'
import { followPool } from '../src/cli/pool-progress.ts'
import { createScreen } from '../src/cli/terminal-output.ts'
import { listenOnLoopback } from '../src/http/loopback.ts'

interface Answer {
  readonly status?: number
  readonly body: unknown
}

/** Follows a pool that an API of our own tells of, answer by answer; the last one stays. */
async function follow(
  answers: readonly Answer[],
  patienceMs = 60_000,
): Promise<{ said: string; wakes: number }> {
  let calls = 0
  const server = await listenOnLoopback(0, {
    onRequest(_request, response) {
      const { status = 200, body } = answers[Math.min(calls, answers.length - 1)] ?? { body: {} }
      calls += 1
      response.writeHead(status).end(JSON.stringify(body))
    },
  })
  let said = ''
  let wakes = 0
  await followPool({
    system: {
      site: `http://localhost:${server.port}`,
      async invokeRefill() {
        wakes += 1
      },
    },
    sinceMs: Date.parse('2026-01-01T00:00:00Z'),
    screen: createScreen({
      write: (text) => {
        said += text
      },
      isTerminal: false,
      useColour: false,
      elapsedMs: () => 0,
    }),
    signal: new AbortController().signal,
    stalledMs: 0,
    patienceMs,
  })
  await server.close()
  return { said, wakes }
}

const LATER = '2026-01-01T00:00:01.000Z'
const EARLIER = '2025-12-31T23:59:59.000Z'

function pool(states: readonly string[], refill: object, problem?: string): Answer {
  const slots = states.map((state, slot) => ({
    slot,
    gen: 1,
    state,
    since: LATER,
    ...(problem ? { problem } : {}),
  }))
  return { body: { target: 4, slots, refill } }
}

const WARM = ['warm', 'warm', 'warm', 'warm']

describe('the pool, while it fills up', () => {
  it('is told when it is whole', async () => {
    const seen = { lastRunAt: LATER, healthy: true }
    const { said } = await follow([pool(['starting', 'warm', 'warm', 'empty'], seen), pool(WARM, seen)])
    expect(said).toMatch(/✓ pool +●●●● 4 of 4 pods warm\n$/)
  })

  it('is not believed before refill has looked: the rows may be of pods that died with the last run', async () => {
    const { said } = await follow([pool(WARM, { lastRunAt: EARLIER, healthy: true })], 300)
    expect(said).not.toContain('4 of 4')
    expect(said).toContain('still not whole')
  })

  it('that does not progress says why, each reason once', async () => {
    const seen = { lastRunAt: LATER, healthy: true }
    const stuck = pool(['starting', 'starting', 'starting', 'starting'], seen, 'ImagePullBackOff')
    const { said } = await follow([stuck, stuck, stuck, stuck, stuck, pool(WARM, seen)])
    expect(said.match(/The pool is not progressing: ImagePullBackOff/g)).toHaveLength(1)
  })

  it('says what the API says when that fails', async () => {
    const failing = {
      status: 503,
      body: { error: { code: 'unavailable', message: 'A part did not answer.' } },
    }
    const down = { status: 500, body: { message: 'Internal Server Error' } }
    const whole = pool(WARM, { lastRunAt: LATER, healthy: true })
    const { said } = await follow([failing, failing, failing, down, down, down, whole])
    expect(said).toContain('The pool is not progressing: A part did not answer.')
    expect(said).toContain('The pool is not progressing: Internal Server Error')
  })
})
