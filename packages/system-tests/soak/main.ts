/** The program behind `npm run soak`: prints a report. The exit code is 1 when there are findings. */
import { parseOptions } from './options.ts'
import { soak } from './soak.ts'

const options = parseOptions(process.argv.slice(2))
if (typeof options === 'string') {
  console.log(options)
  process.exitCode = process.argv.includes('--help') ? 0 : 1
} else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const startedMs = performance.now()
  const log = (text: string): void =>
    console.log(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${text}`)
  log(`seed ${options.seed}, ${options.minutes} min, limits ${JSON.stringify(options.limits)}`)
  const { findings, kills, ledger, memory, quietAfterMs } = await soak(options, log)

  console.log('\nRequests by outcome')
  for (const [name, count] of [...ledger.outcomes].sort())
    console.log(`${String(count).padStart(8)}  ${name}`)
  console.log(`${String(ledger.requests).padStart(8)}  in total, by ${ledger.visitors} visitors`)
  console.log(
    `\n${ledger.sockets} sockets, ${ledger.socketsAtOnce} at once, ${ledger.pings} pings, ${ledger.pongs} pongs`,
  )
  console.log(`Killed: ${[...kills].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'nothing'}`)
  const quiet =
    quietAfterMs === undefined
      ? 'The pool did not return to rest'
      : `The pool returned to rest after ${(quietAfterMs / 1_000).toFixed(1)} s`
  console.log(`${quiet}; checked ${ledger.acknowledged.length} acknowledged changes against the audit`)

  console.log(
    '\nMemory in MiB: maximum · longest-running process: run time, median of its second and last quarter',
  )
  for (const row of memory.rows()) {
    const { earlyMiB, kind, lateMiB, lives, longestMs, mostMiB } = row
    console.log(
      `${kind.padEnd(11)} ${mostMiB.toFixed(0).padStart(5)} · ${(longestMs / 1_000).toFixed(0).padStart(5)} s, ` +
        `${earlyMiB.toFixed(0)} → ${lateMiB.toFixed(0)} (${lives} ${lives === 1 ? 'process' : 'processes'})`,
    )
  }
  console.log(findings.length === 0 ? '\nNo findings.' : `\n${findings.length} findings:`)
  for (const finding of findings.slice(0, 40)) console.log(`  ${finding}`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
