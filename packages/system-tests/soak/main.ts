/** `npm run soak`: prints what it did and what it found; exit code 1 when it found something. */
import { readOptions } from './options.ts'
import { soak } from './soak.ts'

const options = readOptions(process.argv.slice(2))
if (typeof options === 'string') {
  console.log(options)
  process.exitCode = process.argv.includes('--help') ? 0 : 1
} else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const startedMs = performance.now()
  const say = (text: string): void =>
    console.log(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${text}`)
  say(`seed ${options.seed}, ${options.minutes} min, limits ${JSON.stringify(options.limits)}`)
  const { findings, kills, ledger, memory, settledMs } = await soak(options, say)

  console.log('\nWhat came of the requests')
  for (const [name, count] of [...ledger.outcomes].sort())
    console.log(`${String(count).padStart(8)}  ${name}`)
  console.log(`${String(ledger.asked).padStart(8)}  in all, by ${ledger.visitors} visitors`)
  console.log(
    `\n${ledger.sockets} sockets, ${ledger.socketsAtOnce} at once, ${ledger.pings} pings, ${ledger.pongs} pongs`,
  )
  console.log(`Killed: ${[...kills].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'nobody'}`)
  const rest = settledMs === undefined ? 'never' : `after ${(settledMs / 1_000).toFixed(1)} s`
  console.log(`At rest ${rest}; ${ledger.acknowledged.length} acknowledged facts looked up in the audit`)

  console.log('\nMemory, MiB: most · longest life, its second and its last quarter')
  for (const row of memory.rows()) {
    const { earlyMiB, kind, lateMiB, lives, longestMs, mostMiB } = row
    console.log(
      `${kind.padEnd(11)} ${mostMiB.toFixed(0).padStart(5)} · ${(longestMs / 1_000).toFixed(0).padStart(5)} s, ` +
        `${earlyMiB.toFixed(0)} → ${lateMiB.toFixed(0)} (${lives} ${lives === 1 ? 'life' : 'lives'})`,
    )
  }
  console.log(findings.length === 0 ? '\nFound nothing.' : `\nFound ${findings.length}:`)
  for (const finding of findings.slice(0, 40)) console.log(`  ${finding}`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
