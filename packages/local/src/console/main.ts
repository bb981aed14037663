/** The program behind `npm run console`: dynamodb-admin on the tables of the running system. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstance, type Instance } from '../cli/data-folder/instance-file.ts'
import { parseFlags } from '../cli/parse-flags.ts'
import { startConsole } from './server.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** The console's port relative to the page's. Kubernetes and DynamoDB have the two ports between them. */
const PORT_OFFSET = 3
const HELP = `Shows the tables of the running Warm Pods in a browser.

  npm run console
  npm run console -- --port 5003      on this port instead of the one after DynamoDB's
  npm run console -- --data <folder>  for a system that was started with --data <folder>
`

const FLAGS = {
  port: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const parsed = parseFlags(process.argv.slice(2), FLAGS)
if (!parsed.ok)
  fail(
    `${parsed.message}. The flags are --port <number>, --data <folder> and --help. npm needs "--" before them: npm run console -- --port 5003`,
  )
else if (parsed.values.help) console.log(HELP)
else await main(parsed.values)

async function main(flags: { readonly port?: unknown; readonly data?: unknown }): Promise<void> {
  const data =
    typeof flags.data === 'string'
      ? resolve(process.env.INIT_CWD ?? process.cwd(), flags.data)
      : join(ROOT, '.local')
  const instance = findInstance(data)
  if (!instance)
    return fail(`No Warm Pods runs from ${data}, so there are no tables to show. Start it first: npm start`)
  const port = flags.port === undefined ? instance.port + PORT_OFFSET : Number(flags.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return fail(`Expected --port to be a number from 1 to 65535, got "${flags.port}"`)
  await serve(instance, port)
}

async function serve(instance: Instance, port: number): Promise<void> {
  try {
    const server = await startConsole({ port, endpoint: `http://127.0.0.1:${instance.port + 2}` })
    console.log(`
The tables are at http://localhost:${server.port}

  Pool      one row for each slot, and one for the state of refill
  Sessions  one row for each session, and one for each event of a session
  Ctrl-C    stops the console; Warm Pods continues to run
`)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => server.close().then(() => process.exit(0)))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    fail(
      `Port ${port} is in use, perhaps by another console. Choose another: npm run console -- --port ${port + 10}`,
    )
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
