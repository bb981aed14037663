/** Every line the functions log, one function per event. Never a secret, a token, an address or a whole body. */
import { embedded, type Measured } from './metrics.ts'

type Facts = Record<string, unknown>

let write = (line: string): void => console.log(line)
let metricsNamespace = ''

/**
 * Said once by a Lambda's entry: from then on lines go to stdout as they are, with metrics in them. Lambda's console
 * would put each as a string into a line of its own (JSON log format, formatJsonMessage in aws-lambda-ric), where no
 * metric is found.
 * @param namespace CloudWatch's; empty emits no metrics.
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
  return { error: error.message, name: error.name, stack: error.stack }
}

export function logRequest(facts: {
  operation: string
  status: number
  ms: number
  requestId: string
  code?: string | undefined
}): void {
  log('INFO', 'request', facts, facts.operation === 'claim' ? { ClaimMs: facts.ms } : {})
}

export function logInternalError(operation: string, requestId: string, error: unknown): void {
  log('ERROR', 'internal_error', { operation, requestId, ...describe(error) })
}

export function logWakeFailed(error: unknown): void {
  log('WARN', 'refill_not_woken', describe(error))
}

export function logStep(step: string, facts: Facts): void {
  log('INFO', `refill_${step}`, facts)
}

export function logStepFailed(step: string, error: unknown): void {
  log('WARN', 'refill_step_failed', { step, ...describe(error) })
}

/** Something of which everyone is told the sum: what StatsStore writes down. */
export function logCounted(measured: Measured): void {
  log('INFO', 'counted', measured, measured)
}

/** @param facts `warm`: the slots that stood warm when the run looked last. */
export function logRefillRun(facts: {
  passes: number
  steps: number
  ms: number
  waiting: boolean
  warm: number
}): void {
  log('INFO', 'refill_run', facts, { WarmPods: facts.warm, RefillMs: facts.ms })
}
