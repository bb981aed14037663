import { HttpRequest } from '@smithy/core/transport'
import { NodeHttpHandler } from '@smithy/node-http-handler'
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
 * answer or refuses. The event is empty, because refill reads the whole state anyway. Each signs one request instead of using the SDK's client for Lambda, which is as large as the rest of the
 * API's entry.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function refillInvocations(
  config: Pick<Config, 'region' | 'lambdaEndpoint' | 'refillFunction'>,
  signing: Signing,
): { invokeRefill(): Promise<void>; dryRunRefill(): Promise<void> } {
  const http = new NodeHttpHandler({ connectionTimeout: 500, requestTimeout: 1_500 })
  const signer = signerFor('lambda', signing)
  const endpoint = new URL(config.lambdaEndpoint || `https://lambda.${config.region}.amazonaws.com`)

  async function invoke(type: keyof typeof ACCEPTED): Promise<void> {
    const request = await signer.sign({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      ...(endpoint.port ? { port: Number(endpoint.port) } : {}),
      path: `/2015-03-31/functions/${encodeURIComponent(config.refillFunction)}/invocations`,
      query: {},
      headers: { host: endpoint.host, 'x-amz-invocation-type': type, 'content-length': '0' },
    })
    const { response } = await http.handle(new HttpRequest(request))
    const reason = await textOf(response.body)
    const expected = ACCEPTED[type]
    if (response.statusCode !== expected)
      throw new Error(`Expected Invoke to answer ${expected}, got ${response.statusCode}: ${reason}`)
  }

  return { invokeRefill: invokeWithRetry(() => invoke('Event')), dryRunRefill: () => invoke('DryRun') }
}

/** Reads a body to its end, so that its connection can be used again. @returns its first 300 characters. */
async function textOf(body: AsyncIterable<Buffer> | undefined): Promise<string> {
  let text = ''
  for await (const bytes of body ?? []) if (text.length < 300) text += bytes
  return text.slice(0, 300)
}

/**
 * Returns a function that never throws: concurrent calls share an invoke, a failed invoke is retried once, and a second
 * failure is logged. The schedule triggers refill within a minute anyway.
 */
export function invokeWithRetry(invoke: () => Promise<void>): () => Promise<void> {
  return coalesce(async () => {
    for (let tried = 1; ; tried++) {
      try {
        return await invoke()
      } catch (error) {
        if (tried < TRIES) continue
        return logInvokeRefillFailed(error)
      }
    }
  })
}
