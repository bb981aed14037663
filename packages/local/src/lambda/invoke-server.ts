import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  KEEP_ALIVE_MS,
  refuseConnect,
  withHttpRules,
} from '@warm-pods/local-kubernetes/apiserver/http-rules.ts'
import { PayloadTooLarge, readBody } from '../http/read-body.ts'
import { arnOf, type LambdaFunction, type Outcome, runFunction } from './function.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and 1 MB for asynchronous invocations. */
const PAYLOAD_BYTES = { RequestResponse: 6 * 1_024 * 1_024, Event: 1_024 * 1_024 } as const
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: retries after one and after two minutes. */
export const ASYNC_RETRIES_MS: readonly number[] = [60_000, 120_000]
const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

export interface InvokeServerOptions {
  /** 0 takes a free port. */
  readonly port: number
  readonly functions: readonly LambdaFunction[]
  /** The back-off before each retry of an asynchronous invocation, milliseconds. */
  readonly retriesMs?: readonly number[]
  /** Called for each failed attempt of an asynchronous invocation, whose caller gets no result. */
  readonly onError: (functionName: string, requestId: string, error: string) => void
}

export interface InvokeServer extends AsyncDisposable {
  readonly port: number
  /** Invokes a function asynchronously, with retries, as EventBridge does. */
  invokeAsync(functionName: string, event: unknown): void
}

/** Starts a server with Lambda's Invoke API on loopback. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export async function startInvokeServer(options: InvokeServerOptions): Promise<InvokeServer> {
  const stopping = new AbortController()
  const { retriesMs = ASYNC_RETRIES_MS, onError } = options

  async function runAsync(fn: LambdaFunction, event: unknown, requestId: string): Promise<void> {
    for (const pauseMs of [0, ...retriesMs]) {
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: stopping.signal })
      const outcome = await runFunction(fn, event, requestId)
      if (outcome.ok) return
      onError(fn.name, requestId, [outcome.error.errorMessage, ...outcome.error.trace].join('\n'))
    }
  }

  function invokeAsync(functionName: string, event: unknown, requestId: string = randomUUID()): void {
    const fn = options.functions.find(({ name }) => name === functionName)
    // Only stopping the server interrupts a back-off. The outcome is not needed then.
    if (fn) runAsync(fn, event, requestId).catch(() => {})
  }

  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    withHttpRules((request, response) => {
      invoke(request, response, options.functions, invokeAsync).catch(() => response.destroy())
    }),
  )
  refuseConnect(server)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options.port, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    invokeAsync,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function invoke(
  request: IncomingMessage,
  response: ServerResponse,
  functions: readonly LambdaFunction[],
  invokeAsync: (functionName: string, event: unknown, requestId: string) => void,
): Promise<void> {
  const requestId = randomUUID()
  response.setHeader('x-amzn-requestid', requestId)
  const named = PATH.exec((request.url ?? '').split('?')[0] ?? '')?.[1]
  if (request.method !== 'POST' || named === undefined)
    return sendError(
      response,
      404,
      'UnknownOperationException',
      'Expected POST /2015-03-31/functions/<name>/invocations.',
    )
  const functionName = nameIn(decodeURIComponent(named))
  const fn = functions.find(({ name }) => name === functionName)
  if (!fn)
    return sendError(response, 404, 'ResourceNotFoundException', `Function not found: ${arnOf(functionName)}`)
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
  if (type === 'DryRun') {
    response.writeHead(204).end()
    return
  }
  if (type !== 'RequestResponse' && type !== 'Event')
    return sendError(
      response,
      400,
      'InvalidParameterValueException',
      'Expected RequestResponse, Event or DryRun.',
    )
  const event = await eventIn(request, response, PAYLOAD_BYTES[type])
  if (!event) return
  if (type === 'RequestResponse') return writeOutcome(response, await runFunction(fn, event.value, requestId))
  response.writeHead(202).end()
  invokeAsync(fn.name, event.value, requestId)
}

/** @returns the function's name from a name, `name:qualifier` or an ARN. */
function nameIn(text: string): string {
  const parts = text.split(':')
  const at = parts.indexOf('function')
  return (at >= 0 ? parts[at + 1] : parts[0]) ?? ''
}

/** @returns undefined when the payload is invalid; the error response is then already sent. */
async function eventIn(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
): Promise<{ value: unknown } | undefined> {
  try {
    const body = await readBody(request, limit)
    return { value: body.length > 0 ? JSON.parse(body.toString()) : {} }
  } catch (error) {
    if (error instanceof PayloadTooLarge) {
      request.resume()
      sendError(response, 413, 'RequestTooLargeException', `The payload is larger than ${limit} bytes.`)
    } else if (error instanceof SyntaxError)
      sendError(response, 400, 'InvalidRequestContentException', 'Could not parse request body into json.')
    else throw error
    return undefined
  }
}

function writeOutcome(response: ServerResponse, outcome: Outcome): void {
  response.setHeader('x-amz-executed-version', '$LATEST')
  if (!outcome.ok) response.setHeader('x-amz-function-error', 'Unhandled')
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(outcome.ok ? (outcome.value ?? null) : outcome.error))
}

function sendError(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
  response.end(JSON.stringify({ Type: 'User', Message: message }))
}
