import { randomUUID } from 'node:crypto'
import { causesOf } from '@warm-pods/functions/lib/error-causes.ts'
import type { Context } from 'aws-lambda'

/** A handler with the signature of Lambda's Node runtime. */
export type Handler = (event: never, context: Context) => unknown

export interface LambdaFunction {
  readonly name: string
  readonly handler: Handler
  readonly timeoutMs: number
}

/** The result of one invocation, as the Invoke API reports it. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: 'threw' | 'timed out'; readonly error: FunctionError }

/** The payload of a function error. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace: readonly string[]
}

/** Runs one invocation. Never rejects: an exception or a time-out of the handler is an outcome. */
export async function runFunction(
  { name, handler, timeoutMs }: LambdaFunction,
  event: unknown,
  requestId: string = randomUUID(),
): Promise<Outcome> {
  const deadline = performance.now() + timeoutMs
  const timeout = Promise.withResolvers<Outcome>()
  const timer = setTimeout(() => timeout.resolve(timedOut(timeoutMs)), timeoutMs)
  try {
    return await Promise.race([timeout.promise, run(handler, event, contextOf(name, requestId, deadline))])
  } finally {
    clearTimeout(timer)
  }
}

async function run(handler: Handler, event: unknown, context: Context): Promise<Outcome> {
  try {
    // The real runtime passes any JSON on. The handler validates it.
    return { ok: true, value: await handler(event as never, context) }
  } catch (error) {
    return { ok: false, why: 'threw', error: functionError(error) }
  }
}

function timedOut(timeoutMs: number): Outcome {
  const errorMessage = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`
  return {
    ok: false,
    why: 'timed out',
    error: { errorType: 'Sandbox.Timedout', errorMessage, trace: [] },
  }
}

function functionError(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: causesOf(error).flatMap(traceOf),
  }
}

/** The stack of an error. Node leaves the causes out of it. */
function traceOf(error: unknown, index: number): string[] {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const lines = text.split('\n').map((line) => line.trim())
  return index === 0 ? lines : [`Caused by: ${lines[0]}`, ...lines.slice(1)]
}

function contextOf(functionName: string, awsRequestId: string, deadline: number): Context {
  const nothing = () => {}
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: arnOf(functionName),
    memoryLimitInMB: '512',
    awsRequestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    done: nothing,
    fail: nothing,
    succeed: nothing,
  }
}

/** @returns the ARN of a function of `npm start`. */
export function arnOf(functionName: string): string {
  return `arn:aws:lambda:local:000000000000:function:${functionName}`
}
