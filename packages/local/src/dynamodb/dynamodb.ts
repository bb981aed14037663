import type { Server } from 'node:http'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import dynalite from 'dynalite'
import { startSweeping } from './sweep.ts'

export interface DynamodbOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Folder that keeps the data over restarts; in memory when absent. */
  readonly path?: string
  /** Created where they are missing. */
  readonly tables: readonly CreateTableCommandInput[]
  /** Items of every table expire by this attribute, whole seconds since 1970. */
  readonly ttlAttribute: string
}

export interface Dynamodb extends AsyncDisposable {
  readonly port: number
  readonly endpoint: string
  /** Tables that were there before. */
  readonly kept: number
}

/**
 * dynalite on loopback, with its tables, expiring items as DynamoDB does.
 * @throws the error of `listen` (`EADDRINUSE`), or of LevelDB when another process has the folder open.
 */
export async function startDynamodb(options: DynamodbOptions): Promise<Dynamodb> {
  const { path, port, tables, ttlAttribute } = options
  const server = dynalite({
    ...(path === undefined ? {} : { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  })
  refuseBrowsers(server)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  await promise
  // Claims come in bursts with pauses between them; a connection that we close under a caller costs them a retry.
  server.keepAliveTimeout = 60_000
  const address = server.address()
  const taken = typeof address === 'object' && address ? address.port : port
  const endpoint = `http://127.0.0.1:${taken}`
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const existed = await Promise.all(tables.map((table) => createTable(client, table)))
  const stopSweeping = startSweeping(client, tables, ttlAttribute)
  return {
    port: taken,
    endpoint,
    kept: existed.filter(Boolean).length,
    async [Symbol.asyncDispose]() {
      await stopSweeping()
      client.destroy()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/**
 * dynalite lets every website read and write it (CORS `*`), and a website can reach loopback. Programs send no Origin, so
 * whoever sends one is refused; so is a name that is not this machine's (DNS rebinding).
 */
function refuseBrowsers(server: Server): void {
  const listeners = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.headers.origin !== undefined || !isForThisMachine(request)) response.writeHead(403).end()
    else for (const listener of listeners) listener.call(server, request, response)
  })
}

/** @returns whether the table was there before. */
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
