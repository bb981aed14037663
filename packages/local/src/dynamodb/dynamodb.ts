import type { Server } from 'node:http'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import {
  KEEP_ALIVE_MS,
  refuseConnect,
  withHttpRules,
} from '@warm-pods/local-kubernetes/apiserver/http-rules.ts'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import dynalite from 'dynalite'
import { checkTables } from './check-tables.ts'
import { closeIterators } from './close-iterators.ts'
import { startExpiry } from './expiry.ts'

closeIterators()

export interface DynamodbOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** Folder that keeps the data over restarts. Without it, data is kept in memory. */
  readonly path?: string
  /** Missing tables are created. */
  readonly tables: readonly CreateTableCommandInput[]
  /** The time-to-live attribute of every table, whole seconds since 1970. */
  readonly ttlAttribute: string
}

export interface Dynamodb extends AsyncDisposable {
  readonly port: number
  readonly endpoint: string
  /** How many of the tables existed before. */
  readonly kept: number
  /** Which rows of the last start are lost, as a sentence. Undefined when none are known to be. */
  readonly lost: string | undefined
}

/**
 * Starts dynalite on loopback with these tables, and deletes expired items.
 * @throws the error of `listen` (`EADDRINUSE`).
 * @throws UnreadableTables when the folder is damaged, another process has it open, or the disk is full.
 */
export async function startDynamodb(options: DynamodbOptions): Promise<Dynamodb> {
  const { path, port, tables, ttlAttribute } = options
  const checked = path === undefined ? undefined : await checkTables(path)
  const server = dynalite({
    ...(path === undefined ? {} : { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  })
  rejectBrowsers(server)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  await promise
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const address = server.address()
  const actualPort = typeof address === 'object' && address ? address.port : port
  const endpoint = `http://127.0.0.1:${actualPort}`
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const existed = await Promise.all(tables.map((table) => createTable(client, table)))
  const stopExpiry = startExpiry(client, tables, ttlAttribute)
  const kept = existed.filter(Boolean).length
  const areGone = checked?.hadRows && kept < tables.length
  return {
    port: actualPort,
    endpoint,
    kept,
    lost:
      checked?.dropped ??
      (areGone ? 'LevelDB could not read the tables, so their rows are lost.' : undefined),
    async [Symbol.asyncDispose]() {
      await stopExpiry()
      client.destroy()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/**
 * dynalite allows every website to read and write it (CORS `*`), and a website can reach loopback. Browsers send an Origin
 * and programs do not, so requests with an Origin get 403. So do requests for another host name (DNS rebinding).
 */
function rejectBrowsers(server: Server): void {
  const listeners = server.listeners('request')
  server.removeAllListeners('request')
  const listener = withHttpRules((request, response) => {
    if (request.headers.origin !== undefined || !isForThisMachine(request)) response.writeHead(403).end()
    else for (const listener of listeners) listener.call(server, request, response)
  })
  server.on('request', listener)
  refuseConnect(server)
}

/** @returns whether the table existed before. */
async function createTable(client: DynamoDBClient, table: CreateTableCommandInput): Promise<boolean> {
  let existed = false
  try {
    await client.send(new CreateTableCommand(table))
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
    existed = true
  }
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.02, maxDelay: 0.1 }, table)
  return existed
}
