/** Starts the mock server by hand: `node packages/web/tests/serve.ts [port]` serves the built page and its API. */
import { fileURLToPath } from 'node:url'
import { startMock } from './_mock-server.ts'

const mock = await startMock(
  fileURLToPath(new URL('../dist', import.meta.url)),
  {},
  Number(process.argv[2] ?? 5301),
)
console.log(mock.url)
