import { HttpRequest } from '@smithy/core/transport'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { eventOf, type Work } from '@warm-pods/core/state/work.ts'
import type { Config } from '../config.ts'
import { coalesce } from '../lib/coalesce.ts'
import { logInvokeRefillFailed } from '../lib/log.ts'
import { type Signing, signerFor } from './sigv4.ts'

const TRIES = 2
/** Invocation types, and the status with which Lambda accepts each. */
const ACCEPTED = { Event: 202, DryRun: 204 } as const

/**
 * Returns the two ways in which the api Lambda calls Lambda's Invoke API for refill. `invokeRefill` invokes asynchronously and never
 * throws. `dryRunRefill` opens the connection, and Lambda checks the permission and invokes nothing. It throws when Lambda does not
 * answer or refuses. The event names the rows that have changed. Each signs one request instead of using the SDK's client for Lambda, which is as large as the rest of the
 * API's entry.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function refillInvocations(
  config: Pick<Config, 'region' | 'lambdaEndpoint' | 'refillFunction'>,
  signing: Signing,
): { invokeRefill(work: Work): Promise<void>; dryRunRefill(): Promise<void> } {
  const http = new NodeHttpHandler({ connectionTimeout: 500, requestTimeout: 1_500 })
  const signer = signerFor('lambda', signing)
  const endpoint = new URL(config.lambdaEndpoint || `https://lambda.${config.region}.amazonaws.com`)

  async function invoke(type: keyof typeof ACCEPTED, work: Work): Promise<void> {
    const body = Buffer.from(JSON.stringify(eventOf(work)))
    const request = await signer.sign({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      ...(endpoint.port ? { port: Number(endpoint.port) } : {}),
      path: `/2015-03-31/functions/${encodeURIComponent(config.refillFunction)}/invocations`,
      query: {},
      headers: {
        host: endpoint.host,
        'content-type': 'application/json',
        'x-amz-invocation-type': type,
        'content-length': String(body.length),
      },
      body,
    })
    const { response } = await http.handle(new HttpRequest(request))
    const reason = await textOf(response.body)
    const expected = ACCEPTED[type]
    if (response.statusCode !== expected)
      throw new Error(`Expected Invoke to answer ${expected}, got ${response.statusCode}: ${reason}`)
  }

  return {
    invokeRefill: invokeWithRetry((work) => invoke('Event', work)),
    dryRunRefill: () => invoke('DryRun', 'all'),
  }
}

/** Reads a body to its end, so that its connection can be used again. @returns its first 300 characters. */
async function textOf(body: AsyncIterable<Buffer> | undefined): Promise<string> {
  let text = ''
  for await (const bytes of body ?? []) if (text.length < 300) text += bytes
  return text.slice(0, 300)
}

/**
 * Returns a function that never throws. Concurrent calls share an invoke, which names the work of all of them. A failed invoke is
 * retried once, and a second failure is logged. The schedule triggers refill within a minute anyway.
 */
export function invokeWithRetry(invoke: (work: Work) => Promise<void>): (work: Work) => Promise<void> {
  /** The work of the calls that wait for the next invoke. */
  let waiting: Work = []
  const invokeOnce = coalesce(async () => {
    const work = waiting
    waiting = []
    for (let tried = 1; ; tried++) {
      try {
        return await invoke(work)
      } catch (error) {
        if (tried < TRIES) continue
        return logInvokeRefillFailed(error)
      }
    }
  })
  return (work) => {
    waiting = together(waiting, work)
    return invokeOnce()
  }
}

function together(one: Work, other: Work): Work {
  return one === 'all' || other === 'all' ? 'all' : [...new Set([...one, ...other])]
}
