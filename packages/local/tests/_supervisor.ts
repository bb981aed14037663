/** A parent process that supervises one test service under a reaper, until the test kills it. */
import { fileURLToPath } from 'node:url'
import { startReaper } from '../src/supervisor/start-reaper.ts'
import { superviseService } from '../src/supervisor/supervisor.ts'

const [pids = '', log = ''] = process.argv.slice(2)
await superviseService({
  name: 'the service',
  program: fileURLToPath(new URL('./_service.ts', import.meta.url)),
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
