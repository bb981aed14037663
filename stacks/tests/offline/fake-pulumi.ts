/**
 * A fake of the `pulumi` executable for the SST CLI. `version` satisfies SST's check. `stack init` writes an empty state.
 * `preview` and `up` evaluate the program under Pulumi's mocks and write the graph to $GRAPH_OUT. They end the event log
 * like the engine, so that SST ends normally.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { record } from './record.ts'

/** The version that SST 4.17.1 requires. With any other, SST tries to download the right one. */
const VERSION = 'v3.215.0'

const [command = '', ...rest] = process.argv.slice(2)

switch (command) {
  case 'version':
    console.log(VERSION)
    break
  case 'stack':
    initStack(rest[1] ?? '')
    break
  case 'preview':
  case 'up':
    await evaluate()
    break
  default:
    console.error(`stacks/tests/offline/fake-pulumi.ts does not implement "pulumi ${command}".`)
    process.exitCode = 2
}

function option(name: string): string {
  return rest[rest.indexOf(name) + 1] ?? ''
}

function initStack(fullName: string): void {
  const [, app = '', stage = ''] = fullName.split('/')
  const folder = join(process.cwd(), '.pulumi/stacks', app)
  mkdirSync(folder, { recursive: true })
  const manifest = { time: '0001-01-01T00:00:00Z', magic: '', version: '' }
  const checkpoint = { stack: `organization/${app}/${stage}`, latest: { manifest, resources: [] } }
  writeFileSync(join(folder, `${stage}.json`), JSON.stringify({ version: 3, checkpoint }))
}

async function evaluate(): Promise<void> {
  const [, app = '', stage = ''] = option('--stack').split('/')
  const program = /^main: (.*)$/m.exec(readFileSync('Pulumi.yaml', 'utf8'))?.[1] ?? ''
  // SST passes provider settings as `--config aws:region=eu-central-1`.
  const settings = rest
    .filter((_, index) => rest[index - 1] === '--config')
    .map((pair) => pair.split(/=(.*)/s, 2))
  const config: Record<string, string> = Object.fromEntries(settings)
  const region = config['aws:region'] ?? ''
  await record({ platform: dirname(program), program, app, stage, region }, (graph) => {
    writeFileSync(process.env['GRAPH_OUT'] ?? '', JSON.stringify({ ...graph, config }))
    writeEvents(option('--event-log'), graph.errors, graph.resources.length)
    if (graph.errors.length > 0) process.exitCode = 1
  })
}

function writeEvents(file: string, errors: readonly string[], created: number): void {
  const timestamp = Math.floor(Date.now() / 1000)
  const diagnostics = errors.map((message) => ({
    diagnosticEvent: { urn: '', prefix: '', message, color: 'never', severity: 'error' },
  }))
  const summary = {
    summaryEvent: {
      maybeCorrupt: false,
      durationSeconds: 0,
      resourceChanges: { create: created },
      PolicyPacks: {},
    },
  }
  for (const [sequence, event] of [...diagnostics, summary].entries()) {
    appendFileSync(file, `${JSON.stringify({ sequence, timestamp, ...event })}\n`)
  }
}
