/**
 * A fresh process of the api Lambda, which benchmarks its claims one by one for its parent (cold-start.ts). `prepared` loads the
 * Lambda's entry. `unprepared` makes the services at the first call.
 */
import { randomBytes } from 'node:crypto'
import { apiHandler } from '@warm-pods/functions/api/handler.ts'
import { makeServices } from '@warm-pods/functions/services.ts'
import { time } from '../../../scripts/measured.ts'
import { eventOf, randomAddress } from '../../functions/tests/_event.ts'

console.log = () => undefined
process.stdout.write = () => true

const entry = process.argv[2] === 'prepared' ? await import('@warm-pods/functions/api/lambda.ts') : undefined
let handle: ReturnType<typeof apiHandler> | undefined

async function claim(): Promise<void> {
  const authorization = `Bearer ${randomBytes(32).toString('base64url')}`
  const event = eventOf({
    method: 'POST',
    path: '/session',
    headers: { authorization },
    address: randomAddress(),
  })
  const answer = entry ? await entry.handler(event) : await unprepared(event)
  if (answer?.statusCode !== 201) throw new Error(`Expected a warm claim, got ${answer?.statusCode}.`)
}

function unprepared(event: ReturnType<typeof eventOf>) {
  handle ??= apiHandler(makeServices(process.env))
  return handle(event)
}

process.on('message', async () => process.send?.(await time(claim)))
process.once('disconnect', () => process.exit())
process.send?.('ready')
