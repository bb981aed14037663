/** A starter reduced to what keeps processes: it starts one stand-in part under a reaper and waits to be killed. */
import { fileURLToPath } from 'node:url'
import { startReaper } from '../src/supervisor/start-reaper.ts'
import { startPart } from '../src/supervisor/supervisor.ts'

const [pids = '', log = ''] = process.argv.slice(2)
await startPart({
  name: 'the part',
  program: fileURLToPath(new URL('./_part.ts', import.meta.url)),
  settings: () => ({ pids, stubborn: true }),
  env: {},
  log,
  reaper: startReaper(),
  parse: (ready) => ready,
  onChange: () => {},
  signal: new AbortController().signal,
})
process.stdout.write('up')
setInterval(() => {}, 1_000)
