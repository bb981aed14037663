import type { Emulator } from './emulator.ts'

/** Creates the cluster's log group again, as EKS does when it writes the last lines of a removed cluster. */
export async function createLateLogGroup(emulator: Emulator): Promise<void> {
  const logGroupName = '/aws/eks/warm-pods-production/cluster'
  await emulator.target('logs', 'Logs_20140328.CreateLogGroup', { logGroupName })
}
