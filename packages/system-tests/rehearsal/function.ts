/** The process of one deployed function. It loads the handler from the code archive and serves Lambda's Invoke API. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Handler } from '@warm-pods/local/lambda/function.ts'
import { startInvokeServer } from '@warm-pods/local/lambda/invoke-server.ts'
import { runService } from '@warm-pods/local/supervisor/run-service.ts'

export interface FunctionSettings {
  readonly name: string
  /** Module and export, such as `bundle.handler`. */
  readonly handler: string
  /** Folder of the unpacked archive, absolute. */
  readonly folder: string
  readonly timeoutMs: number
}

await runService(async ({ name, handler, folder, timeoutMs }: FunctionSettings) => {
  const [file = '', exported = ''] = handler.split('.')
  const module: Record<string, Handler | undefined> = await import(
    pathToFileURL(join(folder, `${file}.mjs`)).href
  )
  const entry = module[exported]
  if (!entry) throw new Error(`${file}.mjs in the archive of ${name} has no export "${exported}".`)
  const server = await startInvokeServer({
    port: 0,
    functions: [{ name, handler: entry, timeoutMs }],
    onError: (functionName, requestId, error) =>
      console.error(`${functionName} failed, request ${requestId}: ${error}`),
  })
  return { ready: server.port, close: async () => server[Symbol.asyncDispose]() }
})
