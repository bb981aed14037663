/** `npm run console`: dynamodb-admin on the tables of the running system. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findRun, type Run } from '../cli/instance-file.ts'
import { startConsole } from './server.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** The page, Kubernetes and DynamoDB have the three ports before it. */
const OFFSET = 3
const HELP = `The tables of the running Warm Pods, in a browser.

  npm run console
  npm run console -- --port 5003      on another port than the one after DynamoDB's
  npm run console -- --data <folder>  of a system that was started with --data
`

const { values, positionals, tokens } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  strict: false,
  tokens: true,
})
const unknown = tokens.find(
  (token) => token.kind === 'option' && !['port', 'data', 'help', 'h'].includes(token.name),
)

if (values.help) console.log(HELP)
else if (unknown || positionals.length > 0)
  refuse('The flags are --port <number>, --data <folder> and --help: npm run console -- --port 5003')
else await main()

async function main(): Promise<void> {
  const data =
    typeof values.data === 'string'
      ? resolve(process.env.INIT_CWD ?? process.cwd(), values.data)
      : join(ROOT, '.local')
  const run = findRun(data)
  if (!run)
    return refuse('Nothing runs here, so there are no tables to show. Start Warm Pods first: npm start')
  const port = values.port === undefined ? run.port + OFFSET : Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return refuse(`Expected --port to be a number from 1 to 65535, got "${values.port}"`)
  await open(run, port)
}

async function open(run: Run, port: number): Promise<void> {
  try {
    const server = await startConsole({ port, endpoint: `http://127.0.0.1:${run.port + 2}` })
    console.log(`
The tables are at http://localhost:${server.port}

  Pool      one row for each slot, and what refill is doing
  Sessions  one row for each session, and its life event by event
  Ctrl-C    closes this; Warm Pods runs on
`)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => server.close().then(() => process.exit(0)))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    refuse(
      `Port ${port} is in use, perhaps by another console. Take another: npm run console -- --port ${port + 10}`,
    )
  }
}

function refuse(sentence: string): void {
  console.error(sentence)
  process.exitCode = 1
}
