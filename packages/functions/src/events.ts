/** Every line the functions log, one function per event. Never a secret, a token, an address or a whole body. */
type Facts = Record<string, unknown>

function log(level: 'INFO' | 'WARN' | 'ERROR', event: string, facts: Facts): void {
  console.log(JSON.stringify({ timestamp: new Date().toISOString(), level, event, ...facts }))
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
  log('INFO', 'request', facts)
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

/** stacks/alarms.ts counts `warm`: the slots that stood warm when the run looked last. */
export function logRefillRun(facts: {
  passes: number
  steps: number
  ms: number
  waiting: boolean
  warm: number
}): void {
  log('INFO', 'refill_run', facts)
}
