/**
 * A process of its own that outlives the starter by a moment: the starter holds the other end of its stdin and writes
 * `+<group>` or `-<group>` for each process group it starts or has seen end. When the pipe breaks, because the starter
 * is done, has crashed, or was killed with SIGKILL, whatever is left on the list is ended.
 */
import { createInterface } from 'node:readline'
import { endGroups } from './process-groups.ts'

const GRACE_MS = 3_000

const groups = new Set<number>()
// A signal to the whole terminal or session must not end the one process that cleans up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  const group = Number(line.slice(1))
  if (line.startsWith('+')) groups.add(group)
  else groups.delete(group)
}
await endGroups([...groups], GRACE_MS)
