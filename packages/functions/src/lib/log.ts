/** The log lines of the functions, one function per event. No line contains a secret, a token, an address or a body. */
import { causesOf, messageWithCauses } from './error-causes.ts'
import { embedded, type Measured } from './metrics.ts'

type Facts = Record<string, unknown>

let write = (line: string): void => console.log(line)
let metricsNamespace = ''

/**
 * Makes all later lines go to stdout unchanged, with metrics in them. A Lambda's entry calls this once. Lambda's console
 * would wrap each line as a string (JSON log format, formatJsonMessage in aws-lambda-ric), where CloudWatch finds no
 * metric.
 * @param namespace CloudWatch namespace; with an empty one no metrics are written.
 */
export function logAsLambda(namespace: string): void {
  metricsNamespace = namespace
  write = (line) => void process.stdout.write(`${line}\n`)
}

function log(level: 'INFO' | 'WARN' | 'ERROR', event: string, facts: Facts, measured: Measured = {}): void {
  const now = new Date()
  const metrics = embedded(metricsNamespace, measured, now.getTime())
  write(JSON.stringify({ timestamp: now.toISOString(), level, event, ...facts, ...metrics }))
}

function describe(error: unknown): Facts {
  if (!(error instanceof Error)) return { error: String(error) }
  const causes = causesOf(error).slice(1)
  return {
    error: error.message,
    name: error.name,
    stack: error.stack,
    ...(causes.length > 0 ? { causes: causes.map((cause) => messageWithCauses(cause)) } : {}),
  }
}

/** The API answered a request. `ms`: duration in the Lambda. */
export function logRequest(facts: {
  operation: string
  status: number
  ms: number
  requestId: string
  code?: string | undefined
}): void {
  log('INFO', 'request', facts, facts.operation === 'claim' ? { ClaimMs: facts.ms } : {})
}

/** A request failed with an error that callers may not read. */
export function logInternalError(operation: string, requestId: string, error: unknown): void {
  log('ERROR', 'internal_error', { operation, requestId, ...describe(error) })
}

/** The api Lambda could not prepare for its first claim. That claim makes the same calls, and takes longer. */
export function logPrepareFailed(error: unknown): void {
  log('WARN', 'prepare_failed', describe(error))
}

/** A trigger of refill was lost. The schedule's next trigger repairs that. */
export function logInvokeRefillFailed(error: unknown): void {
  log('WARN', 'refill_invoke_failed', describe(error))
}

/** Refill executed a step of the plan. */
export function logStep(step: string, facts: Facts): void {
  log('INFO', `refill_${step}`, facts)
}

/** A step of refill failed. The next plan retries it. `problem`: the cause, as `GET /pool` shows it. */
export function logStepFailed(step: string, problem: string, error: unknown): void {
  log('WARN', 'refill_step_failed', { step, problem, ...describe(error) })
}

/** Another error followed the error that made refill fail. Refill fails with the first. `action`: the action that failed second. */
export function logSecondError(action: string, error: unknown): void {
  log('WARN', 'refill_second_error', { action, ...describe(error) })
}

/** Kubernetes refused or cut the watch of pods. Refill reads the pods once a second instead. */
export function logWatchFailed(problem: string): void {
  log('WARN', 'watch_failed', { problem })
}

/** Refill knows no gateway, so a slot becomes warm without a check of the visitors' way to its pod. */
export function logGatewayUnchecked(): void {
  log('WARN', 'gateway_unchecked', { set: 'GATEWAY_URL or GATEWAY_CHECK_URL' })
}

/** StatsStore added to a counter or a histogram. */
export function logCounted(measured: Measured): void {
  log('INFO', 'counted', measured, measured)
}

/** An invocation of refill is done. `warm`: warm slots in its last snapshot; `ms`: its duration. */
export function logReconciliation(facts: {
  passes: number
  steps: number
  ms: number
  waiting: boolean
  warm: number
}): void {
  log('INFO', 'refill_reconciled', facts, { WarmPods: facts.warm, RefillMs: facts.ms })
}
