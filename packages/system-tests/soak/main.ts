/** The program behind `npm run soak`: prints a report. The exit code is 1 when there are findings. */
import { databaseGrowth } from './database-growth.ts'
import { type Memory, SERVICES_GOAL_MIB } from './memory.ts'
import { parseOptions, type SoakOptions } from './options.ts'
import { soak } from './soak.ts'

const options = parseOptions(process.argv.slice(2))
if (typeof options === 'string') {
  console.log(options)
  process.exitCode = process.argv.includes('--help') ? 0 : 1
} else if (options.databaseCalls !== undefined) {
  process.exitCode = await reportDatabaseGrowth(options)
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

  printMemory(memory)
  console.log(findings.length === 0 ? '\nNo findings.' : `\n${findings.length} findings:`)
  for (const finding of findings.slice(0, 40)) console.log(`  ${finding}`)
  process.exitCode = findings.length === 0 ? 0 : 1
}

function printMemory(memory: Memory): void {
  console.log('\nResident memory in MiB at three moments of the load, all processes of a kind together')
  const mib = (value: number): string => value.toFixed(0).padStart(8)
  console.log(`${'kind'.padEnd(19)}   start  middle     end     max`)
  for (const { count, endMiB, kind, maxMiB, middleMiB, startMiB } of memory.moments())
    console.log(
      `${`${kind} (${count})`.padEnd(16)}${mib(startMiB)}${mib(middleMiB)}${mib(endMiB)}${mib(maxMiB)}`,
    )
  console.log(`The goal for the services together is ${SERVICES_GOAL_MIB} MiB.`)
  console.log(
    '\nThe longest-running process of each kind: median after its first third → of its last quarter',
  )
  for (const { kind, lateMiB, lives, longestMs, warmMiB } of memory.rows())
    console.log(
      `${kind.padEnd(16)}${mib(warmMiB)} → ${lateMiB.toFixed(0)} MiB, ${(lateMiB / warmMiB).toFixed(2)} × in ${(longestMs / 1_000).toFixed(0)} s` +
        ` (${lives} ${lives === 1 ? 'process' : 'processes'})`,
    )
}

/** @returns the exit code: 0 when the database stays within its bound. */
async function reportDatabaseGrowth(options: SoakOptions): Promise<number> {
  const { databaseCalls: calls = 0, databaseKinds: only, port } = options
  const { isWithinBound, rows } = await databaseGrowth(port, { calls, only }, console.log)
  for (const { kind, ratio } of rows) console.log(`${ratio.toFixed(2)} ×  ${kind}`)
  return isWithinBound ? 0 : 1
}
