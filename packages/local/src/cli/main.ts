/** `npm start`: reads what the person wants, and says in a sentence when it cannot be had. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HELP, readWish, type Wish } from './options.ts'
import { Refusal, run } from './start.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

const wish = readWish(process.argv.slice(2))
switch (wish.kind) {
  case 'help':
    console.log(HELP)
    break
  case 'refused':
    refuse(wish.sentence)
    break
  case 'start':
    await start(wish)
    break
  default:
    wish satisfies never
}

async function start({ cluster, data, port }: Wish & { kind: 'start' }): Promise<void> {
  if (process.platform === 'win32')
    return refuse('Warm Pods runs its pods as processes of a Unix system. On Windows, start it inside WSL 2.')
  if (!existsSync(join(ROOT, 'node_modules/dynalite/package.json')))
    return refuse('Warm Pods is not installed yet. Run "npm ci" in its folder first, then "npm start".')
  // npm runs scripts in the folder of package.json and keeps where the person stood in INIT_CWD.
  const from = process.env.INIT_CWD ?? process.cwd()
  try {
    process.exitCode = await run({
      port,
      root: ROOT,
      data: data === undefined ? undefined : resolve(from, data),
      from,
      ...(cluster ? { cluster } : {}),
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refuse(error.message)
  }
}

function refuse(sentence: string): void {
  console.error(sentence)
  process.exitCode = 1
}
