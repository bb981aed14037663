/**
 * The reaper's process. The parent holds the other end of stdin and writes `+<group>` or `-<group>` for each process group
 * that it starts or has seen end. The pipe breaks when the parent closes it, crashes, or is killed with SIGKILL. The reaper
 * then ends the groups that are still listed, and exits.
 */
import { createInterface } from 'node:readline'
import { endGroups } from './process-groups.ts'

const GRACE_MS = 3_000

const groups = new Set<number>()
// A signal to the whole terminal or session must not end the process that cleans up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  const group = Number(line.slice(1))
  if (line.startsWith('+')) groups.add(group)
  else groups.delete(group)
}
await endGroups([...groups], GRACE_MS)
