/**
 * The service of the refill function, with its two callers: the Lambda Invoke API and the schedule.
 *
 * It reports a doubt about the recorded pods when it starts and when it stops. The pods of an earlier start are gone, also after a
 * crash. No claim gets one of them before refill or the claim itself has asked Kubernetes.
 */
import { limitsWith } from '@warm-pods/core/limits.ts'
import { handler } from '@warm-pods/functions/refill/handler.ts'
import { makeServices } from '@warm-pods/functions/services.ts'
import { startInvokeServer } from '../lambda/invoke-server.ts'
import { startSchedule } from '../lambda/schedule.ts'
import { runService } from '../supervisor/run-service.ts'

export interface RefillSettings {
  /** 0 takes a free port. */
  readonly port: number
  readonly functionName: string
}

const limits = limitsWith(JSON.parse(process.env.LIMITS ?? '{}'))
/** Longer than a reconciliation takes by its own limit, as in the infrastructure. */
const TIMEOUT_MS = limits.refillRunMs + 10_000

await runService(async ({ port, functionName }: RefillSettings) => {
  const { refill } = makeServices(process.env)
  await refill.reportDoubt(Date.now())
  const lambda = await startInvokeServer({
    port,
    functions: [{ name: functionName, handler, timeoutMs: TIMEOUT_MS }],
    onError: (name, requestId, error) => console.error(`${name} failed, request ${requestId}: ${error}`),
  })
  const stopSchedule = startSchedule('warm-pods-refill', limits.refillEveryMs, (event) =>
    lambda.invokeAsync(functionName, event),
  )
  return {
    ready: { port: lambda.port },
    async close() {
      stopSchedule()
      await lambda[Symbol.asyncDispose]()
      // The database may have failed, which is no reason to stop slowly. The next start reports the doubt too.
      await refill.reportDoubt(Date.now()).catch(() => {})
    },
  }
})
