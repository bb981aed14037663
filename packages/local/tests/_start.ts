/** `npm start` on a root with a page that is built already: the real starter with its real parts, without Vite. */
import { run } from '../src/cli/start.ts'

const [root = '', data = '', port = ''] = process.argv.slice(2)
process.exitCode = await run({ root, data, port: Number(port), from: root }).catch((error) => {
  console.error(error.message)
  return 1
})
