import { describe, expect, it } from 'vitest'
import { createTerminalOutput } from '../src/cli/output/terminal-output.ts'
import { awaitWarmPod, showPoolProgress } from '../src/cli/readiness/pool-progress.ts'
import { listenOnLoopback } from '../src/http/loopback.ts'

interface PoolResponse {
  readonly status?: number
  readonly body: unknown
}

const SINCE = '2026-01-01T00:00:00Z'

/** Shows the progress of a pool whose API gives these responses in turn, the last one repeatedly. */
async function showProgress(
  responses: readonly PoolResponse[],
  patienceMs = 60_000,
  thenWarm = false,
): Promise<{
  printed: string
  triggers: number
  /** The result of {@link showPoolProgress}. */
  problem: string | undefined
  /** The result of {@link awaitWarmPod} after that. */
  later: string | undefined
}> {
  let calls = 0
  const server = await listenOnLoopback(0, {
    onRequest(_request, response) {
      const { status = 200, body } = responses[Math.min(calls, responses.length - 1)] ?? { body: {} }
      calls += 1
      response.writeHead(status).end(JSON.stringify(body))
    },
  })
  let printed = ''
  let triggers = 0
  const system = {
    site: `http://localhost:${server.port}`,
    async invokeRefill() {
      triggers += 1
    },
  }
  const readiness = { system, sinceMs: Date.parse(SINCE), signal: new AbortController().signal }
  const problem = await showPoolProgress({
    ...readiness,
    image: 'warm-pods/pod:dev',
    output: createTerminalOutput({
      write: (text) => {
        printed += text
      },
      isTerminal: false,
      useColour: false,
      elapsedMs: () => 0,
    }),
    stalledMs: 0,
    patienceMs,
  })
  const later = thenWarm ? await awaitWarmPod({ ...readiness, everyMs: 1 }) : undefined
  await server.close()
  return { printed, triggers, problem, later }
}

const LATER = '2026-01-01T00:00:01.000Z'
const EARLIER = '2025-12-31T23:59:59.000Z'

function pool(states: readonly string[], refill: object, problem?: string, more: object = {}): PoolResponse {
  const slots = states.map((state, slot) => ({
    slot,
    gen: 1,
    state,
    since: LATER,
    ...(problem ? { problem } : {}),
    ...more,
  }))
  return { body: { target: 4, slots, refill } }
}

const WARM = ['warm', 'warm', 'warm', 'warm']

describe('the progress of the pool', () => {
  it('is printed when the pool is full', async () => {
    const seen = { lastRunAt: LATER, healthy: true }
    const { printed, problem } = await showProgress([
      pool(['starting', 'warm', 'warm', 'empty'], seen),
      pool(WARM, seen),
    ])
    expect(printed).toMatch(/✓ pool +●●●● 4 of 4 pods warm\n$/)
    expect(problem).toBeUndefined()
  })

  it('does not count warm rows from before the start, because their pods may be gone', async () => {
    const { printed } = await showProgress([pool(WARM, { lastRunAt: EARLIER, healthy: true })], 300)
    expect(printed).not.toContain('4 of 4')
    expect(printed).toContain('still not full')
  })

  it('prints each reason once when the pool does not fill up', async () => {
    const seen = { lastRunAt: LATER, healthy: true }
    const stuck = pool(['starting', 'starting', 'starting', 'starting'], seen, 'ImagePullBackOff')
    const { printed } = await showProgress([stuck, stuck, stuck, stuck, stuck, pool(WARM, seen)])
    expect(printed.match(/The pool does not fill up: ImagePullBackOff/g)).toHaveLength(1)
  })

  it('prints why the answer of the API cannot be read', async () => {
    const { status, body } = { status: 200, body: 'not JSON of a pool' }
    const { printed } = await showProgress([{ status, body }], 300)
    expect(printed).toContain('The pool does not fill up: GET /api/pool failed: ')
  })

  it('prints the error message of the API', async () => {
    const failing = {
      status: 503,
      body: { error: { code: 'unavailable', message: 'A dependency did not answer.' } },
    }
    const down = { status: 500, body: { message: 'Internal Server Error' } }
    const whole = pool(WARM, { lastRunAt: LATER, healthy: true })
    const { printed } = await showProgress([failing, failing, failing, down, down, down, whole])
    expect(printed).toContain('The pool does not fill up: A dependency did not answer.')
    expect(printed).toContain('The pool does not fill up: Internal Server Error')
  })

  it('names the unreached pod, says how to open the way, and reports the first warm pod later', async () => {
    const seen = { lastRunAt: LATER, healthy: false }
    const problem = 'Kubernetes reports the pod Ready, but the gateway answered 504'
    const stuck = pool(['starting', 'starting'], seen, problem, { routed: { at: null, problem } })
    const responses = [stuck, stuck, stuck, pool(['warm', 'starting', 'starting', 'starting'], seen)]
    const result = await showProgress(responses, 150, true)
    expect(result.problem).toBe(problem)
    expect(result.printed).toContain(`The pool does not fill up: ${problem}`)
    expect(result.printed.match(/NetworkPolicies, firewalls.*cluster\.conf/g)).toHaveLength(1)
    expect(result.later).toBe('●○○○ 1 of 4 pods warm')
  })
})
